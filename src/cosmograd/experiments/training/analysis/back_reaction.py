"""Whether training feels its own loss as a universe feels its energy: the measured Hubble rate beside the loss."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from cosmograd.experiments.training.analysis.dependents import dependent_quantities
from cosmograd.experiments.training.analysis.swept_keys import setting_of_every_point
from cosmograd.measurement.member_statistics import mean_with_interval

# Two points and a mean say nothing of a trend.
_LEAST_POINTS = 3


class HubbleRatios(NamedTuple):
    """Initial loss over Λ, and measured over predicted H with its 95 % interval, at every point that has them."""

    loss_over_lambda: np.ndarray
    ratio: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def mean(self) -> tuple[float, float, float]:
        """Low end, mean and high end over points."""
        mean, low, high = map(float, mean_with_interval(self.ratio))
        return low, mean, high


def hubble_ratios(results: xr.Dataset) -> HubbleRatios | None:
    """Ratios of real networks with a squared loss; None where there are few, or all have one initial loss."""
    measured = dependent_quantities(results).get("hubble_rate")
    if measured is None:
        return None
    share = results["duality_limit"].sel(limit="no back-reaction").values.astype(float)
    # The effect of losses that are not quadratic on H is another limit, and linearised networks are exact.
    real = np.array(setting_of_every_point(results, "linearised", "no")) == "no"
    squared = np.array(setting_of_every_point(results, "loss_kind", "squared")) == "squared"
    known = measured.known & np.isfinite(measured.predicted) & (share > 0) & real & squared
    if known.sum() < _LEAST_POINTS or np.ptp(share[known]) == 0:
        return None
    sides = np.stack([measured.value, measured.low, measured.high])
    return HubbleRatios(share[known], *(sides / measured.predicted)[:, known])
