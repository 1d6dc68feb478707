"""Panels of a spectrum: power beside slow roll, how far slow roll is off, and isocurvature."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cosmograd.report.parts import (
    LineStyle,
    error,
    figure_text,
    limits_of_logarithmic_axis,
    number,
    use_logarithmic_axis,
)
from cosmograd.report.universe.figures.scaled_axis import scale_for

COMPUTED = LineStyle("computed", "#000000", "-", "")
SLOW_ROLL = LineStyle("slow roll, next to leading order", "#0072B2", (0, (4, 1.6)), "")
# Powers that differ by more than this, and departures larger than this, need a logarithmic axis.
_WIDE, _FAR = 4.0, 1.0
# Powers that differ by less than this share look alike.
_ALIKE = 0.005
# Spectra of no more wavenumbers than this show each of them.
_FEW = 40
_SYMBOLS = {"scalar": "P_R", "tensor": "P_t"}


def look(results: xr.Dataset, style: LineStyle) -> dict[str, Any]:
    """How a curve is drawn: with a marker at each wavenumber where there are few."""
    line = {"color": style.colour, "ls": style.dashes}
    if results.sizes["wavenumber"] > _FEW:
        return line
    return line | ({"marker": "o", "ms": 3} if style is COMPUTED else {"marker": "s", "ms": 4.5, "mfc": "none"})


def use_wavenumber_axis(axis: Axes, results: xr.Dataset, label: bool) -> None:
    """k in units of the pivot, which is marked."""
    use_logarithmic_axis(axis, limits_of_logarithmic_axis([results["wavenumber"].values]), "x")
    axis.axvline(1, color="#888888", lw=0.8, zorder=1)
    if label:
        axis.set_xlabel(figure_text("k / k_pivot"))


def draw_power(axis: Axes, results: xr.Dataset, kind: str) -> None:
    """Scalar or tensor power, with slow roll where it is known."""
    k, power = results["wavenumber"].values, results[f"{kind}_power"].values
    rolling = results.get(f"slow_roll_{kind}_power")
    both = power if rolling is None else np.concatenate([power, rolling.values])
    both = both[np.isfinite(both) & (both > 0)]
    wide = both.max() > _WIDE * both.min()
    scale = scale_for([np.ones(1)] if wide else [both])
    axis.plot(k, scale.of(power), **look(results, COMPUTED))
    if rolling is not None:
        axis.plot(k, scale.of(rolling.values), **look(results, SLOW_ROLL))
    if wide:
        use_logarithmic_axis(axis, limits_of_logarithmic_axis([both]))
    else:
        low, high = scale.of_one(float(both.min())), scale.of_one(float(both.max()))
        middle, room = (low + high) / 2, max(0.55 * (high - low), _ALIKE * high)
        axis.set_ylim(middle - room, middle + room)
        axis.ticklabel_format(axis="y", useOffset=False)
    axis.set_ylabel(scale.label(_SYMBOLS[kind]))


def departure(results: xr.Dataset, kind: str) -> np.ndarray:
    """Power over its slow-roll prediction, less one; NaN without power, and where the prediction is not positive."""
    rolling = results[f"slow_roll_{kind}_power"].values
    return results[f"{kind}_power"].values / np.where(rolling > 0, rolling, np.nan) - 1


def draw_departure(axis: Axes, results: xr.Dataset, kind: str) -> None:
    """The relative difference of power and slow roll."""
    off = departure(results, kind)
    far = bool(np.isfinite(off).any()) and float(np.nanmax(np.abs(off))) > _FAR
    scale = scale_for([np.ones(1)] if far else [off])
    axis.axhline(0, color="#888888", lw=0.8, zorder=1)
    axis.plot(results["wavenumber"].values, scale.of(off), **look(results, COMPUTED))
    if far:
        axis.set_yscale("symlog", linthresh=0.1)
    axis.set_ylabel(scale.label("computed / slow roll − 1"))


def largest_departure_in_words(results: xr.Dataset, kind: str) -> str:
    """The largest relative difference of power and slow roll, and where it is."""
    off = np.abs(departure(results, kind))
    if np.isnan(off).all():
        return "any amount"
    where = int(np.nanargmax(off))
    return f"{error(off[where])} (at {number(results['wavenumber'].values[where])} pivots)"


def isocurvature_ratio(results: xr.Dataset) -> np.ndarray:
    """Isocurvature over curvature power."""
    return results["isocurvature_power"].values / results["scalar_power"].values


def draw_isocurvature(axis: Axes, results: xr.Dataset) -> None:
    """Isocurvature over curvature power; what is smaller than the error of the curvature is shaded: it may be error."""
    ratio, floor = isocurvature_ratio(results), float(results["achieved_accuracy"])
    known = ratio[np.isfinite(ratio) & (ratio > 0)]
    limits = limits_of_logarithmic_axis([known, np.array([floor])], floor=1e-4 * floor) or (floor / 10, floor * 10)
    axis.axhspan(limits[0] / 1e3, floor, color="#eeeeee", zorder=0)
    shown = np.where(ratio > 0, ratio, np.nan)
    axis.plot(results["wavenumber"].values, shown, **look(results, COMPUTED))
    use_logarithmic_axis(axis, (limits[0], max(limits[1], 10 * floor)))
    axis.annotate(
        "below the estimated error", (0.98, floor), (0, -3), ("axes fraction", "data"), "offset points",
        ha="right", va="top", fontsize=7, color="#555555",
    )  # fmt: skip
    axis.set_ylabel(figure_text("isocurvature / curvature"))


def isocurvature_in_words(results: xr.Dataset) -> str:
    """How much isocurvature is left, where that is known."""
    ratio, floor = isocurvature_ratio(results), float(results["achieved_accuracy"])
    resolved = ratio > floor
    if not resolved.any():
        return f"Isocurvature has decayed to less than the estimated error, {error(floor)} of the curvature power."
    correlation = results["isocurvature_correlation"].values[resolved]
    low, high = (number(value) for value in (ratio[resolved].min(), ratio[resolved].max()))
    return (
        f"Isocurvature has {low if low == high else f'{low} to {high}'} times the power of the curvature, with a "
        f"correlation of {number(correlation.min())} to {number(correlation.max())}."
    )
