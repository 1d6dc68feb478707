"""Medians and spreads over members, where some numbers do not exist or are infinite."""

import numpy as np


def quantile(values: np.ndarray, fraction: float) -> np.ndarray:
    """Quantile along the first axis of the values that exist, infinite ones included; NaN where there are none."""
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    ordered = np.sort(values, axis=0)  # NaN last
    last = (~np.isnan(ordered)).sum(axis=0, keepdims=True) - 1
    place = fraction * np.maximum(last, 0)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, np.maximum(last, 0))
    low, high = (np.take_along_axis(ordered, index, axis=0)[0] for index in (below, above))
    share = (place - below)[0]
    with np.errstate(invalid="ignore"):  # ∞ − ∞
        return np.asarray(np.where((share == 0) | (low == high), low, low + (high - low) * share))


def median(values: np.ndarray) -> np.ndarray:
    """Median along the first axis of the values that exist; NaN where there are none."""
    return quantile(values, 0.5)


# From so many members on, a band shows the central 68 %; below, from the smallest to the largest.
_MEMBERS_FOR_QUANTILES = 6


def band(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of the band around the median along the first axis."""
    outer = 0.16 if len(values) >= _MEMBERS_FOR_QUANTILES else 0.0
    return quantile(values, outer), quantile(values, 1 - outer)


def band_in_words(members: int) -> str:
    """What `band` shows for so many members."""
    if members < 2:
        return "no band, for there is one member only"
    return "the central 68 % of members" if members >= _MEMBERS_FOR_QUANTILES else "smallest to largest member"
