"""Modes that freeze out: the power of the curvature perturbation on its way through the horizon."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    POINT_STYLES,
    ReportFigure,
    count,
    error_span,
    figure_text,
    legend_below,
    limits_of_logarithmic_axis,
    name_panel,
    number,
    panels,
    span,
    use_logarithmic_axis,
)
from cosmograd.report.universe.figures.milestones import mark_horizon_crossing

# A mode counts as frozen once its power stays within this of its last one.
_FROZEN = 0.01
_LEAST_DRAWN = 1e-3  # k/aH
_DE_SITTER = "de Sitter space, 1 + (k/aH)²"


def freeze_out_figure(results: xr.Dataset) -> ReportFigure | None:
    """Power of some modes against N, and over its last value against k/aH; None where no mode was recorded."""
    if results.sizes.get("mode", 0) == 0:
        return None
    figure, axes = panels(2, (1, 2), height=2.3)
    _draw_by_e_folds(axes[0], results)
    _draw_by_horizon(axes[1], results)
    name_panel(axes[0], 0, 2, "power by e-folds")
    name_panel(axes[1], 1, 2, "over its last value, by k/aH")
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, mfc="none", label=figure_text(f"{number(k)} k_pivot"))
        for k, style in zip(results["mode_wavenumber"].values, POINT_STYLES, strict=False)
    ]
    handles.append(Line2D([], [], color="#777777", ls=(0, (1, 1.2)), label=_DE_SITTER))
    legend_below(figure, handles, 3)
    return ReportFigure(
        "freeze-out",
        "Modes that freeze out",
        figure,
        _caption(results),
        f"Power of the curvature perturbation for {count(results.sizes['mode'], 'wavenumber')}, against e-folds and "
        "against k over aH: it falls while a mode is inside the horizon and stays constant after its horizon crossing, "
        "which is marked, unless something feeds it.",
        ("mode_wavenumber", "mode_e_folds", "mode_scalar_power", "mode_wavenumber_over_ah"),
    )


def _modes(results: xr.Dataset) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """N, power and k/aH along each mode, from the start of the background on: before it, nothing is known."""
    names = ("mode_e_folds", "mode_scalar_power", "mode_wavenumber_over_ah")
    along = np.stack([results[name].transpose("mode", "stage").values for name in names], axis=1)
    return [tuple(mode[:, mode[0] >= 0]) for mode in along]


def _crossing(along: np.ndarray, ratio: np.ndarray) -> float:
    """A quantity where k/aH first falls to one; NaN where it never does."""
    inside = ratio > 1
    if inside.all() or not inside[0]:
        return np.nan
    i = int(np.argmin(inside))
    part = np.log(ratio[i - 1]) / (np.log(ratio[i - 1]) - np.log(ratio[i]))
    return float(along[i - 1] + part * (along[i] - along[i - 1]))


def _frozen_from(n: np.ndarray, power: np.ndarray) -> float:
    """N from which on the power stays close to its last value."""
    away = ~(np.abs(power / power[-1] - 1) <= _FROZEN)
    return float(n[len(away) - int(np.argmax(away[::-1]))]) if away[:-1].any() else float(n[0])


def _draw_by_e_folds(axis: Axes, results: xr.Dataset) -> None:
    modes = _modes(results)
    for (n, power, ratio), style in zip(modes, POINT_STYLES, strict=False):
        axis.plot(n, power, color=style.colour)
        crossing = _crossing(n, ratio)
        there = np.exp(np.interp(crossing, n, np.log(power)))
        axis.plot([crossing], [there], marker=style.marker, color=style.colour, mfc="white", zorder=5, ms=4)
    use_logarithmic_axis(axis, limits_of_logarithmic_axis([power for _, power, _ in modes]))
    first, last = min(n[0] for n, _, _ in modes), max(n[-1] for n, _, _ in modes)
    settled = max(max(_frozen_from(n, power), np.nan_to_num(_crossing(n, ratio))) for n, power, ratio in modes)
    axis.set_xlim(first, min(last, settled + 0.3 * (settled - first)))
    axis.set(xlabel="e-folds N", ylabel=figure_text("power of curvature P_R"))


def _last_drawn(modes: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> float:
    """k/aH somewhat beyond where all modes are frozen."""
    frozen = [np.exp(np.interp(_frozen_from(n, power), n, np.log(ratio))) for n, power, ratio in modes]
    return float(max(min(0.2 * min(frozen), 0.03), min(ratio.min() for _, _, ratio in modes), _LEAST_DRAWN))


def _draw_by_horizon(axis: Axes, results: xr.Dataset) -> None:
    modes = _modes(results)
    least = _last_drawn(modes)
    x = np.geomspace(max(float(ratio.max()) for _, _, ratio in modes), least, 200)
    axis.plot(x, 1 + x**2, color="#777777", ls=(0, (1, 1.2)), zorder=3)
    for i, ((_, power, ratio), style) in enumerate(zip(modes, POINT_STYLES, strict=False)):
        places = np.geomspace(x[0], least, 7 * len(modes) + 1)[1 + i :: len(modes)]  # each mode has its own
        some = [int(np.argmin(np.abs(np.log(ratio / place)))) for place in places]
        look = {"marker": style.marker, "mfc": "white", "markevery": some}
        axis.plot(ratio, power / power[-1], color=style.colour, lw=1.0, ms=3, **look)
    drawn = [power[ratio > least] / power[-1] for _, power, ratio in modes]
    use_logarithmic_axis(axis, limits_of_logarithmic_axis([*drawn, 1 + x**2]))
    use_logarithmic_axis(axis, (least, float(x[0]) * 1.2), "x")
    axis.invert_xaxis()
    mark_horizon_crossing(axis)
    axis.set(xlabel="k/aH  (time runs to the right)", ylabel=figure_text("P_R / last value"))


def _caption(results: xr.Dataset) -> str:
    modes = _modes(results)
    ratios = [
        float(np.exp(_crossing(np.log(power), ratio)) / power[-1])
        for _, power, ratio in modes
        if np.isfinite(_crossing(power, ratio))
    ]
    later = [_frozen_from(n, power) - _crossing(n, ratio) for n, power, ratio in modes]
    text = (
        f"Power P_R of the comoving curvature perturbation of {count(len(modes), 'mode')}, from k/aH = "
        f"{span((ratio[0] for _, _, ratio in modes), 2)} on, in the left panel with markers where k = aH. There it is "
        f"{span(ratios)} times its last value (2 in de Sitter space), and from {span(later, 2)} e-folds later on it "
        "stays within 1% of it. A squared modulus does not oscillate in the vacuum, inside the horizon."
    )
    return text + _beside_the_spectrum(results)


def distance_from_spectrum(results: xr.Dataset) -> np.ndarray:
    """Relative difference of the last values from the spectrum, for the modes whose wavenumber it has."""
    known = np.isfinite(results["scalar_power"].values)
    if results.sizes.get("mode", 0) == 0 or not known.any():
        return np.zeros(0)
    wavenumbers, powers = np.log(results["wavenumber"].values[known]), results["scalar_power"].values[known]
    shown = np.log(results["mode_wavenumber"].values)
    last = results["mode_scalar_power"].transpose("mode", "stage").values[:, -1]
    nearest = np.argmin(np.abs(wavenumbers - shown[:, None]), axis=1)
    return np.abs(last / powers[nearest] - 1)[np.abs(wavenumbers[nearest] - shown) < 1e-9]


def _beside_the_spectrum(results: xr.Dataset) -> str:
    differences = distance_from_spectrum(results)
    if not differences.size:
        return ""
    return (
        " These curves are computed apart from the spectrum, with fewer steps; their last values differ from it by "
        f"{error_span(differences)} (relative)."
    )
