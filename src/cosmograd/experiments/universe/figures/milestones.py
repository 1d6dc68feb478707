"""Start, pivot crossing and end of inflation: where they are, and how they are marked in every figure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cosmograd.figures import LegendEntry, Line, LineStyle, points
from cosmograd.results import Result

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


def milestones(result: Result) -> tuple[Milestone, Milestone, Milestone]:
    """Start, pivot crossing and end."""
    moments = (0.0, float(result["pivot_crossing"]), float(result["e_folds_total"]))
    start, pivot, end = (Milestone(*pair) for pair in zip(moments, _STYLES, strict=True))
    return start, pivot, end


def curve(x: np.ndarray, y: np.ndarray, style: LineStyle, width: float | None = None) -> Line:
    """A curve along the background, through as many evenly spaced points as can be told apart; smooth through few."""
    from scipy.interpolate import CubicSpline  # a quarter of a second

    if 3 < len(x) < _FEW_POINTS and np.isfinite(x).all() and np.isfinite(y).all():
        number = np.arange(len(x))
        x, y = CubicSpline(number, np.stack([x, y]), axis=1)(np.linspace(0, number[-1], _FEW_POINTS))
    some = np.unique(np.linspace(0, len(x) - 1, min(len(x), _MOST_POINTS)).round().astype(int))
    return Line(x[some], y[some], style.colour, style.dashes, width=width)


def mark(milestone: Milestone, x: float, y: float) -> Line:
    """A marker at one point of a curve."""
    style = milestone.style
    return points(x, y, style.colour, style.marker, **_look(style), layer=5.0, clipped=False)


def milestone_entries(chosen: Sequence[Milestone]) -> list[LegendEntry]:
    """For a legend."""
    return [LegendEntry(m.style.name, m.style.colour, "", m.style.marker, **_look(m.style)) for m in chosen]


def _look(style: LineStyle) -> dict[str, Any]:
    return {"fill": style.colour, "edge": "black", "edge_width": 0.6, "size": 4.5}


def phase_entries(afterwards: bool) -> list[LegendEntry]:
    """For a legend: the colours of a curve during inflation, and after its end."""
    return [entry(style) for style in ((DURING, AFTERWARDS) if afterwards else (DURING,))]


def entry(style: LineStyle) -> LegendEntry:
    """A line's name and look, for a legend."""
    return LegendEntry(style.name, style.colour, style.dashes)
