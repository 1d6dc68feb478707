"""The regimes of training over learning rate and momentum, with the measured onsets of oscillation and divergence."""

from collections.abc import Sequence

import numpy as np

from cosmograd.experiments.training.analysis.onsets import Onset
from cosmograd.experiments.training.analysis.regimes import measured_regimes
from cosmograd.experiments.training.analysis.study import study_of
from cosmograd.experiments.training.point_measurement import MEASURED
from cosmograd.figures import Axis, Figure, Intervals, LegendEntry, Line, LineStyle, Mark, Panel, figure, points
from cosmograd.results import Result

_REGIMES = {
    "light": LineStyle("light: slow roll", "#0072B2", "", "o"),
    "underdamped": LineStyle("oscillates", "#E69F00", "", "^"),
    "period-two": LineStyle("period two", "#CC79A7", "", "D"),
    "unstable": LineStyle("grows", "#D55E00", "", "X"),
}
_ONSETS = {"oscillation": ("#000000", "s"), "divergence": ("#000000", "P")}
_BOUNDARIES = (
    LegendEntry(r"critical, $(1-\sqrt{\beta})^2$", "#555555", width=1.0),
    LegendEntry(r"period two, $(1+\sqrt{\beta})^2$", "#555555", (0, (5, 1.8)), width=1.0),
    LegendEntry(r"unstable, $2(1+\beta)$", "#555555", width=1.6),
    LegendEntry("critical by the second-order EFT", "#0072B2", (0, (1, 1.2)), width=0.9),
)
_LEAST_POINTS = 3


@figure("regime-map", needs=tuple(MEASURED + name for name in ("eta_lambdas", "momentum", "decay_rates")))
def regime_map(result: Result) -> Figure | None:
    """ηλ of the heaviest mode against β, each point by its measured regime; None where few were measured."""
    study = study_of(result)
    found = measured_regimes(study.results)
    if found is None or len(np.unique(np.round(found.eta_lambda, 12))) < 2 or len(found.measured) < _LEAST_POINTS:
        return None
    β, x, free = found.momentum, found.eta_lambda, found.linearised
    grid = np.linspace(0, max(0.95, float(β.max()) + 0.02), 400)
    marks = _boundaries(grid)
    for name, style in _REGIMES.items():
        for linear in (False, True):
            chosen = (found.measured == name) & (free == linear)
            fill = "white" if linear else style.colour
            marks.append(points(β[chosen], x[chosen], style.colour, style.marker, size=3.4, fill=fill))
    for onset in study.onsets:
        colour, marker = _ONSETS[onset.what]
        fill, size = ("none", 7.5) if onset.linearised else (colour, 5.0)
        ends = (onset.eta_lambda, onset.low, onset.high)
        marks.append(Intervals(onset.momentum, *ends, colour, marker, fill=fill, size=size, bar_width=0.8, layer=5.0))
    y = Axis(r"$\eta\lambda$ of the heaviest mode", "log", min(float(x.min()), 0.003) * 0.7, 6.0)
    return Figure(
        "regime-map",
        "Regimes of training",
        [Panel(marks, Axis("momentum β", low=-0.03, high=float(grid[-1] + 0.01)), y)],
        "ηλ of the heaviest mode against the momentum, marked by the regime of the recursion fitted to the outputs. "
        "The second-order theory places the onset of oscillation too low (dotted), at half its value without momentum.",
        "Learning rate against momentum: each point marked by the measured regime of its heaviest mode, with the lines "
        "at which theory places the onsets, and the measured onsets.",
        legend=_legend(study.onsets, free),
        legend_columns=2,
        height=2.9,
    )


def _boundaries(β: np.ndarray) -> list[Mark]:
    root = np.sqrt(β)
    curves = ((1 - root) ** 2, (1 + root) ** 2, 2 * (1 + β), (1 - β) ** 2 / (2 * (1 + β)))
    return [
        Line(β, curve, entry.colour, entry.dashes, width=entry.width)
        for curve, entry in zip(curves, _BOUNDARIES, strict=True)
    ]


def _legend(onsets: Sequence[Onset], free: np.ndarray) -> list[LegendEntry]:
    found = {onset.what for onset in onsets}
    legend = [*_BOUNDARIES]
    legend += [LegendEntry.of(style) for style in _REGIMES.values()]
    legend += [
        LegendEntry(f"measured onset of {what}", colour, "", marker, size=5.0)
        for what, (colour, marker) in _ONSETS.items()
        if what in found
    ]
    if free.any() and not free.all():
        legend.append(LegendEntry("hollow: linearised", "#555555", "", "o", "white"))
    return legend
