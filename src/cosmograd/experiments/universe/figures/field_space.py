"""The trajectory of several fields."""

import numpy as np

from cosmograd.experiments.universe.figures.history import aftermath, at_e_folds, field_names, fields_of
from cosmograd.experiments.universe.figures.milestones import (
    AFTERWARDS,
    DURING,
    curve,
    mark,
    milestone_entries,
    milestones,
    phase_entries,
)
from cosmograd.figures import Axis, Figure, LegendEntry, Line, Mark, Panel, figure
from cosmograd.results import Result
from cosmograd.results.number_format import count, listed, number

_DASHES = ("-", (0, (5, 1.6)), (0, (1, 1.2)), (0, (6, 1.5, 1.2, 1.5)))


@figure("field-space", needs=("field",))
def field_space(result: Result) -> Figure | None:
    """The first two fields against each other, and all of them against N; None for one field."""
    names = field_names(result)
    if len(names) < 2:
        return None
    fields = [LegendEntry(name, "#555555", _DASHES[i % len(_DASHES)]) for i, name in enumerate(names)]
    phases = phase_entries(aftermath(result) is not None)
    return Figure(
        "field-space",
        "Trajectory in field space",
        [_plane(result), _fields_panel(result)],
        _caption(result),
        f"Left, the field {names[1]} against {names[0]}, from the start past the end of inflation; start, pivot "
        "crossing and end are marked. Right, all fields against the number of e-folds.",
        ("field", "evolution_field", "evolution_e_folds"),
        [*fields, *phases, *milestone_entries(milestones(result))],
        legend_columns=4,
        grid=(1, 2),
        height=2.4,
    )


def _plane(result: Result) -> Panel:
    marks: list[Mark] = []
    after = aftermath(result)
    if after is not None:
        later = after.smooth().field
        marks.append(Line(later[:, 0], later[:, 1], AFTERWARDS.colour, width=0.9))
    fields = fields_of(result, "field")
    marks.append(curve(fields[:, 0], fields[:, 1], DURING))
    for milestone in milestones(result):
        x, y = at_e_folds(result, "field", milestone.e_folds)[:2]
        marks.append(mark(milestone, x, y))
    first, second = field_names(result)[:2]
    return Panel(marks, Axis(f"{first}  [M_Pl]"), Axis(f"{second}  [M_Pl]"), "field space")


def _fields_panel(result: Result) -> Panel:
    marks: list[Mark] = []
    after = aftermath(result)
    fields = fields_of(result, "field")
    for i, column in enumerate(fields.T):
        if after is not None:
            marks.append(Line(after.e_folds, after.field[:, i], AFTERWARDS.colour, width=0.9))
        marks.append(curve(result["e_folds"].values, column, DURING._replace(dashes=_DASHES[i % len(_DASHES)])))
        for milestone in milestones(result):
            marks.append(mark(milestone, milestone.e_folds, at_e_folds(result, "field", milestone.e_folds)[i]))
    return Panel(marks, Axis("e-folds N"), Axis("fields  [M_Pl]"), "fields by e-folds")


def _caption(result: Result) -> str:
    start, pivot, end = milestones(result)
    names = field_names(result)
    places = [at_e_folds(result, "field", moment.e_folds) for moment in (start, pivot, end)]
    at_start, at_pivot, at_end = (
        listed(f"{name} = {number(value)}" for name, value in zip(names, place, strict=True)) for place in places
    )
    velocity = fields_of(result, "field_velocity")
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
