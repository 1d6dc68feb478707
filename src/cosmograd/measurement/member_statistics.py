"""Medians and spreads over members, where some numbers do not exist or are infinite."""

import numpy as np
import scipy.special


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


# From this many members on, a band shows the central 68 %; below, from the smallest to the largest.
MEMBERS_FOR_QUANTILES = 6


def band(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of the band around the median along the first axis."""
    outer = 0.16 if len(values) >= MEMBERS_FOR_QUANTILES else 0.0
    return quantile(values, outer), quantile(values, 1 - outer)


def mean_with_interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean along the last axis of the values that exist, and the ends of its 95 % interval by Student's quantile.

    Without any value all are NaN; of one value there is no interval.
    """
    number = np.isfinite(values).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(number > 0, np.nansum(values, axis=-1) / number, np.nan)
        squares = np.nansum((values - mean[..., None]) ** 2, axis=-1)
        error = np.sqrt(squares / (number - 1) / number)
        quantile = scipy.special.stdtrit(np.maximum(number - 1, 1), 0.975)
        reach = np.where(number > 1, quantile * error, np.nan)
    return mean, np.asarray(mean - reach), np.asarray(mean + reach)
