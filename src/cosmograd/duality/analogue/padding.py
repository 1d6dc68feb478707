"""Padding along time, so that runs of different lengths share their programs."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

_LEAST_LENGTH = 512


def padded_length(length: int) -> int:
    """The next power of two, 512 at least."""
    return max(_LEAST_LENGTH, 1 << (length - 1).bit_length())


def padded(array: Any, *, length: int | None = None, with_zeros: bool = False) -> Any:
    """Padded along the first axis with the last entry, or with zeros; length: `padded_length` of its own when None.

    As it is where JAX traces it: a part of a larger program shares nothing.
    """
    if isinstance(array, Tracer):
        return array
    widths = [(0, (length or padded_length(len(array))) - len(array))] + [(0, 0)] * (array.ndim - 1)
    # By NumPy, since every JAX operation is a program of its own for every length.
    return jnp.asarray(np.pad(array, widths) if with_zeros else np.pad(array, widths, mode="edge"))
