"""Figures of a forecast: the learning curve with learning times, and which learning rates are stable."""

import numpy as np

from cosmograd.experiments.prediction.figures import prediction
from cosmograd.figures import (
    Axis,
    Figure,
    Guide,
    Mark,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    points,
)
from cosmograd.results import Result

_FULL, _BATCHES = "#0072B2", "#D55E00"


@figure(
    "stable-rates",
    needs=("largest_stable_learning_rate", "largest_stable_learning_rate_minibatch", "given_learning_rate"),
)
def stable_rates(result: Result) -> Figure:
    """The largest stable learning rate of every optimiser, in full batches and in minibatches."""
    names = [str(name) for name in result["method"].values]
    places = np.arange(len(names), dtype=float)[::-1]
    full, batches = (
        result[name].values for name in ("largest_stable_learning_rate", "largest_stable_learning_rate_minibatch")
    )
    own = float(result["given_learning_rate"])
    known = np.concatenate([full[np.isfinite(full)], batches[np.isfinite(batches)], [own] if np.isfinite(own) else []])
    low, high = limits_of_logarithmic_axis([known]) or (0.1, 1.0)
    marks: list[Mark] = [points(full, places, _FULL, "o"), points(batches, places, _BATCHES, "s")]
    if np.isfinite(own):
        marks.append(Guide(own, "x", "#555555", dashes="--"))
    ticks = list(zip(places.tolist(), names, strict=True))
    vertical = Axis("", low=-0.6, high=len(names) - 0.4, ticks=ticks, minor=False)
    return Figure(
        "stable-rates",
        "Largest stable learning rates",
        [Panel(marks, logarithmic_axis("learning rate η", (low / 1.5, high * 1.5)), vertical)],
        "Largest learning rate that does not diverge in full batches (circles) and in the mean square in minibatches "
        "(squares); dashed, the learning rate as given.",
        "A dot for each optimiser at its largest stable learning rate on a logarithmic axis.",
        ("largest_stable_learning_rate", "largest_stable_learning_rate_minibatch"),
        grid=(1, 1),
        height=1.9,
    )


FIGURES = (stable_rates, prediction)
