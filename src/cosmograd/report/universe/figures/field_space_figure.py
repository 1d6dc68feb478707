"""The trajectory of several fields."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.parts import ReportFigure, count, figure_text, legend_below, listed, name_panel, number, panels
from cosmograd.report.universe.figures.milestones import (
    AFTERWARDS,
    DURING,
    draw_curve,
    mark,
    milestone_handles,
    milestones,
    phase_handles,
)
from cosmograd.report.universe.figures.universe_data import aftermath, at_e_folds, field_names, fields_of

_DASHES = ("-", (0, (5, 1.6)), (0, (1, 1.2)), (0, (6, 1.5, 1.2, 1.5)))


def field_space_figure(results: xr.Dataset) -> ReportFigure | None:
    """The first two fields against each other, and all of them against N; None for one field."""
    names = field_names(results)
    if len(names) < 2:
        return None
    figure, axes = panels(2, (1, 2), height=2.4)
    _draw_plane(axes[0], results)
    _draw_fields(axes[1], results)
    name_panel(axes[0], 0, 2, "field space")
    name_panel(axes[1], 1, 2, "fields by e-folds")
    axes[0].set(xlabel=figure_text(f"{names[0]}  [M_Pl]"), ylabel=figure_text(f"{names[1]}  [M_Pl]"))
    axes[1].set(xlabel="e-folds N", ylabel=figure_text("fields  [M_Pl]"))
    fields = [
        Line2D([], [], color="#555555", ls=_DASHES[i % len(_DASHES)], label=figure_text(name))
        for i, name in enumerate(names)
    ]
    after = aftermath(results) is not None
    legend_below(figure, [*fields, *phase_handles(after), *milestone_handles(milestones(results))], 4)
    return ReportFigure(
        "field-space",
        "Trajectory in field space",
        figure,
        _caption(results),
        f"Left, the field {names[1]} against {names[0]}, from the start past the end of inflation; start, pivot "
        "crossing and end are marked. Right, all fields against the number of e-folds.",
        ("field", "evolution_field", "evolution_e_folds"),
    )


def _draw_plane(axis: Axes, results: xr.Dataset) -> None:
    after = aftermath(results)
    if after is not None:
        later = after.smooth().field
        axis.plot(later[:, 0], later[:, 1], color=AFTERWARDS.colour, lw=0.9)
    fields = fields_of(results, "field")
    draw_curve(axis, fields[:, 0], fields[:, 1], color=DURING.colour)
    for milestone in milestones(results):
        x, y = at_e_folds(results, "field", milestone.e_folds)[:2]
        mark(axis, milestone, x, y)


def _draw_fields(axis: Axes, results: xr.Dataset) -> None:
    after = aftermath(results)
    fields = fields_of(results, "field")
    for i, column in enumerate(fields.T):
        if after is not None:
            axis.plot(after.e_folds, after.field[:, i], color=AFTERWARDS.colour, lw=0.9)
        draw_curve(axis, results["e_folds"].values, column, color=DURING.colour, ls=_DASHES[i % len(_DASHES)])
        for milestone in milestones(results):
            mark(axis, milestone, milestone.e_folds, at_e_folds(results, "field", milestone.e_folds)[i])


def _caption(results: xr.Dataset) -> str:
    start, pivot, end = milestones(results)
    names = field_names(results)
    places = [at_e_folds(results, "field", moment.e_folds) for moment in (start, pivot, end)]
    at_start, at_pivot, at_end = (
        listed(f"{name} = {number(value)}" for name, value in zip(names, place, strict=True)) for place in places
    )
    velocity = fields_of(results, "field_velocity")
    turn = np.unwrap(np.arctan2(velocity[:, 1], velocity[:, 0]))
    text = (
        f"The fields start at {at_start} M_Pl. The pivot leaves the horizon {number(pivot.e_folds)} e-folds later, at "
        f"{at_pivot} M_Pl, and inflation ends (ε_1 = 1) after {number(end.e_folds, 4)} e-folds, at {at_end} M_Pl. "
        f"The direction of motion in the plane of {names[0]} and {names[1]} swings by "
        f"{number(np.degrees(np.ptp(turn)), 2)}° in all during inflation."
    )
    if len(names) > 2:
        text += f" The left panel shows the first two of {count(len(names), 'field')}."
    return text
