r"""How far a prediction is from the training it predicts, in units of what there was to learn."""

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


def relative_error(
    outputs: Float[ArrayLike, "records ..."],
    prediction: Float[ArrayLike, "records ..."],
    targets: Float[ArrayLike, "..."],
    updates: Int[ArrayLike, " records"] | None = None,
) -> float:
    r"""$\|f - f_{\rm pred}\| / \|f - y\|$, the norms over all points, outputs and updates.

    `updates`: those of the records; the squares are interpolated linearly between them, so that the error does not
    depend on where the records crowd. Without it every record counts once. NaN where either side is not finite or
    there was nothing to learn.
    """
    outputs, prediction, targets = (np.asarray(x, dtype=np.float64) for x in (outputs, prediction, targets))
    weights = np.ones(len(outputs)) if updates is None else update_weights(updates)
    return float(_ratio(*(_weighted_squares(outputs - other, weights) for other in (prediction, targets))))


def _weighted_squares(difference: np.ndarray, weights: np.ndarray) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(weights @ np.square(difference).reshape(len(difference), -1).sum(axis=1))


def relative_error_over_time(
    outputs: Float[ArrayLike, "records ..."],
    prediction: Float[ArrayLike, "records ..."],
    targets: Float[ArrayLike, "..."],
) -> Float[np.ndarray, " records"]:
    r"""$\|f(n) - f_{\rm pred}(n)\| / \|f(0) - y\|$ at each recorded update, the first of which is the start.

    The denominator stays that of the first record, so that late errors are not blown up by a vanishing loss.
    """
    outputs, prediction, targets = (np.asarray(x, dtype=np.float64) for x in (outputs, prediction, targets))
    rest = tuple(range(1, np.ndim(outputs)))
    initial = np.sum(np.square(outputs[0] - targets))
    return np.asarray(_ratio(np.sum(np.square(outputs - prediction), axis=rest), initial))


def _ratio(numerator: Any, denominator: Any) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = np.sqrt(numerator / denominator)
    return np.where(np.isfinite(ratio), ratio, np.nan)
