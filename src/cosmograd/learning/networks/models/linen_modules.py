"""Flax Linen modules with their parameters, as models."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.learning.networks.models.jax_checks import jax_model
from cosmograd.learning.networks.models.model import JaxModel

_PAIR = "pass a pair: (lambda params, x: module.apply({'params': params}, x, train=False), params)."


class _Held:
    """Something without a hash, which is equal to itself only."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Applied(eqx.Module):
    """(parameters, inputs) ↦ outputs of the module; other collections of variables stay as they are."""

    module: Any = eqx.field(static=True)
    collections: Any

    def __call__(self, parameters: Any, inputs: Array) -> Array:
        module = self.module.value if isinstance(self.module, _Held) else self.module
        return module.apply({"params": parameters, **self.collections}, inputs)


def linen_model(module: Any, variables: Any, inputs: Float[np.ndarray, "points ..."]) -> JaxModel:
    """The model of a Flax Linen module; `variables` are its parameters, or all its collections."""
    description = f"Flax Linen module {type(module).__name__}"
    if not isinstance(variables, Mapping):
        raise ValueError(f"{description} comes with its parameters, a dict; got {type(variables).__name__}.")
    collections: dict[str, Any] = {}
    parameters = variables
    if isinstance(variables.get("params"), Mapping):
        parameters = variables["params"]
        collections = {name: values for name, values in variables.items() if name != "params"}
    collections = jax.tree.map(
        lambda leaf: leaf.astype(float) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, collections
    )
    try:
        hash(module)
        held = module
    except TypeError:
        held = _Held(module)
    _check_runs_in_evaluation(description, module, {"params": parameters, **collections}, inputs)
    cure = f"If it takes further arguments, {_PAIR}"
    return jax_model(description, _Applied(held, collections), parameters, inputs, cure)


def _check_runs_in_evaluation(description: str, module: Any, variables: Any, inputs: np.ndarray) -> None:
    """Raise `ValueError` where Flax says that the module needs random numbers or changes its variables."""
    points = jax.ShapeDtypeStruct((2, *inputs.shape[1:]), jnp.result_type(float))
    try:
        jax.eval_shape(lambda x: module.apply(variables, x), points)
    except Exception as error:
        kind, said = type(error).__name__, " ".join(str(error).split())
        if "batch_stats" in said and "batch_stats" not in variables:
            raise ValueError(
                f"{description} comes without its collection `batch_stats`. Pass (module, variables), with `params` "
                "and `batch_stats` from training."
            ) from error
        if kind == "ModifyScopeVariableError" and "batch_stats" in said:
            raise ValueError(
                f"{description} is in training: it updates the statistics in its collection `batch_stats`. Build it "
                "for evaluation, with use_running_average=True, and pass (module, variables) with `params` and "
                f"`batch_stats`; or {_PAIR}"
            ) from error
        if kind == "InvalidRngError":
            raise ValueError(
                f"{description} is in training: it needs random numbers, as dropout does. Build it for evaluation, "
                f"with deterministic=True, or {_PAIR}"
            ) from error
        if kind == "ModifyScopeVariableError":
            raise ValueError(
                f"{description} changes its variables at every call ({said[:160]}). A model must "
                "return the same outputs at every call."
            ) from error
        # Anything else comes up again where the outputs are checked.
