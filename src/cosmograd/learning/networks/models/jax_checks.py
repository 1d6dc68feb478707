"""What a function of parameters and points must do to be a model, tried on a few of the points."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.errors import reason
from cosmograd.learning.networks.abstract import Parameters
from cosmograd.learning.networks.given_network import GivenNetwork
from cosmograd.learning.networks.models.model import JaxModel
from cosmograd.precision import require_float64

_POINTS_TRIED = 3
# Products of matrices round differently for different numbers of points.
_ROUNDING = 1e-9


def jax_model(
    description: str,
    function: Callable[[Any, Array], Array],
    parameters: Any,
    inputs: Float[np.ndarray, "points ..."],
    failure_cure: str = "",
) -> JaxModel:
    """The checked model of a function that takes all points along the first axis."""
    parameters = in_float64(description, parameters)
    output_size = check_function(description, function, parameters, inputs, failure_cure)
    shape = inputs.shape[1:]
    return JaxModel(description, shape, output_size, GivenNetwork(function, parameters, shape, output_size), parameters)


def in_float64(description: str, parameters: Any) -> Parameters:
    """The parameters in float64; `ValueError` where they are none."""
    require_float64("a model")
    leaves = jax.tree.leaves(parameters)
    for leaf in leaves:
        dtype = getattr(leaf, "dtype", np.asarray(leaf).dtype)
        if not jnp.issubdtype(dtype, jnp.floating):
            raise ValueError(
                f"the parameters of {description} must be real floating-point arrays, got {dtype}. Keep what is not "
                "trained in the function itself."
            )
    if not sum(np.size(leaf) for leaf in leaves):
        raise ValueError(f"{description} has no trainable parameters, so there is nothing to train.")
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype=float), parameters)


def check_function(
    description: str,
    function: Callable[[Any, Array], Array],
    parameters: Parameters,
    inputs: np.ndarray,
    cure: str = "",
) -> int:
    """The number of outputs; `ValueError` unless they are real, pure functions of each point."""
    points = jnp.asarray(inputs[:_POINTS_TRIED], dtype=float)
    try:
        traced = jax.eval_shape(function, parameters, points)
    except Exception as error:  # of whatever class the user's model raises
        said = " ".join(reason(error).split())
        raise ValueError(
            f"{description} cannot be applied to points of shape {points.shape[1:]}: {type(error).__name__}: {said}. "
            f"{shape_cure(inputs)}{cure}".strip()
        ) from error
    output_size = checked_output_size(description, traced, len(points))
    if traced.dtype != jnp.float64:
        raise ValueError(
            f"{description} returns {traced.dtype} for parameters and inputs in float64, so it rounds inside. Build it "
            "without a `dtype` and without casts (astype), so that float64 passes through."
        )
    first, again = (np.asarray(function(parameters, points)) for _ in range(2))
    check_pure(description, first, again, np.asarray(function(parameters, points[:1])))
    return output_size


def shape_cure(inputs: np.ndarray) -> str:
    """What to try where inputs do not fit."""
    if inputs.ndim == 1:
        return (
            f"`inputs` of shape {inputs.shape} are {len(inputs)} points; for one point pass shape (1, {len(inputs)}). "
        )
    return "The first axis of `inputs` counts the points. "


def checked_output_size(description: str, outputs: Any, points: int) -> int:
    """The number of outputs from anything with a shape and a dtype; `ValueError` unless it is (points, outputs)."""
    shape = getattr(outputs, "shape", None)
    if shape is None:
        raise ValueError(
            f"{description} returns a {type(outputs).__name__}; it must return one array of shape (points, outputs)."
        )
    if len(shape) not in (1, 2) or shape[0] != points or 0 in shape:
        raise ValueError(
            f"{description} returns shape {tuple(shape)} for {points} points; expected ({points}, outputs), or "
            f"({points},) for one output. Flatten the outputs of each point into one axis."
        )
    kind = str(outputs.dtype).split(".")[-1]
    if not kind.startswith(("float", "bfloat")):
        raise ValueError(
            f"{description} returns {kind} numbers; outputs must be real. Return real and imaginary parts as two "
            "outputs, or the scores before argmax."
        )
    return shape[1] if len(shape) == 2 else 1


def check_pure(description: str, first: np.ndarray, again: np.ndarray, alone: np.ndarray, cure: str = "") -> None:
    """Raise `ValueError` where two calls differ, or where the first point's outputs depend on the other points."""
    size = max(float(np.abs(first).max()), 1e-300)
    change = float(np.abs(again - first).max())
    if change > 1e-12 * size:
        raise ValueError(
            f"{description} is random or keeps a state: two calls with the same inputs differ by {change / size:.1e} "
            f"of the outputs. {cure or 'Switch noise such as dropout off, and keep nothing between calls.'}"
        )
    influence = float(np.abs(alone[0] - first[0]).max())
    if influence > _ROUNDING * size:
        raise ValueError(
            f"the outputs of a point of {description} depend on the other points: those of the first change by "
            f"{influence / size:.1e} when it is alone, as with the batch statistics of training. "
            + (cure or "Take the running averages instead.")
        )
