"""Refusals that several verbs share."""

import sys
from typing import Any

import numpy as np

# Whole numbers are numbers too.
Number = float | int


def refuse_traced(verb: str, instead: str, *values: Any) -> None:
    """Raise `TypeError` where JAX traces a value: verbs return NumPy arrays."""
    jax = sys.modules.get("jax")
    if jax is not None and any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(values)):
        raise TypeError(
            f"cosmograd.{verb} returns NumPy arrays, which JAX can neither differentiate nor batch. Inside jax.grad, "
            f"jax.jit and jax.vmap call {instead}."
        )


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise `ValueError` unless `value` is a whole number from `least` on."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"`{name}` must be a whole number ≥ {least}, got {value!r}.")
