"""How minibatches are drawn."""

from typing import Literal, get_args

from cosmograd.learning.batches.abstract import AbstractBatches
from cosmograd.learning.batches.shuffled_epochs import ShuffledEpochs
from cosmograd.learning.batches.with_replacement import WithReplacement
from cosmograd.learning.batches.without_replacement import WithoutReplacement

SamplingName = Literal["with-replacement", "without-replacement", "shuffled-epochs"]
SAMPLING_NAMES: tuple[str, ...] = get_args(SamplingName)


def batches_named(sampling: str, size: int) -> AbstractBatches:
    """The way of drawing that has this name, with batches of `size` examples."""
    if sampling not in SAMPLING_NAMES:
        raise ValueError(f"`sampling` is {sampling!r}; allowed: {', '.join(SAMPLING_NAMES)}.")
    classes = (WithReplacement, WithoutReplacement, ShuffledEpochs)
    return dict(zip(SAMPLING_NAMES, classes, strict=True))[sampling](size)


__all__ = [
    "SAMPLING_NAMES",
    "AbstractBatches",
    "SamplingName",
    "ShuffledEpochs",
    "WithReplacement",
    "WithoutReplacement",
    "batches_named",
]
