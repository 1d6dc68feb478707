"""What a solver is asked for, checked before anything is computed; and what became of it."""

import enum
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Bool, Float, Int


def require_accuracy(accuracy: float, best: float, worst: float) -> None:
    """Raise ValueError unless best ≤ accuracy ≤ worst."""
    number = isinstance(accuracy, (int, float, np.number)) and not isinstance(accuracy, bool)
    if not number or not best <= accuracy <= worst:
        given = f"{accuracy:g}" if number else repr(accuracy)
        raise ValueError(f"`accuracy` must lie between {best:g} and {worst:g} in float64, got {given}.")


def disorder(values: Sequence[float] | np.ndarray) -> str | None:
    """Where numbers do not increase, in words; None where they do."""
    array = np.asarray(values, dtype=float)
    wrong = np.flatnonzero(~(np.diff(array) > 0))
    if not wrong.size:
        return None
    i = int(wrong[0])
    return f"{array[i + 1]:g} follows {array[i]:g}, at place {i + 2} of {array.size}"


def require_increasing(name: str, values: ArrayLike) -> None:
    """Raise ValueError unless the numbers are one row of finite ones that increase; traced ones are trusted."""
    if isinstance(values, Tracer):
        return
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or not array.size or not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be a row of finite numbers, got {values}.")
    if found := disorder(array):
        raise ValueError(f"`{name}` must increase: {found}.")


def outcome_of(checks: Sequence[tuple[Bool[Array, "..."], enum.IntEnum]], otherwise: enum.IntEnum) -> Int[Array, "..."]:
    """The outcome of the first check that holds, as its number."""
    return jnp.select([check for check, _ in checks], [jnp.asarray(int(o)) for _, o in checks], int(otherwise))


def require_vector(name: str, value: Float[ArrayLike, "..."], count: int) -> None:
    """Raise ValueError unless `value` is an array of `count` numbers."""
    if np.shape(value) != (count,):
        raise ValueError(f"`{name}` must be an array of {count} number{'s' * (count > 1)}, got {value}.")
