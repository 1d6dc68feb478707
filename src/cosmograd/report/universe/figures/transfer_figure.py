"""How isocurvature at horizon crossing feeds the curvature, and what is left of it."""

import numpy as np
import xarray as xr

from cosmograd.report.parts import (
    ReportFigure,
    limits_of_logarithmic_axis,
    name_panel,
    number,
    panels,
    use_logarithmic_axis,
)
from cosmograd.report.universe.figures.power_panels import COMPUTED, look, use_wavenumber_axis
from cosmograd.report.universe.figures.scaled_axis import scale_for

_VARIABLES = ("transfer_to_curvature", "transfer_to_isocurvature")
_TITLES = ("isocurvature to curvature", "isocurvature to isocurvature")
_LABELS = ("T_RS", "T_SS")
# A transfer that varies by more than this needs a logarithmic axis.
_WIDE = 8.0


def transfer_figure(results: xr.Dataset) -> ReportFigure | None:
    """T_RS and T_SS from k = aH to the end, against wavenumber; None for one field."""
    if _VARIABLES[0] not in results or not np.isfinite(results[_VARIABLES[0]].values).any():
        return None
    figure, axes = panels(2, (1, 2), height=2.2)
    for position, (axis, variable) in enumerate(zip(axes, _VARIABLES, strict=True)):
        values = results[variable].values
        positive = values[np.isfinite(values) & (values > 0)]
        wide = bool(positive.size) and positive.max() > _WIDE * positive.min()
        scale = scale_for([np.ones(1)] if wide else [values])
        axis.plot(results["wavenumber"].values, scale.of(values), **look(results, COMPUTED))
        if wide:
            use_logarithmic_axis(axis, limits_of_logarithmic_axis([positive]))
        else:
            axis.set_ylim(0, 1.15 * scale.of_one(float(np.nanmax(values))) or 1.0)
        axis.set_ylabel(scale.label(_LABELS[position]))
        name_panel(axis, position, 2, _TITLES[position])
        use_wavenumber_axis(axis, results, label=True)
    return ReportFigure(
        "isocurvature-transfer",
        "Transfer of isocurvature",
        figure,
        _caption(results),
        "Left, the curvature at the end for a unit of isocurvature at horizon crossing, against wavenumber; right, the "
        "isocurvature that is left of it.",
        ("wavenumber", *_VARIABLES),
    )


def _caption(results: xr.Dataset) -> str:
    ranges = []
    for variable in _VARIABLES:
        known = results[variable].values[np.isfinite(results[variable].values)]
        low, high = (number(value) for value in (known.min(), known.max()))
        ranges.append(low if low == high else f"{low} to {high}")
    several = results.sizes.get("component", 2) > 2
    direction = " of the direction across the trajectory that does so most" if several else ""
    return (
        "From k = aH to the end of inflation: S = Q_⊥/√(2ε) of one unit at the crossing adds T_RS to the curvature "
        f"R = Q_∥/√(2ε) and leaves T_SS of itself{direction}. T_RS is {ranges[0]}, T_SS {ranges[1]} (sizes, without "
        "sign), both by homogeneous perturbations of a universe on its attractor. A straight trajectory has T_RS = 0."
    )
