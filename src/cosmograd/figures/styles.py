"""Colours, dashes and markers: alike for one thing wherever it appears, and different for colour-blind readers."""

from typing import Any, NamedTuple

import numpy as np

from cosmograd.solvers import log_spaced_integers


class LineStyle(NamedTuple):
    """How one thing is drawn wherever it appears."""

    name: str
    colour: str
    dashes: Any
    marker: str


# Colours of Okabe & Ito (2008); dashes and markers say the same without colour.
MEASURED = LineStyle("trained networks", "#000000", "", "o")
PREDICTION_STYLES = {
    "gradient_flow": LineStyle("gradient flow", "#E69F00", (0, (1, 1.2)), "^"),
    "second_order": LineStyle("second-order EFT", "#0072B2", (0, (5, 1.8)), "s"),
    "stroboscopic": LineStyle("stroboscopic", "#D55E00", "-", "v"),
    "drifting": LineStyle("drifting kernel", "#009E73", (0, (6, 1.5, 1.2, 1.5)), "D"),
}
POINT_STYLES = tuple(
    LineStyle("", colour, "-", marker)
    for colour, marker in (
        ("#000000", "o"), ("#E69F00", "^"), ("#0072B2", "s"), ("#009E73", "D"), ("#D55E00", "v"), ("#CC79A7", "P"),
    )
)  # fmt: skip

# Curves of more points than this are thinned, evenly in the logarithm.
_MOST_POINTS = 160


def thinned(length: int) -> np.ndarray:
    """Indices of a curve's points that are drawn: all, or of a long one those evenly spaced in the logarithm."""
    if length <= _MOST_POINTS:
        return np.arange(length)
    return log_spaced_integers(length - 1, _MOST_POINTS)


def marked(updates: np.ndarray, most: int = 24) -> np.ndarray:
    """Indices of the updates at which a curve carries a marker: not closer than a step of the axis in log(1 + n)."""
    places = np.log1p(updates.astype(float))
    chosen = [0]
    for index, place in enumerate(places):
        if place - places[chosen[-1]] > places[-1] / most:
            chosen.append(index)
    return np.array(chosen)


def columns_of(amount: int) -> int:
    """How many of so many panels stand side by side."""
    return 2 if amount in (2, 4) else min(amount, 3)
