"""Start, pivot crossing and end of inflation: where they are, and how they are marked in every figure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.interpolate import CubicSpline

from cosmograd.report.parts import LineStyle

DURING = LineStyle("during inflation", "#000000", "-", "")
AFTERWARDS = LineStyle("after its end", "#D55E00", "-", "")
_STYLES = (
    LineStyle("start", "#009E73", "", "o"),
    LineStyle("pivot leaves the horizon", "#E69F00", "", "D"),
    LineStyle("end of inflation", "#0072B2", "", "s"),
)
# Curves of more points than this are drawn through some of them, and short ones through some between them.
_MOST_POINTS, _FEW_POINTS = 1500, 100


class Milestone(NamedTuple):
    """A moment of the history, in e-folds since its start."""

    e_folds: float
    style: LineStyle


def milestones(results: xr.Dataset) -> tuple[Milestone, Milestone, Milestone]:
    """Start, pivot crossing and end."""
    moments = (0.0, float(results["pivot_crossing"]), float(results["e_folds_total"]))
    start, pivot, end = (Milestone(*pair) for pair in zip(moments, _STYLES, strict=True))
    return start, pivot, end


def draw_curve(axis: Axes, x: np.ndarray, y: np.ndarray, **look: Any) -> None:
    """A curve along the background, through as many evenly spaced points as can be told apart; smooth through few."""
    if 3 < len(x) < _FEW_POINTS and np.isfinite(x).all() and np.isfinite(y).all():
        number = np.arange(len(x))
        x, y = CubicSpline(number, np.stack([x, y]), axis=1)(np.linspace(0, number[-1], _FEW_POINTS))
    some = np.unique(np.linspace(0, len(x) - 1, min(len(x), _MOST_POINTS)).round().astype(int))
    axis.plot(x[some], y[some], **look)


def mark_horizon_crossing(axis: Axes) -> None:
    """A line at k/aH = 1, if that is in sight."""
    low, high = sorted(axis.get_xlim())
    if low < 1 < high:
        axis.axvline(1, color="#888888", lw=0.8, zorder=1)
        axis.annotate(
            "k = aH", (1, 1), (3, 0), ("data", "axes fraction"), "offset points",
            ha="left", va="top", fontsize=7, color="#555555",
        )  # fmt: skip


def mark(axis: Axes, milestone: Milestone, x: float, y: float) -> None:
    """A marker at one point of a curve."""
    axis.plot([x], [y], clip_on=False, **_look(milestone.style))


def milestone_handles(chosen: Sequence[Milestone]) -> list[Line2D]:
    """For a legend."""
    return [Line2D([], [], label=milestone.style.name, **_look(milestone.style)) for milestone in chosen]


def _look(style: LineStyle) -> dict[str, Any]:
    return {"marker": style.marker, "mfc": style.colour, "mec": "black", "mew": 0.6, "ms": 4.5, "ls": "", "zorder": 5}


def phase_handles(afterwards: bool) -> list[Line2D]:
    """For a legend: the colours of a curve during inflation, and after its end."""
    styles = (DURING, AFTERWARDS) if afterwards else (DURING,)
    return [Line2D([], [], color=style.colour, ls=style.dashes, label=style.name) for style in styles]
