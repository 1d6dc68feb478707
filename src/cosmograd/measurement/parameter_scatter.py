r"""How far the measured quantities may be off: by the curvature of the fit, and by the scatter of the members.

The curvature holds for white noise and members that share all parameters. The scatter of the members needs neither:
each member is fitted by itself, giving $x_m \pm s_m$, and the mean of the population is estimated with the weights
$1/(s_m^2 + \tau^2)$ of a random-effects model, $\tau^2$ by the method of moments (DerSimonian & Laird 1986). Its
error is the weighted scatter (Hartung & Knapp 2001), but no less than that of the model itself, and its interval is
studentised by a bootstrap over members (Efron & Tibshirani 1993, §12.5): percentiles of a plain bootstrap are too
narrow for few members. Student's quantile is the least that is taken.
"""

from typing import NamedTuple

import numpy as np
import scipy.special
from jaxtyping import Float

LEVEL = 0.95
# Below this number of members their scatter is not known well enough to resample.
LEAST_MEMBERS = 4
_RESAMPLES, _SEED = 2000, 20220211
_LEAST_DISTINCT = 3
_EXACT = 1e-12


class Interval(NamedTuple):
    """Values of some quantities with the ends of their intervals and their standard errors."""

    value: Float[np.ndarray, " quantities"]
    low: Float[np.ndarray, " quantities"]
    high: Float[np.ndarray, " quantities"]
    standard_error: Float[np.ndarray, " quantities"]


def student_quantile(degrees_of_freedom: int) -> float:
    """By how many standard errors a 95 % interval of Student's distribution reaches to either side."""
    return float(scipy.special.stdtrit(degrees_of_freedom, (1 + LEVEL) / 2))


def errors_of(
    gradients: Float[np.ndarray, "*sets quantities parameters"],
    covariance: Float[np.ndarray, "*sets parameters parameters"],
) -> Float[np.ndarray, "*sets quantities"]:
    """Standard errors of quantities, to first order in those of the parameters."""
    return np.sqrt(np.maximum(np.einsum("...gp,...pq,...gq->...g", gradients, covariance, gradients), 0.0))


def curvature_interval(
    values: Float[np.ndarray, " quantities"],
    gradients: Float[np.ndarray, "quantities parameters"],
    covariance: Float[np.ndarray, "parameters parameters"],
    degrees_of_freedom: int,
) -> Interval:
    """By Student's distribution around the best fit."""
    error = errors_of(gradients, covariance)
    reach = student_quantile(max(degrees_of_freedom, 1)) * error
    return Interval(values, values - reach, values + reach, error)


def no_narrower(interval: Interval, than: Interval) -> Interval:
    """An interval that reaches as far to either side as another does: members held together scatter too little."""
    value = interval.value
    return Interval(
        value,
        np.minimum(interval.low, value - (than.value - than.low)),
        np.maximum(interval.high, value + (than.high - than.value)),
        np.maximum(interval.standard_error, than.standard_error),
    )


def widened(interval: Interval, further: Float[np.ndarray, " quantities"]) -> Interval:
    """An interval with further, independent errors."""
    reach = scipy.special.ndtri((1 + LEVEL) / 2) * further
    value = interval.value
    return Interval(
        value,
        value - np.hypot(value - interval.low, reach),
        value + np.hypot(interval.high - value, reach),
        np.hypot(interval.standard_error, further),
    )


def quantile_interval(samples: Float[np.ndarray, "samples quantities"]) -> Interval:
    """Medians and quantiles of a posterior's samples."""
    low, middle, high = np.quantile(samples, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], axis=0)
    return Interval(middle, low, high, samples.std(axis=0))


def bootstrap_interval(
    values: Float[np.ndarray, "members quantities"], errors: Float[np.ndarray, "members quantities"]
) -> Interval:
    """Studentised, over resampled members; the seed is fixed, so that a measurement has one result."""
    members = len(values)
    if members < LEAST_MEMBERS:
        raise ValueError(f"a bootstrap needs {LEAST_MEMBERS} members at least, got {members}.")
    errors = np.maximum(errors, _EXACT * np.abs(values) + 1e-150)  # what is held fixed has no error
    weights = _random_effects_weights(values, errors)
    counts = np.random.default_rng(_SEED).multinomial(members, np.full(members, 1 / members), size=_RESAMPLES)
    counts = counts[np.count_nonzero(counts, axis=1) >= _LEAST_DISTINCT]
    mean, error = _weighted(values, weights, np.ones((1, members)))
    means, their_errors = _weighted(values, weights, counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (means - mean) / their_errors
    least = student_quantile(members - 1)
    low, high = np.nanquantile(t, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    mean, error = mean[0], error[0]
    return Interval(mean, mean - np.maximum(high, least) * error, mean - np.minimum(low, -least) * error, error)


def _random_effects_weights(values: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """1/(s² + τ²); members that were not fitted weigh nothing."""
    stands = np.isfinite(values) & np.isfinite(errors)
    smallest = np.where(stands, errors, np.inf).min(axis=0)
    precision = np.where(stands, np.square(smallest / np.where(stands, errors, 1.0)), 0.0)
    total = precision.sum(axis=0)
    scaled = np.where(stands, values, 0.0) / smallest
    mean = (precision * scaled).sum(axis=0) / total
    excess = (precision * np.square(np.where(stands, scaled - mean, 0.0))).sum(axis=0) - (stands.sum(axis=0) - 1)
    between = np.maximum(excess, 0.0) / (total - (precision**2).sum(axis=0) / total)
    return np.where(stands, 1 / (1 / np.where(stands, precision, 1.0) + between), 0.0) / smallest**2


def _weighted(values: np.ndarray, weights: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over resampled members, and its error by Hartung & Knapp; (resamples, quantities) each."""
    x = np.where(weights > 0, values, 0.0)
    middle = np.sum(weights * x, axis=0) / np.sum(weights, axis=0)
    total, size = counts @ weights, counts.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):  # of members that were not fitted alone nothing is known
        off = counts @ (weights * (x - middle)) / total
        scatter = counts @ (weights * (x - middle) ** 2) / total - off**2
        return middle + off, np.sqrt(np.maximum(np.maximum(scatter, 0.0) / (size - 1), 1 / total))
