"""Equinox modules as models: they map one point, and their floating-point arrays are the parameters."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from cosmograd.learning.networks.models.jax_checks import jax_model
from cosmograd.learning.networks.models.model import JaxModel


class _OverPoints(eqx.Module):
    """(parameters, inputs) ↦ outputs; everything that is not trained, and equal for equal modules."""

    structure: Any

    def __call__(self, parameters: Any, inputs: Array) -> Array:
        return jax.vmap(eqx.combine(parameters, self.structure))(inputs)


def equinox_model(module: Any, inputs: Float[np.ndarray, "points ..."]) -> JaxModel:
    """The model of an Equinox module."""
    name = type(module).__name__
    description = f"Equinox module {name}"
    if not callable(module):
        raise ValueError(f"{description} cannot be called. Give it a method __call__(self, x) for one point x.")
    parameters, structure = eqx.partition(module, eqx.is_inexact_array)
    return jax_model(description, _OverPoints(structure), parameters, inputs, _cure(module))


def refuse_state(module: Any) -> None:
    """Raise `ValueError` for the pair (module, state) that `eqx.nn.make_with_state` returns."""
    raise ValueError(
        f"Equinox module {type(module).__name__} comes with a state, so its outputs depend on earlier calls. "
        f"{_CURE_OF_STATE}"
    )


_CURE_OF_STATE = (
    "Fix the state: pass eqx.Partial(lambda module, x: module(x, state)[0], eqx.nn.inference_mode(module))."
)


def _cure(module: Any) -> str:
    parts = jax.tree.leaves(module, is_leaf=lambda node: isinstance(node, (eqx.nn.Dropout, eqx.nn.StateIndex)))
    if any(isinstance(part, eqx.nn.StateIndex) for part in parts):
        return _CURE_OF_STATE
    if any(isinstance(part, eqx.nn.Dropout) and not part.inference for part in parts):
        return "Switch dropout off: pass eqx.nn.inference_mode(module)."
    return "An Equinox module is applied to one point at a time, without the axis of points."
