r"""How a study's quantities depend on each swept hyperparameter: log–log slopes with intervals, and the theory's.

For a quantity q and a hyperparameter x, $\ln q = s\ln x + c_g$ is fitted by weighted least squares, with one constant
for each combination g of the other swept values, so that the slope compares points that differ in x alone. Weights come
from the 95 % intervals of the points; where points scatter more than these allow, the slope's interval is that of the
scatter itself, by Student's quantile (Birge 1932), so that it covers 95 % or more. Theory's slope is that of its values
at the same points with the same weights. Swept keys that are no numbers (the parametrisation, the loss) divide the
points: each of their combinations has a slope of its own.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from cosmograd.experiments.training.analysis.dependents import Dependent, dependent_quantities
from cosmograd.experiments.training.analysis.swept_groups import (
    Group,
    SweptAxis,
    comparable,
    group_numbers,
    is_hyperparameter,
    swept_axis,
)
from cosmograd.experiments.training.analysis.swept_keys import setting_of_every_point
from cosmograd.measurement.power_laws import NORMAL, differ_within_groups, slope_within_groups

_LEAST_VALUES = 3
# Errors below this share of a value are not to be believed.
_LEAST_ERROR = 1e-6

PARAMETRISATION = "network.parametrisation"
# Laws of wide networks on which the dictionary is silent, where they are known: kernels drift ∝ 1/width in NTK
# parametrisation (Dyer & Gur-Ari 2020, arXiv:1909.11304), and alike at every width in µP (Yang & Hu 2021,
# arXiv:2011.14522). In the standard one it depends on the depth and on how the learning rate goes with the width.
_EXPECTED = {("network.width", "kernel_drift", "ntk"): -1.0, ("network.width", "kernel_drift", "mup"): 0.0}


class Slope(NamedTuple):
    """hyperparameter: what stands on the axis; slope: d ln q/d ln x with its 95 % interval.

    points: how many it comes from; labels: what sets them apart from others with a slope of their own.
    """

    hyperparameter: str
    quantity: str
    slope: float
    low: float
    high: float
    predicted: float
    points: int
    labels: dict[str, object]


def dependence_slopes(results: xr.Dataset, keys: Sequence[str]) -> list[Slope]:
    """The slope of every quantity against every hyperparameter that is a number of three or more values.

    Linearised networks, which obey the dictionary exactly, count only where a study has no others.
    """
    results = _real_networks(results)
    quantities, slopes = dependent_quantities(results), []
    for key in keys:
        axis = swept_axis(results, key) if is_hyperparameter(key) else None
        if axis is None:
            continue
        groups, kinds = group_numbers(results, keys, [key]), _labelled_by_differences(comparable(results, keys, key))
        for name, quantity in quantities.items():
            for kind in kinds:
                found = _slope(axis, name, quantity, groups, kind, _expected(results, key, name, kind.members))
                if found is not None:
                    slopes.append(found)
    return slopes


def _labelled_by_differences(kinds: Sequence[Group]) -> list[Group]:
    """Each with the labels in which they differ."""
    differing = [key for key in kinds[0].labels if len({repr(kind.labels[key]) for kind in kinds}) > 1]
    return [kind._replace(labels={key: kind.labels[key] for key in differing}) for kind in kinds]


def _expected(results: xr.Dataset, key: str, quantity: str, members: np.ndarray) -> float:
    """The known slope of a quantity that the dictionary does not predict; NaN where there is none."""
    swept = PARAMETRISATION in results.coords
    every = results[PARAMETRISATION].values if swept else setting_of_every_point(results, "parametrisation")
    (kind, *others) = set(np.asarray(every)[members].tolist())
    return np.nan if others else _EXPECTED.get((key, quantity, kind), np.nan)


def _real_networks(results: xr.Dataset) -> xr.Dataset:
    real = np.array(setting_of_every_point(results, "linearised", "no")) != "yes"
    return results.isel(study_point=np.flatnonzero(real)) if real.any() else results


def _slope(
    axis: SweptAxis, name: str, quantity: Dependent, groups: np.ndarray, kind: Group, expected: float
) -> Slope | None:
    fine = np.isfinite(axis.values) & quantity.known & np.isin(np.arange(len(groups)), kind.members)
    if quantity.no_power is not None:
        fine &= ~quantity.no_power
    fine[fine] &= differ_within_groups(axis.values[fine], groups[fine])
    x = axis.values[fine]
    if len(np.unique(x)) < _LEAST_VALUES:
        return None
    value, predicted = quantity.value[fine], quantity.predicted[fine]
    error = np.maximum((quantity.high - quantity.low)[fine] / (2 * NORMAL) / value, _LEAST_ERROR)
    found = slope_within_groups(np.log(x), np.log(value), error, groups[fine])
    if found is None:
        return None
    slope, reach = found
    predictable = np.isfinite(predicted) & (predicted > 0)
    theory = slope_within_groups(
        np.log(x[predictable]), np.log(predicted[predictable]), error[predictable], groups[fine][predictable]
    )
    predicted_slope = expected if theory is None else round(theory[0], 9) + 0.0
    return Slope(axis.name, name, slope, slope - reach, slope + reach, predicted_slope, int(fine.sum()), kind.labels)
