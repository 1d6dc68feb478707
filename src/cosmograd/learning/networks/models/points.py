"""Inputs and targets as people bring them, as NumPy arrays in float64."""

from typing import Any

import numpy as np
from jaxtyping import Float


def as_points(inputs: Any, name: str = "inputs") -> Float[np.ndarray, "points ..."]:
    """Points along the first axis; `ValueError` for anything but finite real numbers."""
    given = inputs.detach().cpu() if callable(getattr(inputs, "detach", None)) else inputs
    try:
        array = np.asarray(given)
    except ValueError:  # rows of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "iufb":
        kind = "complex numbers" if array.dtype.kind == "c" else type(inputs).__name__
        raise ValueError(f"`{name}` must be an array of real numbers with the points along the first axis, got {kind}.")
    if array.ndim == 0 or array.size == 0:
        raise ValueError(
            f"`{name}` must hold at least one point along the first axis, shape (points, …); got shape {array.shape}."
        )
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` hold {np.count_nonzero(~np.isfinite(array))} numbers that are NaN or infinite.")
    return array


def check_targets(targets: Any, points: int, output_size: int) -> None:
    """Raise `ValueError` unless there is one target for each output of each point."""
    array = as_points(targets, "targets")
    shape = (array.shape[0], 1) if array.ndim == 1 else array.shape
    if shape != (points, output_size):
        raise ValueError(
            f"`targets` have shape {array.shape}, but the model has {output_size} outputs on {points} points: expected "
            f"shape ({points}, {output_size}){f' or ({points},)' if output_size == 1 else ''}."
        )
