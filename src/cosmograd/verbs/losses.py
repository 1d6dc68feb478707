"""Losses as the verbs take them."""

from typing import Any

from cosmograd.learning.losses import NORMALISATIONS, AbstractLoss, SquaredLoss


def as_loss(loss: Any) -> AbstractLoss:
    """A loss of ours; `mean` and `sum` name the squared one."""
    if isinstance(loss, AbstractLoss):
        return loss
    if loss not in NORMALISATIONS:
        raise ValueError(
            f"`loss` is {loss!r}; allowed: {', '.join(map(repr, NORMALISATIONS))} for the squared loss over points, or "
            "a loss of cosmograd.learning.losses."
        )
    return SquaredLoss(loss)
