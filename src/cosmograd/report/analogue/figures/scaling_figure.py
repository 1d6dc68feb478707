"""How the errors depend on the time step, the amplitude and the width."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cosmograd.report.analogue.figures.analogue_data import DIRECT, NETWORK
from cosmograd.report.parts import (
    ReportFigure,
    limits_of_logarithmic_axis,
    name_panel,
    number,
    panels,
    use_logarithmic_axis,
)

_PANELS = {
    "step": ("time step δ", "whole error"),
    "amplitude": ("amplitude ε", "error of finite width"),
    "width": ("width", "error of finite width"),
}


def scaling_figure(results: xr.Dataset) -> ReportFigure | None:
    """Errors with fitted powers; None where they were not measured."""
    kinds = [kind for kind in _PANELS if results.sizes.get(f"scaled_{kind}", 0) >= 2]
    if not kinds:
        return None
    figure, axes = panels(len(kinds), (1, len(kinds)) if len(kinds) > 1 else None, height=2.2)
    slopes = {}
    for place, (axis, kind) in enumerate(zip(axes, kinds, strict=True)):
        slopes[kind] = _draw(axis, results, kind)
        title = f"slope {number(slopes[kind], 3)}" if np.isfinite(slopes[kind]) else "no slope"
        name_panel(axis, place, len(kinds), f"{_PANELS[kind][0]}, {title}")
    return ReportFigure(
        "error-scaling",
        "What the errors depend on",
        figure,
        _caption(results, slopes),
        "Errors against time step, amplitude and width on logarithmic scales, with fitted straight lines.",
        tuple(
            name
            for kind in kinds
            for name in (f"scaled_{kind}", f"{kind}_error", *(_SPREAD if kind == "width" else ()))
        ),
    )


_SPREAD = ("width_error_low", "width_error_high")


def _draw(axis: Axes, results: xr.Dataset, kind: str) -> float:
    x, y = results[f"scaled_{kind}"].values.astype(float), results[f"{kind}_error"].values
    good = np.isfinite(y) & (y > 0)
    low, high = (results[name].values for name in _SPREAD) if kind == "width" else (y, y)
    if kind == "width":
        axis.errorbar(x, y, np.abs([y - low, high - y]), color="#999999", ls="", capsize=2, zorder=1)
    slope = float("nan")
    if good.sum() >= 2:
        slope, height = np.polyfit(np.log(x[good]), np.log(y[good]), 1)
        axis.plot(x, np.exp(height) * x**slope, color=DIRECT.colour, ls=(0, (5, 1.8)))
    axis.plot(x, y, ls="", marker="o", color=NETWORK.colour, zorder=3)
    use_logarithmic_axis(axis, limits_of_logarithmic_axis([y, low, high]))
    axis.set_xscale("log")
    axis.set_xlim(x.min() / 1.3, x.max() * 1.3)
    _few_ticks(axis, x)
    axis.set(xlabel=_PANELS[kind][0], ylabel=_PANELS[kind][1])
    return float(slope)


def _few_ticks(axis: Axes, x: np.ndarray) -> None:
    """The values themselves, where they span too little for powers of ten."""
    if x.max() < 20 * x.min():
        axis.set_xticks(x, [number(value) for value in x])
        axis.minorticks_off()


def _caption(results: xr.Dataset, slopes: dict[str, float]) -> str:
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
