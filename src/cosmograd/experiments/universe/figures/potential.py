"""The potential with the trajectory of one field, and how far its speed is from slow roll."""

import numpy as np

from cosmograd.experiments.universe.figures.history import aftermath, at_e_folds, energy_name
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
from cosmograd.results.number_format import number, span

_SLOPE = LineStyle("slope", "#0072B2", (0, (4, 1.6)), "")


@figure("potential", needs=("potential_curve",))
def potential(result: Result) -> Figure:
    """V(φ) of one field with start, pivot crossing and end, and the field's speed beside the slope of V."""
    slope = entry(_SLOPE._replace(name=_slope_name(result)))
    after = aftermath(result) is not None
    return Figure(
        "potential",
        "Potential and trajectory",
        [_potential_panel(result), _speed_panel(result)],
        _caption(result),
        f"Left, the potential {energy_name(result)} against the field φ, with the part that the field rolls through; "
        "start, pivot crossing and end of inflation are marked. Right, the field's speed in e-folds beside the "
        "potential's logarithmic slope, against φ.",
        ("potential_field", "potential_curve", "potential_energy", "field", "field_velocity", "epsilon_1", "epsilon_2"),
        [*phase_entries(after), slope, *milestone_entries(milestones(result))],
        legend_columns=3,
        grid=(1, 2),
        height=2.2,
    )


_FIELD_AXIS = Axis("field φ  [M_Pl]")


def _slope_name(result: Result) -> str:
    name = energy_name(result)
    return f"|V′|/{name}" if name == "V" else f"|V′|/({name})"


def _potential_panel(result: Result) -> Panel:
    field, energies = result["potential_field"].values, result["potential_curve"].values
    scale = scale_for([energies])
    marks: list[Mark] = [Line(field, scale.of(energies), "#999999", width=0.9)]
    after = aftermath(result)
    if after is not None:
        reached = after.field[:, 0]
        rolled = (field >= reached.min()) & (field <= reached.max())
        marks.append(Line(field[rolled], scale.of(energies[rolled]), AFTERWARDS.colour, width=1.8))
    marks.append(curve(result["field"].values, scale.of(result["potential_energy"].values), DURING, 1.8))
    for milestone in milestones(result):
        position, height = (at_e_folds(result, name, milestone.e_folds)[0] for name in ("field", "potential_energy"))
        marks.append(mark(milestone, position, scale.of_one(height)))
    return Panel(marks, _FIELD_AXIS, Axis(scale.label(energy_name(result), "M_Pl⁴")), "potential")


def potential_slope(result: Result) -> np.ndarray:
    r"""$|V'|/V = |\varphi'|\,|1 + \epsilon_2/2(3-\epsilon_1)|$ along the background: the Klein-Gordon equation."""
    ε1, ε2 = (result[name].values for name in ("epsilon_1", "epsilon_2"))
    return np.abs(result["field_velocity"].values * (1 + ε2 / (2 * (3 - ε1))))


def _speed_panel(result: Result) -> Panel:
    field, speed, slope = result["field"].values, np.abs(result["field_velocity"].values), potential_slope(result)
    marks: list[Mark] = [curve(field, speed, DURING), curve(field, slope, _SLOPE)]
    for milestone in milestones(result):
        position, velocity = (at_e_folds(result, name, milestone.e_folds)[0] for name in ("field", "field_velocity"))
        marks.append(mark(milestone, position, abs(velocity)))
    limits = limits_of_logarithmic_axis([speed, slope], floor=1e-3 * float(np.nanmin(speed)))
    return Panel(marks, _FIELD_AXIS, logarithmic_axis(f"|dφ/dN|,  {_slope_name(result)}", limits), "speed and slope")


def _caption(result: Result) -> str:
    start, pivot, end = milestones(result)
    φ = {moment: at_e_folds(result, "field", moment.e_folds)[0] for moment in (start, pivot, end)}
    velocity = at_e_folds(result, "field_velocity", 0.0)[0]
    grid, ratio = result["e_folds"].values, np.abs(result["field_velocity"].values) / potential_slope(result)
    before, at_pivot = ratio[grid <= end.e_folds - 1], np.interp(pivot.e_folds, grid, ratio)
    return (
        f"The field starts at φ = {number(φ[start])} M_Pl with dφ/dN = {number(velocity)} M_Pl. The pivot leaves the "
        f"horizon {number(pivot.e_folds)} e-folds later, at φ = {number(φ[pivot])} M_Pl, and inflation ends (ε_1 = 1) "
        f"after {number(end.e_folds, 4)} e-folds, at φ = {number(φ[end])} M_Pl. Right: in slow roll the speed |dφ/dN| "
        f"(black) equals the slope {_slope_name(result)}. Their ratio is {number(at_pivot, 4)} at the pivot's horizon "
        f"crossing, {span(before, 4)} up to one e-fold before the end, and {number(ratio[-1])} at the end."
    )
