"""Panels of a spectrum: power beside slow roll, how far slow roll is off, and isocurvature."""

from typing import Any

import numpy as np

from cosmograd.figures import (
    Axis,
    Guide,
    LegendEntry,
    Line,
    LineStyle,
    Mark,
    Note,
    Panel,
    Span,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    scale_for,
)
from cosmograd.results import Result
from cosmograd.results.number_format import error, number

COMPUTED = LineStyle("computed", "#000000", "-", "")
SLOW_ROLL = LineStyle("slow roll, next to leading order", "#0072B2", (0, (4, 1.6)), "")
# Powers that differ by more than this, and departures larger than this, need a logarithmic axis.
_WIDE, _FAR = 4.0, 1.0
# Powers that differ by less than this share look alike.
_ALIKE = 0.005
# Spectra of no more wavenumbers than this show each of them.
_FEW = 40
_SYMBOLS = {"scalar": "P_R", "tensor": "P_t"}


def _markers(result: Result, style: LineStyle) -> dict[str, Any]:
    """A marker at each wavenumber where there are few."""
    if result.sizes["wavenumber"] > _FEW:
        return {}
    return {"marker": "o", "size": 3.0} if style is COMPUTED else {"marker": "s", "size": 4.5, "fill": "none"}


def spectrum_line(result: Result, values: np.ndarray, style: LineStyle = COMPUTED) -> Line:
    """A curve against the wavenumber."""
    return Line(result["wavenumber"].values, values, style.colour, style.dashes, **_markers(result, style))


def spectrum_entry(result: Result, style: LineStyle) -> LegendEntry:
    """The same for a legend."""
    return LegendEntry(style.name, style.colour, style.dashes, **_markers(result, style))


def spectrum_panel(result: Result, marks: list[Mark], y: Axis, title: str, labelled: bool = True) -> Panel:
    """Marks against k in units of the pivot, which is marked; labelled: whether its axis is named."""
    k = logarithmic_axis("k / k_pivot" if labelled else "", limits_of_logarithmic_axis([result["wavenumber"].values]))
    return Panel([*marks, Guide(1.0, "x", width=0.8, layer=1.0)], k, y, title)


def power_panel(result: Result, kind: str) -> Panel:
    """Scalar or tensor power, with slow roll where it is known."""
    power, rolling = result[f"{kind}_power"].values, f"slow_roll_{kind}_power"
    slow_roll = result[rolling].values if rolling in result else None
    both = power if slow_roll is None else np.concatenate([power, slow_roll])
    both = both[np.isfinite(both) & (both > 0)]
    wide = both.max() > _WIDE * both.min()
    scale = scale_for([np.ones(1)] if wide else [both])
    marks: list[Mark] = [spectrum_line(result, scale.of(power))]
    if slow_roll is not None:
        marks.append(spectrum_line(result, scale.of(slow_roll), SLOW_ROLL))
    label = scale.label(_SYMBOLS[kind])
    if wide:
        y = logarithmic_axis(label, limits_of_logarithmic_axis([both]))
    else:
        low, high = scale.of_one(float(both.min())), scale.of_one(float(both.max()))
        middle, room = (low + high) / 2, max(0.55 * (high - low), _ALIKE * high)
        y = Axis(label, low=middle - room, high=middle + room, offset=False)
    return spectrum_panel(result, marks, y, f"{kind} power", labelled=False)


def departure(result: Result, kind: str) -> np.ndarray:
    """Power over its slow-roll prediction, less one; NaN without power, and where the prediction is not positive."""
    rolling = result[f"slow_roll_{kind}_power"].values
    return result[f"{kind}_power"].values / np.where(rolling > 0, rolling, np.nan) - 1


def departure_panel(result: Result, kind: str) -> Panel:
    """The relative difference of power and slow roll."""
    off = departure(result, kind)
    far = bool(np.isfinite(off).any()) and float(np.nanmax(np.abs(off))) > _FAR
    scale = scale_for([np.ones(1)] if far else [off])
    marks: list[Mark] = [Guide(0.0, width=0.8, layer=1.0), spectrum_line(result, scale.of(off))]
    y = Axis(scale.label("computed / slow roll − 1"), "symlog" if far else "linear")
    return spectrum_panel(result, marks, y, f"{kind}, departure from slow roll")


def largest_departure_in_words(result: Result, kind: str) -> str:
    """The largest relative difference of power and slow roll, and where it is."""
    off = np.abs(departure(result, kind))
    if np.isnan(off).all():
        return "any amount"
    where = int(np.nanargmax(off))
    return f"{error(off[where])} (at {number(result['wavenumber'].values[where])} pivots)"


def isocurvature_ratio(result: Result) -> np.ndarray:
    """Isocurvature over curvature power."""
    return result["isocurvature_power"].values / result["scalar_power"].values


def isocurvature_panel(result: Result) -> Panel:
    """Isocurvature over curvature power; what is smaller than the error of the curvature is shaded: it may be error."""
    ratio, floor = isocurvature_ratio(result), float(result["achieved_accuracy"])
    known = ratio[np.isfinite(ratio) & (ratio > 0)]
    limits = limits_of_logarithmic_axis([known, np.array([floor])], floor=1e-4 * floor) or (floor / 10, floor * 10)
    marks: list[Mark] = [
        Span(limits[0] / 1e3, floor, colour="#eeeeee", opacity=1.0, layer=0.0, width=1.0),
        spectrum_line(result, np.where(ratio > 0, ratio, np.nan)),
        Note("below the estimated error", 0.98, floor, "x", ("right", "top"), (0.0, -3.0)),
    ]
    y = logarithmic_axis("isocurvature / curvature", (limits[0], max(limits[1], 10 * floor)))
    return spectrum_panel(result, marks, y, "isocurvature")


def isocurvature_in_words(result: Result) -> str:
    """How much isocurvature is left, where that is known."""
    ratio, floor = isocurvature_ratio(result), float(result["achieved_accuracy"])
    resolved = ratio > floor
    if not resolved.any():
        return f"Isocurvature has decayed to less than the estimated error, {error(floor)} of the curvature power."
    correlation = result["isocurvature_correlation"].values[resolved]
    low, high = (number(value) for value in (ratio[resolved].min(), ratio[resolved].max()))
    return (
        f"Isocurvature has {low if low == high else f'{low} to {high}'} times the power of the curvature, with a "
        f"correlation of {number(correlation.min())} to {number(correlation.max())}."
    )
