"""The expansion: Hubble rate, comoving Hubble radius, horizon-flow parameters, and the scale factor in cosmic time."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    LineStyle,
    ReportFigure,
    figure_text,
    limits_of_logarithmic_axis,
    name_panel,
    number,
    panels,
    use_logarithmic_axis,
)
from cosmograd.report.universe.figures.milestones import (
    AFTERWARDS,
    DURING,
    draw_curve,
    mark,
    milestone_handles,
    milestones,
    phase_handles,
)
from cosmograd.report.universe.figures.scaled_axis import scale_for
from cosmograd.report.universe.figures.universe_data import (
    Evolution,
    aftermath,
    at_e_folds,
    specification,
    time_of_inflation,
)

_SECOND = LineStyle("|ε_2|", "#0072B2", (0, (4, 1.6)), "")
_PIVOT_SCALE = LineStyle("1/k of the pivot", "#CC79A7", (0, (1, 1.2)), "")
# The panel of the end of inflation begins so many e-folds before it.
_BEFORE_THE_END = 1.5


def inflation_figure(results: xr.Dataset) -> ReportFigure:
    """Panels against e-folds, and against cosmic time and past the end of inflation where that was recorded."""
    after = aftermath(results)
    figure, axes = panels(5 if after is not None else 3, (2, 3), height=1.9)
    _draw_hubble_rate(axes[0], results, after)
    _draw_horizon(axes[1], results, after)
    _draw_flow(axes[2], results)
    titles = ["Hubble rate", "comoving Hubble radius", "horizon flow"]
    if after is not None:
        _draw_scale_factor(axes[3], results, after)
        _draw_end(axes[4], results, after)
        titles += ["cosmic time", "end of inflation"]
    for position, (axis, title) in enumerate(zip(axes, titles, strict=True)):
        name_panel(axis, position, len(axes), title)
        if position != 3:
            axis.set_xlabel("e-folds N")
    _put_legend(figure, results, after)
    return ReportFigure(
        "expansion",
        "Expansion",
        figure,
        _caption(results, after),
        "Hubble rate, comoving Hubble radius and horizon-flow parameters against e-folds"
        + (", e-folds against cosmic time, and ε_1 around the end of inflation," if after is not None else ",")
        + " with start, pivot crossing and end of inflation marked.",
        ("hubble_rate", "epsilon_1", "epsilon_2", "evolution_hubble_rate", "evolution_velocity", "cosmic_time")
        if after is not None
        else ("hubble_rate", "epsilon_1", "epsilon_2"),
    )


def _put_legend(figure: Figure, results: xr.Dataset, after: Evolution | None) -> None:
    """In the place of the sixth panel."""
    lines = [
        Line2D([], [], color=style.colour, ls=style.dashes, label=figure_text(style.name))
        for style in (_SECOND, _PIVOT_SCALE)
    ]
    handles = [*phase_handles(after is not None), *lines, *milestone_handles(milestones(results))]
    figure.axes[-1].legend(handles=handles, loc="center")


def _draw_hubble_rate(axis: Axes, results: xr.Dataset, after: Evolution | None) -> None:
    rate = results["hubble_rate"].values
    if after is not None:
        axis.plot(after.e_folds, after.hubble_rate, color=AFTERWARDS.colour)
    draw_curve(axis, results["e_folds"].values, rate, color=DURING.colour)
    rates = [rate] if after is None else [rate, after.hubble_rate]
    use_logarithmic_axis(axis, limits_of_logarithmic_axis(rates))
    for milestone in milestones(results):
        mark(axis, milestone, milestone.e_folds, at_e_folds(results, "hubble_rate", milestone.e_folds)[0])
    axis.set_ylabel(figure_text("H  [M_Pl]"))


def _draw_horizon(axis: Axes, results: xr.Dataset, after: Evolution | None) -> None:
    """By its logarithm, for it changes by tens of orders of magnitude."""
    if after is not None:
        axis.plot(after.e_folds, _radius(after.e_folds, after.hubble_rate), color=AFTERWARDS.colour)
    n = results["e_folds"].values
    draw_curve(axis, n, _radius(n, results["hubble_rate"].values), color=DURING.colour)
    pivot = -np.log10(float(results["pivot_wavenumber"]))
    axis.axhline(pivot, color=_PIVOT_SCALE.colour, ls=_PIVOT_SCALE.dashes, zorder=1)
    for milestone in milestones(results):
        rate = at_e_folds(results, "hubble_rate", milestone.e_folds)[0]
        mark(axis, milestone, milestone.e_folds, float(_radius(milestone.e_folds, rate)))
    axis.set_ylabel(r"$\log_{10}$ " + figure_text("(M_Pl/aH)"))


def _radius(n: np.ndarray | float, rate: np.ndarray | float) -> np.ndarray:
    """log₁₀ 1/aH in 1/M_Pl, with a = 1 at the start."""
    return np.asarray(-(n + np.log(rate)) / np.log(10))


def _draw_flow(axis: Axes, results: xr.Dataset) -> None:
    n, first, second = results["e_folds"].values, results["epsilon_1"].values, np.abs(results["epsilon_2"].values)
    draw_curve(axis, n, second, color=_SECOND.colour, ls=_SECOND.dashes, lw=1.0)
    draw_curve(axis, n, first, color=DURING.colour)
    limits = limits_of_logarithmic_axis([first, second], floor=0.03 * float(np.nanmin(first)))
    use_logarithmic_axis(axis, limits)
    axis.axhline(1, color="#888888", lw=0.8, zorder=1)
    for milestone in milestones(results):
        mark(axis, milestone, milestone.e_folds, at_e_folds(results, "epsilon_1", milestone.e_folds)[0])
    axis.set_ylabel(figure_text("ε_1,  |ε_2|"))


def _draw_scale_factor(axis: Axes, results: xr.Dataset, after: Evolution) -> None:
    n, time = time_of_inflation(results)
    scale = scale_for([after.time])
    axis.plot(scale.of(after.time), after.e_folds, color=AFTERWARDS.colour)
    axis.plot(scale.of(time), n, color=DURING.colour)
    for milestone in milestones(results):
        mark(axis, milestone, scale.of_one(float(np.interp(milestone.e_folds, n, time))), milestone.e_folds)
    axis.set(xlabel=scale.label("t", "1/M_Pl"), ylabel="e-folds N = ln a")


def _draw_end(axis: Axes, results: xr.Dataset, after: Evolution) -> None:
    end = milestones(results)[2]
    n, first = results["e_folds"].values, results["epsilon_1"].values
    late = n >= end.e_folds - _BEFORE_THE_END
    ε = _flow_afterwards(results, after)
    if ε is not None:
        axis.plot(*ε, color=AFTERWARDS.colour, lw=0.8)
    draw_curve(axis, n[late], first[late], color=DURING.colour)
    axis.axhline(1, color="#888888", lw=0.8, zorder=1)
    mark(axis, end, end.e_folds, 1.0)
    axis.set_ylim(-0.1, 3.2 if ε is not None else 1.3)
    axis.set_ylabel(figure_text("ε_1"))


def _flow_afterwards(results: xr.Dataset, after: Evolution) -> tuple[np.ndarray, np.ndarray] | None:
    r"""N and $\epsilon_1 = \dot\varphi^2/2H^2$; None in a curved field space, whose metric the results do not hold."""
    if specification(results).get("field_space", {}).get("kind", "flat") != "flat":
        return None
    later = after.smooth()
    return later.e_folds, (later.velocity**2).sum(axis=1) / (2 * later.hubble_rate**2)


def _caption(results: xr.Dataset, after: Evolution | None) -> str:
    start, pivot, end = milestones(results)
    H = [at_e_folds(results, "hubble_rate", moment.e_folds)[0] for moment in (start, pivot, end)]
    ε1, ε2 = (at_e_folds(results, name, pivot.e_folds)[0] for name in ("epsilon_1", "epsilon_2"))
    text = (
        f"The universe grows by {number(end.e_folds, 4)} e-folds until ε_1 = 1. H falls from {number(H[0])} M_Pl at "
        f"the start to {number(H[1])} M_Pl at the pivot's horizon crossing and {number(H[2])} M_Pl at the end. The "
        f"pivot crosses at N = {number(pivot.e_folds, 4)}, {number(end.e_folds - pivot.e_folds, 4)} e-folds before the "
        f"end, where ε_1 = {number(ε1)} and ε_2 = {number(ε2)}. The comoving Hubble radius 1/aH (a = 1 at the start) "
        "shrinks while the universe inflates; a wave leaves the horizon where it falls below 1/k."
    )
    return text if after is None else text + _afterwards(results, after)


def _afterwards(results: xr.Dataset, after: Evolution) -> str:
    lasted, known = after.time[0], after.e_folds[-1] - after.e_folds[0]
    text = (
        f" Inflation lasts {number(lasted)}/M_Pl of cosmic time; the {number(known, 2)} e-folds that follow last "
        f"{number(after.time[-1] - lasted)}/M_Pl"
    )
    if not after.complete:
        return text + "."
    mean = np.log(after.hubble_rate[0] / after.hubble_rate[-1]) / known  # of −dlnH/dN
    return f"{text}, in which ε_1 is {number(mean, 2)} on average over N (matter: 1.5, radiation: 2)."
