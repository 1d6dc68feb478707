"""How the errors depend on the time step, the amplitude and the width."""

from dataclasses import replace

import numpy as np

from cosmograd.experiments.network_universe.figures.shown import DIRECT, NETWORK
from cosmograd.figures import (
    Axis,
    Figure,
    Intervals,
    Line,
    Mark,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    points,
)
from cosmograd.results import Result
from cosmograd.results.number_format import number

_PANELS = {
    "step": ("time step δ", "whole error"),
    "amplitude": ("amplitude ε", "error of finite width"),
    "width": ("width", "error of finite width"),
}
_SPREAD = ("width_error_low", "width_error_high")


@figure("error-scaling")
def error_scaling(result: Result) -> Figure | None:
    """Errors with fitted powers; None where they were not measured."""
    kinds = [kind for kind in _PANELS if result.sizes.get(f"scaled_{kind}", 0) >= 2]
    if not kinds:
        return None
    fits = {kind: _power_law(result, kind) for kind in kinds}
    return Figure(
        "error-scaling",
        "Errors against step, amplitude and width",
        [_panel(result, kind, *fits[kind]) for kind in kinds],
        _caption({kind: slope for kind, (slope, _) in fits.items()}),
        "Errors against time step, amplitude and width on logarithmic scales, with fitted straight lines.",
        tuple(
            name
            for kind in kinds
            for name in (f"scaled_{kind}", f"{kind}_error", *(_SPREAD if kind == "width" else ()))
        ),
        grid=(1, len(kinds)) if len(kinds) > 1 else None,
        height=2.2,
    )


def _power_law(result: Result, kind: str) -> tuple[float, float]:
    """Power, and logarithm of the factor before it, by least squares; NaN where two errors are not known."""
    x, y = result[f"scaled_{kind}"].values.astype(float), result[f"{kind}_error"].values
    good = np.isfinite(y) & (y > 0)
    if good.sum() < 2:
        return float("nan"), float("nan")
    slope, height = np.polyfit(np.log(x[good]), np.log(y[good]), 1)
    return float(slope), float(height)


def _panel(result: Result, kind: str, slope: float, height: float) -> Panel:
    x, y = result[f"scaled_{kind}"].values.astype(float), result[f"{kind}_error"].values
    low, high = (result[name].values for name in _SPREAD) if kind == "width" else (y, y)
    marks: list[Mark] = []
    if kind == "width":
        marks.append(Intervals(x, y, low, high, "#999999", bar_width=None, layer=1.0))
    if np.isfinite(slope):
        marks.append(Line(x, np.exp(height) * x**slope, DIRECT.colour, (0, (5, 1.8))))
    marks.append(points(x, y, NETWORK.colour, NETWORK.marker, layer=3.0))
    name, error_name = _PANELS[kind]
    title = f"slope {number(slope, 3)}" if np.isfinite(slope) else "no slope"
    along = Axis(name, "log", float(x.min() / 1.3), float(x.max() * 1.3))
    upwards = logarithmic_axis(error_name, limits_of_logarithmic_axis([y, low, high]))
    if x.max() < 20 * x.min():  # too little for powers of ten: the values themselves
        along = replace(along, ticks=[(float(value), number(value)) for value in x])
        upwards = replace(upwards, minor=False)
    return Panel(marks, along, upwards, f"{name}, {title}")


def _caption(slopes: dict[str, float]) -> str:
    texts = {
        "step": "the whole error of the network's universe against the direct solution, by the time step (2 for the "
        "leapfrog scheme, less where the finite width has a share)",
        "amplitude": "the distance to the universe of a fixed kernel, which is what the finite width changes, by the "
        "amplitude (1, less where rounding has a share)",
        "width": "the same by the width of the hidden layer, r.m.s. over eight networks, with the smallest and the "
        "largest of them as bars (−1 at large widths; eight draws leave it uncertain)",
    }
    parts = [f"{texts[kind]}: slope {number(slope, 3)}" for kind, slope in slopes.items()]
    return (
        f"Errors and the powers fitted to them (dashed), with the powers expected in brackets: {'; '.join(parts)}. "
        "Norms are over all modes and updates, relative."
    )
