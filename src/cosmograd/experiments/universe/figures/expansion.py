"""The expansion: Hubble rate, comoving Hubble radius, horizon-flow parameters, and the scale factor in cosmic time."""

from collections.abc import Sequence

import numpy as np

from cosmograd.experiments.universe.figures.history import Evolution, aftermath, at_e_folds, time_of_inflation
from cosmograd.experiments.universe.figures.milestones import (
    AFTERWARDS,
    DURING,
    curve,
    entry,
    mark,
    milestone_entries,
    milestones,
    phase_entries,
)
from cosmograd.figures import (
    Axis,
    Figure,
    Guide,
    LegendEntry,
    Line,
    LineStyle,
    Mark,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    scale_for,
)
from cosmograd.results import Result
from cosmograd.results.number_format import number

_SECOND = LineStyle("|ε_2|", "#0072B2", (0, (4, 1.6)), "")
_PIVOT_SCALE = LineStyle("1/k of the pivot", "#CC79A7", (0, (1, 1.2)), "")
# The panel of the end of inflation begins so many e-folds before it.
_BEFORE_THE_END = 1.5
_PLACES = 6  # the last one holds the legend
_E_FOLDS = Axis("e-folds N")


@figure("expansion", needs=("hubble_rate", "epsilon_1", "epsilon_2"))
def expansion(result: Result) -> Figure:
    """Panels against e-folds, and against cosmic time and past the end of inflation where that was recorded."""
    after = aftermath(result)
    panels = [_hubble_rate(result, after), _horizon(result, after), _flow(result)]
    if after is not None:
        panels += [_scale_factor(result, after), _end(result, after)]
    panels += [Panel([], blank=True)] * (_PLACES - 1 - len(panels))
    panels.append(Panel([], blank=True, legend=_legend(result, after)))
    return Figure(
        "expansion",
        "Expansion",
        panels,
        _caption(result, after),
        "Hubble rate, comoving Hubble radius and horizon-flow parameters against e-folds"
        + (", e-folds against cosmic time, and ε_1 around the end of inflation," if after is not None else ",")
        + " with start, pivot crossing and end of inflation marked.",
        ("hubble_rate", "epsilon_1", "epsilon_2", "evolution_hubble_rate", "evolution_velocity", "cosmic_time")
        if after is not None
        else ("hubble_rate", "epsilon_1", "epsilon_2"),
        grid=(2, 3),
        height=1.9,
    )


def _legend(result: Result, after: Evolution | None) -> Sequence[LegendEntry]:
    lines = [entry(style) for style in (_SECOND, _PIVOT_SCALE)]
    return [*phase_entries(after is not None), *lines, *milestone_entries(milestones(result))]


def _marked(result: Result, name: str) -> list[Mark]:
    """Milestones on the curve of a quantity against N."""
    return [mark(m, m.e_folds, at_e_folds(result, name, m.e_folds)[0]) for m in milestones(result)]


def _hubble_rate(result: Result, after: Evolution | None) -> Panel:
    rate = result["hubble_rate"].values
    marks: list[Mark] = []
    if after is not None:
        marks.append(Line(after.e_folds, after.hubble_rate, AFTERWARDS.colour))
    marks += [curve(result["e_folds"].values, rate, DURING), *_marked(result, "hubble_rate")]
    limits = limits_of_logarithmic_axis([rate] if after is None else [rate, after.hubble_rate])
    return Panel(marks, _E_FOLDS, logarithmic_axis("H  [M_Pl]", limits), "Hubble rate")


def _horizon(result: Result, after: Evolution | None) -> Panel:
    """By its logarithm, for it changes by tens of orders of magnitude."""
    marks: list[Mark] = []
    if after is not None:
        marks.append(Line(after.e_folds, _radius(after.e_folds, after.hubble_rate), AFTERWARDS.colour))
    n = result["e_folds"].values
    marks.append(curve(n, _radius(n, result["hubble_rate"].values), DURING))
    pivot = float(-np.log10(float(result["pivot_wavenumber"])))
    marks.append(Guide(pivot, colour=_PIVOT_SCALE.colour, dashes=_PIVOT_SCALE.dashes, width=1.3, layer=1.0))
    for milestone in milestones(result):
        rate = at_e_folds(result, "hubble_rate", milestone.e_folds)[0]
        marks.append(mark(milestone, milestone.e_folds, float(_radius(milestone.e_folds, rate))))
    return Panel(marks, _E_FOLDS, Axis(r"$\log_{10}$ (M$_{\mathrm{Pl}}$/aH)"), "comoving Hubble radius")


def _radius(n: np.ndarray | float, rate: np.ndarray | float) -> np.ndarray:
    """log₁₀ 1/aH in 1/M_Pl, with a = 1 at the start."""
    return np.asarray(-(n + np.log(rate)) / np.log(10))


def _flow(result: Result) -> Panel:
    n, first, second = result["e_folds"].values, result["epsilon_1"].values, np.abs(result["epsilon_2"].values)
    marks = [
        curve(n, second, _SECOND, 1.0),
        curve(n, first, DURING),
        Guide(1.0, width=0.8, layer=1.0),
        *_marked(result, "epsilon_1"),
    ]
    limits = limits_of_logarithmic_axis([first, second], floor=0.03 * float(np.nanmin(first)))
    return Panel(marks, _E_FOLDS, logarithmic_axis("ε_1,  |ε_2|", limits), "horizon flow")


def _scale_factor(result: Result, after: Evolution) -> Panel:
    n, time = time_of_inflation(result)
    scale = scale_for([after.time])
    marks = [
        Line(scale.of(after.time), after.e_folds, AFTERWARDS.colour),
        Line(scale.of(time), n, DURING.colour),
        *(mark(m, scale.of_one(float(np.interp(m.e_folds, n, time))), m.e_folds) for m in milestones(result)),
    ]
    return Panel(marks, Axis(scale.label("t", "1/M_Pl")), Axis("e-folds N = ln a"), "cosmic time")


def _end(result: Result, after: Evolution) -> Panel:
    end = milestones(result)[2]
    n, first = result["e_folds"].values, result["epsilon_1"].values
    late = n >= end.e_folds - _BEFORE_THE_END
    ε = _flow_afterwards(result, after)
    marks: list[Mark] = [] if ε is None else [Line(*ε, AFTERWARDS.colour, width=0.8)]
    marks += [curve(n[late], first[late], DURING), Guide(1.0, width=0.8, layer=1.0), mark(end, end.e_folds, 1.0)]
    return Panel(marks, _E_FOLDS, Axis("ε_1", low=-0.1, high=3.2 if ε is not None else 1.3), "end of inflation")


def _flow_afterwards(result: Result, after: Evolution) -> tuple[np.ndarray, np.ndarray] | None:
    r"""N and $\epsilon_1 = \dot\varphi^2/2H^2$; None in a curved field space, whose metric the results do not hold."""
    if result.specification.get("field_space", {}).get("kind", "flat") != "flat":
        return None
    later = after.smooth()
    return later.e_folds, (later.velocity**2).sum(axis=1) / (2 * later.hubble_rate**2)


def _caption(result: Result, after: Evolution | None) -> str:
    start, pivot, end = milestones(result)
    H = [at_e_folds(result, "hubble_rate", moment.e_folds)[0] for moment in (start, pivot, end)]
    ε1, ε2 = (at_e_folds(result, name, pivot.e_folds)[0] for name in ("epsilon_1", "epsilon_2"))
    text = (
        f"The universe grows by {number(end.e_folds, 4)} e-folds until ε_1 = 1. H falls from {number(H[0])} M_Pl at "
        f"the start to {number(H[1])} M_Pl at the pivot's horizon crossing and {number(H[2])} M_Pl at the end. The "
        f"pivot crosses at N = {number(pivot.e_folds, 4)}, {number(end.e_folds - pivot.e_folds, 4)} e-folds before the "
        f"end, where ε_1 = {number(ε1)} and ε_2 = {number(ε2)}. The comoving Hubble radius 1/aH (a = 1 at the start) "
        "shrinks while the universe inflates; a wave leaves the horizon where it falls below 1/k."
    )
    return text if after is None else text + _afterwards(result, after)


def _afterwards(result: Result, after: Evolution) -> str:
    lasted, known = after.time[0], after.e_folds[-1] - after.e_folds[0]
    text = (
        f" Inflation lasts {number(lasted)}/M_Pl of cosmic time; the {number(known, 2)} e-folds that follow last "
        f"{number(after.time[-1] - lasted)}/M_Pl"
    )
    if not after.complete:
        return text + "."
    mean = np.log(after.hubble_rate[0] / after.hubble_rate[-1]) / known  # of −dlnH/dN
    return f"{text}, in which ε_1 is {number(mean, 2)} on average over N (matter: 1.5, radiation: 2)."
