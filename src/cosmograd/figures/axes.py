"""Axes of panels: their labels, scales, ends and ticks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


@dataclass(frozen=True)
class Axis:
    """scale: "linear", "log", "log2", "symlog" (linear within ±0.1) or "update", log(1 + n), which shows the start too.

    low, high: its ends, of what is drawn if left out; ticks: values and their texts, chosen if left out; minor: whether
    ticks between powers of ten are drawn; falling: whether it runs to smaller values; narrowest: its least length as a
    share of the value in its middle, so that no round-off fills the panel.
    """

    label: str = ""
    scale: str = "linear"
    low: float | None = None
    high: float | None = None
    ticks: Sequence[tuple[float | int, str]] | None = None
    minor: bool | None = None
    falling: bool = False
    grid: bool = True
    offset: bool = True  # whether long numbers may be written as one and what is added to it
    tick_marks: bool = True
    narrowest: float | None = None


class RightAxis(NamedTuple):
    """A second scale at the right of a panel: of (y) and back."""

    label: str
    of_left: Callable[[Any], Any]
    to_left: Callable[[Any], Any]


def update_axis(last: int, label: str = "update n") -> Axis:
    """Updates from 0 to the last, in log(1 + n)."""
    candidates = range(last + 1) if last <= 5 else [0, *(m * 10**k for k in range(12) for m in (1, 3))]
    ticks = [tick for tick in candidates if tick <= last]
    if len(ticks) > 9:
        ticks = [tick for tick in ticks if str(tick).strip("0") in ("", "1")]
    texts = [f"{tick:g}" if tick < 1e4 else rf"$10^{{{len(str(tick)) - 1}}}$" for tick in ticks]
    return Axis(label, "update", 0.0, last * 1.03 + 0.05, tuple(zip(ticks, texts, strict=True)))


def limits_of_logarithmic_axis(
    values: Sequence[np.ndarray], floor: float = 0.0, ceiling: float = np.inf
) -> tuple[float, float] | None:
    """Limits that hold all positive finite values between `floor` and `ceiling`, with a margin; None without any."""
    flat = np.concatenate([np.ravel(value) for value in values]) if len(values) else np.zeros(0)
    flat = flat[np.isfinite(flat) & (flat > 0)]
    if not flat.size:
        return None
    low, high = max(flat.min(), floor), min(flat.max(), ceiling)
    if low >= high:
        low, high = 0.5 * high, 2 * high
    margin = (high / low) ** 0.06
    return float(low / margin), float(high * margin)


# Beyond this span ticks between powers of ten lie too close to be read.
_WIDEST_WITH_MINOR_TICKS = 1e4


def logarithmic_axis(label: str, limits: tuple[float, float] | None) -> Axis:
    """A logarithmic axis whose labels are powers of ten, of which two at least are in sight.

    Without limits nothing is positive; the axis stays linear, from zero to one.
    """
    if limits is None:
        return Axis(label, low=-0.05, high=1.05)
    low, high = limits
    if np.floor(np.log10(high)) - np.ceil(np.log10(low)) < 1:
        low, high = 10.0 ** np.floor(np.log10(low) + 0.02) * 0.9, 10.0 ** np.ceil(np.log10(high) - 0.02) * 1.1
    return Axis(label, "log", float(low), float(high), minor=bool(high <= _WIDEST_WITH_MINOR_TICKS * low))
