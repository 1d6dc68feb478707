"""How long the arrays of a program are, so that runs of another length need no program of their own."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

_LEAST_ROOM = 512


def room_for(length: int) -> int:
    """The next power of two, 512 at least."""
    return max(_LEAST_ROOM, 1 << (length - 1).bit_length())


def filled_up(array: Any, *, room: int | None = None, with_zeros: bool = False) -> Any:
    """Along its first axis to `room_for` its length, or a given one: with the last entry, or with zeros."""
    missing = (room or room_for(len(array))) - len(array)
    # NumPy, since every JAX operation is a program of its own for every length.
    library = jnp if isinstance(array, Tracer) else np
    padding = [(0, missing)] + [(0, 0)] * (array.ndim - 1)
    return jnp.asarray(library.pad(array, padding) if with_zeros else library.pad(array, padding, mode="edge"))
