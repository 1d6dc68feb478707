"""The potential with the trajectory of one field, and how far its speed is from slow roll."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    LineStyle,
    ReportFigure,
    figure_text,
    legend_below,
    limits_of_logarithmic_axis,
    name_panel,
    number,
    panels,
    span,
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
from cosmograd.report.universe.figures.universe_data import aftermath, at_e_folds, energy_name

_SLOPE = LineStyle("slope", "#0072B2", (0, (4, 1.6)), "")


def potential_figure(results: xr.Dataset) -> ReportFigure | None:
    """V(φ) with start, pivot crossing and end; None without a potential to draw (several fields)."""
    if "potential_curve" not in results:
        return None
    figure, axes = panels(2, (1, 2), height=2.2)
    _draw_potential(axes[0], results)
    _draw_speed(axes[1], results)
    for position, (axis, title) in enumerate(zip(axes, ("potential", "speed and slope"), strict=True)):
        name_panel(axis, position, 2, title)
        axis.set_xlabel(figure_text("field φ  [M_Pl]"))
    slope = Line2D([], [], color=_SLOPE.colour, ls=_SLOPE.dashes, label=_slope_name(results))
    handles = [*phase_handles(aftermath(results) is not None), slope, *milestone_handles(milestones(results))]
    legend_below(figure, handles, 3)
    return ReportFigure(
        "potential",
        "Potential and trajectory",
        figure,
        _caption(results),
        f"Left, the potential {energy_name(results)} against the field φ, with the part that the field rolls through; "
        "start, pivot crossing and end of inflation are marked. Right, the field's speed in e-folds beside the "
        "potential's logarithmic slope, against φ.",
        ("potential_field", "potential_curve", "potential_energy", "field", "field_velocity", "epsilon_1", "epsilon_2"),
    )


def _slope_name(results: xr.Dataset) -> str:
    name = energy_name(results)
    return f"|V′|/{name}" if name == "V" else f"|V′|/({name})"


def _draw_potential(axis: Axes, results: xr.Dataset) -> None:
    field, curve = results["potential_field"].values, results["potential_curve"].values
    scale = scale_for([curve])
    axis.plot(field, scale.of(curve), color="#999999", lw=0.9)
    after = aftermath(results)
    if after is not None:
        reached = after.field[:, 0]
        rolled = (field >= reached.min()) & (field <= reached.max())
        axis.plot(field[rolled], scale.of(curve[rolled]), color=AFTERWARDS.colour, lw=1.8)
    inflating = results["field"].values, scale.of(results["potential_energy"].values)
    draw_curve(axis, *inflating, color=DURING.colour, lw=1.8)
    for milestone in milestones(results):
        position, height = (at_e_folds(results, name, milestone.e_folds)[0] for name in ("field", "potential_energy"))
        mark(axis, milestone, position, scale.of_one(height))
    axis.set_ylabel(scale.label(energy_name(results), "M_Pl⁴"))


def potential_slope(results: xr.Dataset) -> np.ndarray:
    r"""$|V'|/V = |\varphi'|\,|1 + \epsilon_2/2(3-\epsilon_1)|$ along the background: the Klein-Gordon equation."""
    ε1, ε2 = (results[name].values for name in ("epsilon_1", "epsilon_2"))
    return np.abs(results["field_velocity"].values * (1 + ε2 / (2 * (3 - ε1))))


def _draw_speed(axis: Axes, results: xr.Dataset) -> None:
    field, speed, slope = results["field"].values, np.abs(results["field_velocity"].values), potential_slope(results)
    draw_curve(axis, field, speed, color=DURING.colour)
    draw_curve(axis, field, slope, color=_SLOPE.colour, ls=_SLOPE.dashes)
    limits = limits_of_logarithmic_axis([speed, slope], floor=1e-3 * float(np.nanmin(speed)))
    use_logarithmic_axis(axis, limits)
    for milestone in milestones(results):
        position, velocity = (at_e_folds(results, name, milestone.e_folds)[0] for name in ("field", "field_velocity"))
        mark(axis, milestone, position, abs(velocity))
    axis.set_ylabel(figure_text(f"|dφ/dN|,  {_slope_name(results)}"))


def _caption(results: xr.Dataset) -> str:
    start, pivot, end = milestones(results)
    φ = {moment: at_e_folds(results, "field", moment.e_folds)[0] for moment in (start, pivot, end)}
    velocity = at_e_folds(results, "field_velocity", 0.0)[0]
    grid, ratio = results["e_folds"].values, np.abs(results["field_velocity"].values) / potential_slope(results)
    before, at_pivot = ratio[grid <= end.e_folds - 1], np.interp(pivot.e_folds, grid, ratio)
    return (
        f"The field starts at φ = {number(φ[start])} M_Pl with dφ/dN = {number(velocity)} M_Pl. The pivot leaves the "
        f"horizon {number(pivot.e_folds)} e-folds later, at φ = {number(φ[pivot])} M_Pl, and inflation ends (ε_1 = 1) "
        f"after {number(end.e_folds, 4)} e-folds, at φ = {number(φ[end])} M_Pl. Right: in slow roll the speed |dφ/dN| "
        f"(black) equals the slope {_slope_name(results)}. Their ratio is {number(at_pivot, 4)} at the pivot's horizon "
        f"crossing, {span(before, 4)} up to one e-fold before the end, and {number(ratio[-1])} at the end."
    )
