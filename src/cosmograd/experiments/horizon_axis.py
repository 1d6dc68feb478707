"""The axis of k/aH, along which modes leave the horizon."""

from collections.abc import Sequence
from dataclasses import replace

from cosmograd.figures import Axis, Guide, Mark, Note, logarithmic_axis


def horizon_axis(low: float, high: float) -> tuple[Axis, Sequence[Mark]]:
    """k/aH, which falls with time, and the marks of the horizon crossing k = aH where that is in sight."""
    axis = replace(logarithmic_axis("k/aH  (time runs to the right)", (low, high)), falling=True)
    if axis.low is None or axis.high is None or not axis.low < 1 < axis.high:
        return axis, ()
    return axis, (Guide(1.0, "x", width=0.8, layer=1.0), Note("k = aH", 1.0, 1.0, "y", shift=(3.0, 0.0)))
