"""Flax NNX modules as models: their `nnx.Param` are the parameters, everything else stays as it is."""

import importlib
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.learning.networks.models.jax_checks import in_float64, jax_model
from cosmograd.learning.networks.models.model import JaxModel

_CURE = (
    "Switch to evaluation first: model.eval(), or build the layers with use_running_average=True (BatchNorm) and "
    "deterministic=True (Dropout)."
)


class _Merged(eqx.Module):
    """(parameters, inputs) ↦ outputs of the module with these parameters."""

    graph: Any = eqx.field(static=True)
    rest: Any

    def __call__(self, parameters: Any, inputs: Array) -> Array:
        nnx = importlib.import_module("flax.nnx")
        return nnx.merge(self.graph, parameters, self.rest, copy=True)(inputs)


def nnx_model(module: Any, inputs: Float[np.ndarray, "points ..."]) -> JaxModel:
    """The model of a Flax NNX module, which is not changed."""
    nnx = importlib.import_module("flax.nnx")
    description = f"Flax NNX module {type(module).__name__}"
    if not callable(module):
        raise ValueError(f"{description} cannot be called. Give it a method __call__(self, x) for all points x.")
    graph, parameters, rest = nnx.split(module, nnx.Param, ...)
    parameters, rest = in_float64(description, parameters), jax.tree.map(_floats_in_float64, rest)
    _check_no_state_changes(description, graph, parameters, rest, inputs)
    return jax_model(description, _Merged(graph, rest), parameters, inputs, "A Flax module takes all points at once.")


def _floats_in_float64(leaf: Any) -> Any:
    return leaf.astype(float) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf


def _check_no_state_changes(description: str, graph: Any, parameters: Any, rest: Any, inputs: np.ndarray) -> None:
    """Raise `ValueError` where a call draws random numbers, updates statistics or anything else."""
    nnx = importlib.import_module("flax.nnx")
    points = jnp.asarray(inputs[:2], dtype=float)
    changed: list[str] = []

    def call(parameters: Any, rest: Any) -> Any:
        module = nnx.merge(graph, parameters, rest, copy=True)
        before = dict(nnx.to_flat_state(nnx.state(module, nnx.Not(nnx.Param))))
        values = {path: jax.tree.leaves(variable) for path, variable in before.items()}
        outputs = module(points)
        for path, variable in nnx.to_flat_state(nnx.state(module, nnx.Not(nnx.Param))):
            leaves = jax.tree.leaves(variable)
            if path not in values or any(x is not y for x, y in zip(values[path], leaves, strict=True)):
                changed.append(f"{type(variable).__name__} {'.'.join(map(str, path))}")
        return outputs

    try:
        jax.eval_shape(call, parameters, rest)
    except Exception:  # what is wrong with the model itself comes up again, with its message
        return
    if changed:
        draws = [name for name in changed if name.startswith("Rng")]
        updates = [name for name in changed if name not in draws]
        does = [f"draws random numbers ({', '.join(draws)})"] if draws else []
        does += [f"updates its state ({', '.join(updates)})"] if updates else []
        raise ValueError(f"{description} {' and '.join(does)} at every call. {_CURE}")
