"""Phase portrait: the fields' velocity in cosmic time against the fields, past the end of inflation."""

from collections.abc import Sequence

import numpy as np

from cosmograd.experiments.universe.figures.history import Evolution, aftermath, at_e_folds, field_names, fields_of
from cosmograd.experiments.universe.figures.milestones import (
    AFTERWARDS,
    DURING,
    Milestone,
    curve,
    mark,
    milestone_entries,
    milestones,
    phase_entries,
)
from cosmograd.figures import Axis, Figure, Guide, Line, Mark, Note, Panel, figure, scale_for
from cosmograd.results import Result
from cosmograd.results.number_format import count, listed, number

# The second panel of each field begins so many e-folds before the end of inflation.
_BEFORE_THE_END = 1.0
_MOST_FIELDS = 2
# A field whose velocity is below this share of the largest one rests.
_AT_REST = 1e-6


@figure("phase-portrait", needs=("evolution_field", "evolution_velocity"))
def phase_portrait(result: Result) -> Figure | None:
    """dφ/dt against φ, the whole history and its end; None where the evolution was not recorded."""
    after = aftermath(result)
    if after is None:
        return None
    names, end = field_names(result)[:_MOST_FIELDS], milestones(result)[2]
    panels = []
    for i, name in enumerate(names):
        of_which = "" if len(names) == 1 else f" of {name}"
        title = f"end of inflation{of_which}"
        panels += [
            _panel(result, after, i, 0.0, milestones(result), f"whole history{of_which}"),
            _resting(name, title)
            if _at_rest(after, i)
            else _panel(result, after, i, end.e_folds - _BEFORE_THE_END, [end], title),
        ]
    return Figure(
        "phase-portrait",
        "Phase portrait",
        panels,
        _caption(result, after),
        f"Velocity in cosmic time against the field, for {listed(names)}: from the start of inflation past its end on "
        "the left, from shortly before its end on the right. Around a minimum of the potential it is a spiral.",
        ("field", "field_velocity", "hubble_rate", "evolution_field", "evolution_velocity"),
        [*phase_entries(True), *milestone_entries(milestones(result))],
        legend_columns=5,
        grid=(len(names), 2),
        height=2.1,
    )


def _at_rest(after: Evolution, i: int) -> bool:
    """Whether a field has no part in what follows the end of inflation."""
    return bool(np.abs(after.velocity[:, i]).max() < _AT_REST * np.abs(after.velocity).max())


def _resting(name: str, title: str) -> Panel:
    words = Note(f"{name} has come to rest", 0.5, 0.5, "xy", ("center", "baseline"), size=8.0)
    return Panel([words], title=title, blank=True)


def _panel(result: Result, after: Evolution, i: int, since: float, marked: Sequence[Milestone], title: str) -> Panel:
    of = result["e_folds"].values >= since
    field, velocity = fields_of(result, "field")[of, i], _velocity(result)[of, i]
    scale, later = scale_for([velocity, after.velocity[:, i]]), after.smooth()
    marks: list[Mark] = [
        Line(later.field[:, i], scale.of(later.velocity[:, i]), AFTERWARDS.colour, width=0.9),
        curve(field, scale.of(velocity), DURING),
        Guide(0.0),
    ]
    for milestone in marked:
        position, speed = _place(result, i, milestone.e_folds)
        marks.append(mark(milestone, position, scale.of_one(speed)))
    name = field_names(result)[i]
    return Panel(marks, Axis(f"{name}  [M_Pl]"), Axis(scale.label(f"d{name}/dt", "M_Pl²")), title)


def _velocity(result: Result) -> np.ndarray:
    """dφ/dt = H dφ/dN during inflation."""
    return fields_of(result, "field_velocity") * result["hubble_rate"].values[:, None]


def _place(result: Result, i: int, e_folds: float) -> tuple[float, float]:
    """φ and dφ/dt at some N."""
    field, velocity = (at_e_folds(result, name, e_folds)[i] for name in ("field", "field_velocity"))
    return float(field), float(velocity * at_e_folds(result, "hubble_rate", e_folds)[0])


def _caption(result: Result, after: Evolution) -> str:
    names = field_names(result)[:_MOST_FIELDS]
    places = [(name, *_place(result, i, float(result["e_folds_total"]))) for i, name in enumerate(names)]
    at_end = listed(f"{name} = {number(φ)} M_Pl with d{name}/dt = {number(v)} M_Pl²" for name, φ, v in places)
    text = f"Velocity in cosmic time against the field, from the start to past the end of inflation, at {at_end}."
    text += _afterwards(names, after) if after.complete else _broken_off(result, after)
    if result.sizes.get("component", 1) > _MOST_FIELDS:
        text += f" Shown are the first two of {count(result.sizes['component'], 'field')}."
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


def _broken_off(result: Result, after: Evolution) -> str:
    known, last = after.e_folds[-1] - after.e_folds[0], listed(map(number, after.field[-1]))
    text = f" The later evolution is known for {number(known, 2)} e-folds only, to φ = {last} M_Pl"
    if "potential_curve" in result and (result["potential_curve"].values < 0).any():
        text += ": the potential becomes negative further on"
    return text + "."
