"""Losses and targets as the verbs take them."""

from typing import Any

import numpy as np
from jaxtyping import Float

from cosmograd.learning.losses import (
    NORMALISATIONS,
    AbstractLoss,
    CrossEntropyLoss,
    HuberLoss,
    LogisticLoss,
    MeanSquaredError,
    SquaredLoss,
)
from cosmograd.learning.networks.models import as_points

_NAMED = {
    "mse": MeanSquaredError,
    "cross-entropy": CrossEntropyLoss,
    "logistic": LogisticLoss,
    "huber": HuberLoss,
}


def as_loss(loss: Any) -> AbstractLoss:
    """A loss of ours; `mean` and `sum` name the squared one, other names are means over points."""
    if isinstance(loss, AbstractLoss):
        return loss
    if isinstance(loss, str) and loss in _NAMED:
        return _NAMED[loss]()
    if loss not in NORMALISATIONS:
        raise ValueError(
            f"`loss` is {loss!r}; allowed: {', '.join(map(repr, NORMALISATIONS))} for the squared loss over points, "
            f"{', '.join(map(repr, _NAMED))}, or a loss of cosmograd.learning.losses."
        )
    return SquaredLoss(loss)


def as_targets(targets: Any, points: int, outputs: int, loss: AbstractLoss) -> Float[np.ndarray, "points outputs"]:
    """Targets as numbers; classes given as whole numbers become one-hot for cross-entropy.

    ValueError where they do not fit outputs and loss.
    """
    if targets is None:
        raise ValueError("give the `targets` that are learned, shape (points, outputs).")
    y = as_points(targets, "targets")
    if isinstance(loss, CrossEntropyLoss) and outputs > 1 and (y.ndim == 1 or (y.shape[1:] == (1,) and outputs > 1)):
        return _one_hot(y.ravel(), points, outputs)
    if isinstance(loss, CrossEntropyLoss) and outputs < 2:
        raise ValueError(
            f"cross-entropy needs an output for each class, but the model has {outputs}; for labels 0 and 1 of one "
            "output take `logistic`."
        )
    given, y = y.shape, y[:, None] if y.ndim == 1 else y
    if y.shape != (points, outputs):
        raise ValueError(f"`targets` have shape {given}, but the outputs have {(points, outputs)}.")
    if isinstance(loss, (CrossEntropyLoss, LogisticLoss)) and not ((y >= 0) & (y <= 1)).all():
        raise ValueError(
            f"`targets` must be probabilities from 0 to 1 for {type(loss).__name__}, got {y.min():g} to {y.max():g}."
        )
    if isinstance(loss, CrossEntropyLoss):
        _check_classes(int((y.max(axis=0) > 0).sum()), outputs)
    return y


def _one_hot(classes: np.ndarray, points: int, outputs: int) -> np.ndarray:
    if len(classes) != points:
        raise ValueError(f"`targets` are {len(classes)} classes, but there are {points} points.")
    if not (classes == np.round(classes)).all():
        raise ValueError("`targets` of cross-entropy are whole numbers of classes, or probabilities for each output.")
    if not ((classes >= 0) & (classes < outputs)).all():
        raise ValueError(
            f"`targets` hold classes from {classes.min():g} to {classes.max():g}, but the model has {outputs} outputs: "
            f"allowed are 0 to {outputs - 1}."
        )
    _check_classes(len(np.unique(classes)), outputs)
    return np.eye(outputs)[classes.astype(int)]


def _check_classes(seen: int, outputs: int) -> None:
    if seen < 2:
        raise ValueError(
            f"`targets` hold one class only of {outputs}; nothing is told apart. Check the column of labels."
        )
