r"""How far a prediction is from the training it predicts, in units of what there was to learn."""

from typing import Any

import numpy as np
from jaxtyping import ArrayLike, Float


def relative_error(
    outputs: Float[ArrayLike, "records ..."],
    prediction: Float[ArrayLike, "records ..."],
    targets: Float[ArrayLike, "..."],
) -> float:
    r"""$\|f - f_{\rm pred}\| / \|f - y\|$, the norms over all points, outputs and recorded updates.

    NaN where either side is not finite or there was nothing to learn.
    """
    outputs, prediction, targets = (np.asarray(x, dtype=np.float64) for x in (outputs, prediction, targets))
    return float(_ratio(np.sum(np.square(outputs - prediction)), np.sum(np.square(outputs - targets))))


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
