"""Power laws q ∝ xˢ through points with errors: slopes of the logarithms with 95 % intervals."""

import numpy as np
import scipy.special

# 95 % of normal errors lie within this many standard errors.
NORMAL = 1.959964


def slope_within_groups(
    x: np.ndarray, y: np.ndarray, error: np.ndarray, groups: np.ndarray
) -> tuple[float, float] | None:
    """Slope of y = s x + c_g by weighted least squares, and half of its 95 % interval; None where it is not determined.

    Each group has its own constant, so that the slope compares points within groups alone. Where points scatter more
    than their errors allow, the interval is that of the scatter, by Student's quantile (Birge 1932).
    """
    if not len(x):
        return None
    names, members = np.unique(groups, return_inverse=True)
    design = np.column_stack([x, np.eye(len(names))[members]])
    freedom = len(x) - design.shape[1]
    if freedom < 1 or np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    weighted = design / error[:, None]
    covariance = np.linalg.inv(weighted.T @ weighted)
    parameters = covariance @ (weighted.T @ (y / error))
    scatter = float(np.sum(np.square((y - design @ parameters) / error))) / freedom
    quantile = max(NORMAL, float(scipy.special.stdtrit(freedom, 0.975)) * np.sqrt(scatter))
    return float(parameters[0]), quantile * float(np.sqrt(covariance[0, 0]))


def differ_within_groups(x: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Which points have a partner in their group with another x; the others say nothing about the slope."""
    return np.array([len(np.unique(x[groups == group])) > 1 for group in groups], dtype=bool)


def error_of_power(x: np.ndarray, y: np.ndarray, power: float) -> float:
    """Standard error of a fitted power, from the scatter of more than two points about it."""
    logs, rest = np.log(x / np.exp(np.log(x).mean())), np.log(y) - power * np.log(x)
    return float(np.sqrt(np.sum(np.square(rest - rest.mean())) / (len(x) - 2) / np.sum(logs**2)))


def power_of(x: np.ndarray, y: np.ndarray, tolerance: float) -> float | None:
    """The power that positive values follow within a tolerance of their logarithms; None where they follow none."""
    if not (y > 0).all():
        return None
    fit = np.polyfit(np.log(x), np.log(y), 1)
    follows = np.abs(np.polyval(fit, np.log(x)) - np.log(y)).max() <= tolerance
    return float(fit[0]) if follows else None


def sign_change(x: np.ndarray, value: np.ndarray, error: np.ndarray) -> tuple[float, float] | None:
    """Where a value first turns negative along x, by a straight line, and its standard error; None where it does not.

    Values that are NaN are left out; errors that are NaN count as none.
    """
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(value))
    order = known[np.argsort(x[known], kind="stable")]
    x, value, error = x[order], value[order], np.nan_to_num(error[order])
    turns = np.flatnonzero((value[:-1] > 0) & (value[1:] <= 0))
    if not turns.size:
        return None
    i = int(turns[0])
    share = value[i] / (value[i] - value[i + 1])
    slope = (value[i] - value[i + 1]) / (x[i + 1] - x[i])
    spread = np.hypot((1 - share) * error[i], share * error[i + 1]) / slope
    return float(x[i] + share * (x[i + 1] - x[i])), float(spread)
