"""How isocurvature at horizon crossing feeds the curvature, and what is left of it."""

import numpy as np

from cosmograd.experiments.universe.figures.power_panels import spectrum_line, spectrum_panel
from cosmograd.figures import (
    Axis,
    Figure,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    scale_for,
)
from cosmograd.results import Result
from cosmograd.results.number_format import number

_VARIABLES = ("transfer_to_curvature", "transfer_to_isocurvature")
_TITLES = ("isocurvature to curvature", "isocurvature to isocurvature")
_LABELS = ("T_RS", "T_SS")
# A transfer that varies by more than this needs a logarithmic axis.
_WIDE = 8.0


@figure("isocurvature-transfer", needs=_VARIABLES)
def isocurvature_transfer(result: Result) -> Figure | None:
    """T_RS and T_SS from k = aH to the end, against wavenumber; None where they are not known."""
    if not np.isfinite(result[_VARIABLES[0]].values).any():
        return None
    return Figure(
        "isocurvature-transfer",
        "Transfer of isocurvature",
        [_panel(result, *names) for names in zip(_VARIABLES, _LABELS, _TITLES, strict=True)],
        _caption(result),
        "Left, the curvature at the end for a unit of isocurvature at horizon crossing, against wavenumber; right, the "
        "isocurvature that is left of it.",
        ("wavenumber", *_VARIABLES),
        grid=(1, 2),
        height=2.2,
    )


def _panel(result: Result, name: str, label: str, title: str) -> Panel:
    values = result[name].values
    positive = values[np.isfinite(values) & (values > 0)]
    wide = bool(positive.size) and positive.max() > _WIDE * positive.min()
    scale = scale_for([np.ones(1)] if wide else [values])
    if wide:
        y = logarithmic_axis(scale.label(label), limits_of_logarithmic_axis([positive]))
    else:
        high = 1.15 * scale.of_one(float(np.nanmax(values))) or 1.0
        y = Axis(scale.label(label), low=0.0, high=high)
    return spectrum_panel(result, [spectrum_line(result, scale.of(values))], y, title)


def _caption(result: Result) -> str:
    ranges = []
    for variable in _VARIABLES:
        known = result[variable].values[np.isfinite(result[variable].values)]
        low, high = (number(value) for value in (known.min(), known.max()))
        ranges.append(low if low == high else f"{low} to {high}")
    several = result.sizes.get("component", 2) > 2
    direction = " of the direction across the trajectory that does so most" if several else ""
    return (
        "From k = aH to the end of inflation: S = Q_⊥/√(2ε) of one unit at the crossing adds T_RS to the curvature "
        f"R = Q_∥/√(2ε) and leaves T_SS of itself{direction}. T_RS is {ranges[0]}, T_SS {ranges[1]} (sizes, without "
        "sign), both by homogeneous perturbations of a universe on its attractor. A straight trajectory has T_RS = 0."
    )
