"""Where 64-bit numbers are switched on: here, on request, and nowhere else.

JAX computes in float32 unless told otherwise, and the switch is global to a process. The command line calls
`enable_float64` for its own process; a program that imports cosmograd calls it itself, once, before its first
computation. Functions that need float64 check with `require_float64` and say so rather than lose digits.
"""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


def enable_float64() -> None:
    """Let JAX use float64 in this process (`jax_enable_x64`)."""
    jax.config.update("jax_enable_x64", True)


def require_float64(what: str) -> None:
    """Raise `RuntimeError` unless JAX computes in float64.

    `what` names the computation that needs it, for the message.
    """
    if jnp.result_type(float) != jnp.float64:
        raise RuntimeError(
            f"{what} needs float64, but JAX is set to float32 in this process. "
            "Call `cosmograd.enable_float64()` once, before the first use of JAX."
        )


def in_float64(function: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
    """The same function, with float64 on in this thread while it runs, and the process's setting as before after it."""

    @functools.wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
        with jax.enable_x64(True):
            return function(*args, **kwargs)

    return call


def parameter(value: Any) -> Any:
    """A number, or anything like an array of them, in float64, whenever it is made: converter of fields of modules.

    What is given as JAX's array stays one; anything else becomes NumPy's, which keeps its digits until 64 bits are on.
    """
    return jnp.asarray(value, dtype=float) if isinstance(value, jax.Array) else np.asarray(value, dtype=float)


def is_known(value: Any) -> bool:
    """Whether a parameter has a value that can be checked: not so while JAX traces it."""
    return not isinstance(value, Tracer)
