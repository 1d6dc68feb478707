"""Activation functions by name."""

from collections.abc import Callable
from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jax.scipy.special import erf
from jaxtyping import Array

Activation = Literal["tanh", "erf", "relu", "gelu", "sin", "linear"]
ACTIVATIONS: tuple[str, ...] = get_args(Activation)


def _gelu(x: Array) -> Array:
    r"""$x\,\Phi(x)$ with the exact normal distribution function, not its tanh approximation."""
    return jax.nn.gelu(x, approximate=False)


def _identity(x: Array) -> Array:
    return x


_FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": jnp.tanh,
    "erf": erf,
    "relu": jax.nn.relu,
    "gelu": _gelu,
    "sin": jnp.sin,
    "linear": _identity,
}


def activation_function(name: str) -> Callable[[Array], Array]:
    """The function called `name`; `ValueError` names those that exist."""
    if name not in _FUNCTIONS:
        raise ValueError(f"`activation` is {name!r}; allowed: {', '.join(ACTIVATIONS)}.")
    return _FUNCTIONS[name]


def value_and_slope(name: str, x: Array) -> tuple[Array, Array]:
    """The activation and its derivative, elementwise, in one forward pass."""
    return jax.jvp(activation_function(name), (x,), (jnp.ones_like(x),))
