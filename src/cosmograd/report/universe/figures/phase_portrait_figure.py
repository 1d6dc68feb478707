"""Phase portrait: the fields' velocity in cosmic time against the fields, past the end of inflation."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cosmograd.report.parts import ReportFigure, count, figure_text, legend_below, listed, name_panel, number, panels
from cosmograd.report.universe.figures.milestones import (
    AFTERWARDS,
    DURING,
    Milestone,
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
    field_names,
    fields_of,
)

# The second panel of each field begins so many e-folds before the end of inflation.
_BEFORE_THE_END = 1.0
_MOST_FIELDS = 2
# A field whose velocity is below this share of the largest one rests.
_AT_REST = 1e-6


def phase_portrait_figure(results: xr.Dataset) -> ReportFigure | None:
    """dφ/dt against φ, the whole history and its end; None where the evolution was not recorded."""
    after = aftermath(results)
    if after is None:
        return None
    names = field_names(results)[:_MOST_FIELDS]
    figure, axes = panels(2 * len(names), (len(names), 2), height=2.1)
    end = milestones(results)[2]
    for i, name in enumerate(names):
        of_which = "" if len(names) == 1 else f" of {name}"
        whole, close = axes[2 * i : 2 * i + 2]
        _draw(whole, results, after, i, 0.0, milestones(results))
        if _at_rest(after, i):
            _say_at_rest(close, name)
        else:
            _draw(close, results, after, i, end.e_folds - _BEFORE_THE_END, [end])
        name_panel(whole, 2 * i, len(axes), f"whole history{of_which}")
        name_panel(close, 2 * i + 1, len(axes), f"end of inflation{of_which}")
    legend_below(figure, [*phase_handles(True), *milestone_handles(milestones(results))], 5)
    return ReportFigure(
        "phase-portrait",
        "Phase portrait",
        figure,
        _caption(results, after),
        f"Velocity in cosmic time against the field, for {listed(names)}: from the start of inflation past its end on "
        "the left, from shortly before its end on the right. Around a minimum of the potential it is a spiral.",
        ("field", "field_velocity", "hubble_rate", "evolution_field", "evolution_velocity"),
    )


def _at_rest(after: Evolution, i: int) -> bool:
    """Whether a field has no part in what follows the end of inflation."""
    return bool(np.abs(after.velocity[:, i]).max() < _AT_REST * np.abs(after.velocity).max())


def _say_at_rest(axis: Axes, name: str) -> None:
    axis.set_axis_off()
    axis.text(0.5, 0.5, figure_text(f"{name} has come to rest"), transform=axis.transAxes, ha="center", color="#555555")


def _draw(axis: Axes, results: xr.Dataset, after: Evolution, i: int, since: float, marked: Sequence[Milestone]) -> None:
    of = results["e_folds"].values >= since
    field, velocity = fields_of(results, "field")[of, i], _velocity(results)[of, i]
    scale, later = scale_for([velocity, after.velocity[:, i]]), after.smooth()
    axis.plot(later.field[:, i], scale.of(later.velocity[:, i]), color=AFTERWARDS.colour, lw=0.9)
    draw_curve(axis, field, scale.of(velocity), color=DURING.colour)
    axis.axhline(0, color="#888888", lw=0.6, zorder=0)
    for milestone in marked:
        position, speed = _place(results, i, milestone.e_folds)
        mark(axis, milestone, position, scale.of_one(speed))
    name = field_names(results)[i]
    axis.set(xlabel=figure_text(f"{name}  [M_Pl]"), ylabel=scale.label(f"d{name}/dt", "M_Pl²"))


def _velocity(results: xr.Dataset) -> np.ndarray:
    """dφ/dt = H dφ/dN during inflation."""
    return fields_of(results, "field_velocity") * results["hubble_rate"].values[:, None]


def _place(results: xr.Dataset, i: int, e_folds: float) -> tuple[float, float]:
    """φ and dφ/dt at some N."""
    field, velocity = (at_e_folds(results, name, e_folds)[i] for name in ("field", "field_velocity"))
    return float(field), float(velocity * at_e_folds(results, "hubble_rate", e_folds)[0])


def _caption(results: xr.Dataset, after: Evolution) -> str:
    names = field_names(results)[:_MOST_FIELDS]
    places = [(name, *_place(results, i, float(results["e_folds_total"]))) for i, name in enumerate(names)]
    at_end = listed(f"{name} = {number(φ)} M_Pl with d{name}/dt = {number(v)} M_Pl²" for name, φ, v in places)
    text = f"Velocity in cosmic time against the field, from the start to past the end of inflation, at {at_end}."
    if after.complete:
        text += _afterwards(names, after)
    else:
        text += _broken_off(results, after)
    if results.sizes.get("component", 1) > _MOST_FIELDS:
        text += f" Shown are the first two of {count(results.sizes['component'], 'field')}."
    return text


def _afterwards(names: Sequence[str], after: Evolution) -> str:
    turned = listed(
        f"{name} rests"
        if _at_rest(after, i)
        else f"{name} turns round {count(int((np.diff(np.sign(after.velocity[:, i])) != 0).sum()), 'time')}"
        for i, name in enumerate(names)
    )
    duration = after.e_folds[-1] - after.e_folds[0]
    return (
        f" In the {number(duration, 2)} e-folds after it, {turned}, and H falls to "
        f"{number(after.hubble_rate[-1] / after.hubble_rate[0], 2)} of its value at the end of inflation."
    )


def _broken_off(results: xr.Dataset, after: Evolution) -> str:
    known, last = after.e_folds[-1] - after.e_folds[0], listed(map(number, after.field[-1]))
    text = f" What follows is known for {number(known, 2)} e-folds only, to φ = {last} M_Pl"
    if "potential_curve" in results and (results["potential_curve"].values < 0).any():
        text += ": the potential becomes negative further on"
    return text + "."
