r"""How the measured universe depends on each swept hyperparameter: log–log slopes with intervals, and the dictionary's.

For a quantity q and a hyperparameter x, $\ln q = s\ln x + c_g$ is fitted by weighted least squares, with one constant
for each combination g of the other swept values, so that the slope compares points that differ in x alone. Weights come
from the 95 % intervals of the points; where points scatter more than these allow, the slope's error grows with the
scatter (Birge 1932), and its interval takes Student's quantile.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.stats
import xarray as xr

from cosmograd.measurement import ESTIMATE_PARTS
from cosmograd.studies import MEASURED

_QUANTITIES = ("hubble_rate", "cosmological_constant", "e_folds_per_update", "masses_squared")
_LEAST_VALUES = 3
# Errors below this share of a value are not to be believed.
_LEAST_ERROR = 1e-6
_NORMAL = 1.959964


class Slope(NamedTuple):
    """hyperparameter: what stands on the axis; slope: d ln q/d ln x with its 95 % interval; points: that told it."""

    hyperparameter: str
    quantity: str
    slope: float
    low: float
    high: float
    predicted: float
    points: int


def dependence_slopes(results: xr.Dataset, keys: Sequence[str]) -> list[Slope]:
    """The slopes of every swept number of three or more values; empty where nothing was measured.

    Momentum is counted as (1 − β)/(1 + β), which is what the dictionary's rates go with.
    """
    if f"{MEASURED}hubble_rate" not in results:
        return []
    slopes = []
    for key in keys:
        x = _axis(results, key)
        if x is None or len(np.unique(x[np.isfinite(x)])) < _LEAST_VALUES:
            continue
        groups = _groups(results, [other for other in keys if other != key])
        for quantity in _QUANTITIES:
            found = _slope(results, quantity, x, groups)
            if found is not None:
                slopes.append(Slope(_axis_name(key), quantity, *found))
    return slopes


def _axis_name(key: str) -> str:
    return "(1 − β)/(1 + β)" if key == "optimiser.momentum" else key


def _axis(results: xr.Dataset, key: str) -> np.ndarray | None:
    values = results[key].values
    if values.dtype.kind not in "fiu" or key == "seed" or key.endswith(".seed"):
        return None
    x = values.astype(float)
    x = (1 - x) / (1 + x) if key == "optimiser.momentum" else x
    return np.where(x > 0, x, np.nan)


def _groups(results: xr.Dataset, others: Sequence[str]) -> np.ndarray:
    """The number of each point's combination of other swept values; seeds only repeat, and make no group."""
    texts = [
        repr([results[key].values[index] for key in others if key != "seed" and not key.endswith(".seed")])
        for index in range(results.sizes["study_point"])
    ]
    return np.unique(texts, return_inverse=True)[1]


def _slope(
    results: xr.Dataset, quantity: str, x: np.ndarray, groups: np.ndarray
) -> tuple[float, float, float, float, int] | None:
    value, low, high, predicted, known = (
        _of_every_point(results[f"{MEASURED}{quantity}{ESTIMATE_PARTS[part]}"])
        for part in ("value", "low", "high", "predicted", "identifiable")
    )
    fine = known == 1
    fine &= np.isfinite(x) & (value > 0) & np.isfinite(low) & np.isfinite(high)
    if len(np.unique(x[fine])) < _LEAST_VALUES:
        return None
    error = np.maximum((high - low)[fine] / (2 * _NORMAL) / value[fine], _LEAST_ERROR)
    found = _regression(np.log(x[fine]), np.log(value[fine]), error, groups[fine])
    if found is None:
        return None
    slope, reach = found
    expected = predicted[fine]
    told = np.isfinite(expected) & (expected > 0)
    theory = _regression(np.log(x[fine][told]), np.log(expected[told]), np.ones(told.sum()), groups[fine][told])
    return slope, slope - reach, slope + reach, np.nan if theory is None else theory[0], int(fine.sum())


def _of_every_point(variable: xr.DataArray) -> np.ndarray:
    """As numbers; of the heaviest mode, where there is one for each."""
    by_mode = "measured_mode" in variable.dims
    return (variable.isel(measured_mode=0) if by_mode else variable).values.astype(float)


def _regression(x: np.ndarray, y: np.ndarray, error: np.ndarray, groups: np.ndarray) -> tuple[float, float] | None:
    """Slope and half of its 95 % interval, each group with its own constant."""
    names, members = np.unique(groups, return_inverse=True)
    design = np.column_stack([x, np.eye(len(names))[members]])
    freedom = len(x) - design.shape[1]
    if freedom < 1 or np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    weighted = design / error[:, None]
    covariance = np.linalg.inv(weighted.T @ weighted)
    parameters = covariance @ (weighted.T @ (y / error))
    scatter = float(np.sum(np.square((y - design @ parameters) / error))) / freedom
    spread = np.sqrt(covariance[0, 0] * max(scatter, 1.0))
    return float(parameters[0]), float(scipy.stats.t.ppf(0.975, freedom) * spread)
