r"""How far a prediction is from the training it predicts, in units of what there was to learn.

A prediction that leaves all numbers behind is infinitely far off, so that no mean or median forgets it; NaN is kept
for errors that do not exist: of training that is not finite itself, or where there was nothing to learn.
"""

from typing import Any

import numpy as np
from jaxtyping import ArrayLike, Float, Int


def update_weights(updates: Int[ArrayLike, " records"]) -> Float[np.ndarray, " records"]:
    r"""For each recorded update, how many updates it stands for in a sum over all of them.

    What is summed is interpolated linearly between records: a gap of g updates adds $(g-1)/2$ to both its ends. With
    every update recorded all weights are one.
    """
    gaps = np.diff(np.asarray(updates, dtype=np.float64))
    shares = (gaps - 1) / 2
    return 1 + np.concatenate([[0.0], shares]) + np.concatenate([shares, [0.0]])


def norm_ratio(
    difference: Float[ArrayLike, "records ..."],
    reference: Float[ArrayLike, "records ..."],
    updates: Int[ArrayLike, " records"] | None = None,
) -> float:
    """Norm of one field over that of another, over all points, outputs and updates.

    Infinite where only the difference is not finite, NaN where the reference is not, or vanishes.

    `updates`: those of the records; the squares are interpolated linearly between them, so that the ratio does not
    depend on where the records crowd. Without it every record counts once.
    """
    difference, reference = (np.asarray(x, dtype=np.float64) for x in (difference, reference))
    weights = np.ones(len(difference)) if updates is None else update_weights(updates)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = [weights @ np.square(x).reshape(len(x), -1).sum(axis=1) for x in (difference, reference)]
    return float(_root_of_ratio(*squares))


def norm_ratio_over_time(
    difference: Float[ArrayLike, "records ..."], reference: Float[ArrayLike, "..."]
) -> Float[np.ndarray, " records"]:
    """Norm of a field at each record over that of one reference field; infinite or NaN as in `norm_ratio`."""
    difference, reference = (np.asarray(x, dtype=np.float64) for x in (difference, reference))
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.square(difference).reshape(len(difference), -1).sum(axis=1)
    return np.asarray(_root_of_ratio(squares, np.sum(np.square(reference))))


def relative_error(
    outputs: Float[ArrayLike, "records ..."],
    prediction: Float[ArrayLike, "records ..."],
    targets: Float[ArrayLike, "..."],
    updates: Int[ArrayLike, " records"] | None = None,
) -> float:
    r"""$\|f - f_{\rm pred}\| / \|f - y\|$ over all points, outputs and updates; `updates` as in `norm_ratio`.

    NaN where the outputs are not finite or there was nothing to learn, infinite where the prediction is not finite.
    """
    outputs = np.asarray(outputs, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return norm_ratio(outputs - np.asarray(prediction), outputs - np.asarray(targets), updates)


def relative_error_over_time(
    outputs: Float[ArrayLike, "records ..."],
    prediction: Float[ArrayLike, "records ..."],
    targets: Float[ArrayLike, "..."],
) -> Float[np.ndarray, " records"]:
    r"""$\|f(n) - f_{\rm pred}(n)\| / \|f(0) - y\|$ at each recorded update, the first of which is the start.

    The denominator stays that of the first record, so that late errors are not blown up by a vanishing loss.
    """
    outputs = np.asarray(outputs, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        ratios = norm_ratio_over_time(outputs - np.asarray(prediction), outputs[0] - np.asarray(targets))
    return np.where(np.isfinite(outputs).reshape(len(outputs), -1).all(axis=1), ratios, np.nan)


def _root_of_ratio(numerator: Any, denominator: Any) -> np.ndarray:
    numerator, denominator = np.asarray(numerator), np.asarray(denominator)
    exists = np.isfinite(denominator) & (denominator > 0)
    numerator = np.where(np.isnan(numerator), np.inf, numerator)
    with np.errstate(over="ignore"):
        return np.where(exists, np.sqrt(numerator / np.where(exists, denominator, 1.0)), np.nan)
