"""Padding along time, so that runs of different lengths share their programs."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

_LEAST_ROOM = 512


def padded_length(length: int) -> int:
    """The next power of two, 512 at least."""
    return max(_LEAST_ROOM, 1 << (length - 1).bit_length())


def padded(array: Any, *, length: int | None = None, with_zeros: bool = False) -> Any:
    """Padded along the first axis with the last entry, or with zeros; length: `padded_length` of its own when None."""
    missing = (length or padded_length(len(array))) - len(array)
    # NumPy, since every JAX operation is a program of its own for every length.
    library = jnp if isinstance(array, Tracer) else np
    padding = [(0, missing)] + [(0, 0)] * (array.ndim - 1)
    return jnp.asarray(library.pad(array, padding) if with_zeros else library.pad(array, padding, mode="edge"))
