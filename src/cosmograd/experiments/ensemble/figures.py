"""Losses of an ensemble in training."""

import numpy as np

from cosmograd.figures import (
    Figure,
    LegendEntry,
    Line,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    update_axis,
)
from cosmograd.results import Result

_MEMBER, _MEDIAN = ("#9ecae1", "#08519c")
_MOST_MEMBERS = 32


@figure("loss", needs=("loss", "record"))
def losses(result: Result) -> Figure:
    """The training loss of every member, and their median."""
    n, loss = result["record"].values, result["loss"].values
    median = np.median(loss, axis=0)
    marks = [Line(n, values, _MEMBER, width=0.7) for values in loss[:_MOST_MEMBERS]]
    return Figure(
        "loss",
        "Training loss",
        [
            Panel(
                [*marks, Line(n, median, _MEDIAN, width=1.6)],
                update_axis(int(n[-1])),
                logarithmic_axis(
                    "loss L", limits_of_logarithmic_axis([loss], ceiling=1e3 * float(np.nanmax(loss[:, 0])))
                ),
            )
        ],
        f"Training loss of {len(loss)} networks against the update, and their median.",
        "Curves of the training loss of every network against updates, with the median drawn darker.",
        ("loss", "record"),
        [LegendEntry("a network", _MEMBER), LegendEntry("median", _MEDIAN, width=1.6)],
        2,
        grid=(1, 1),
        height=2.6,
    )


FIGURES = (losses,)
