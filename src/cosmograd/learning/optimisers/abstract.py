"""What every optimiser offers: its update as an Optax transformation, and what it does to one mode."""

import abc
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Float


def check_schedule(name: str, values: Any, upper: float, allow_zero: bool, allowed: str) -> None:
    """Raise `ValueError` unless `values` is a finite number, or a vector of them, in the stated range."""
    array = np.asarray(values)
    in_range = (array >= 0) if allow_zero else (array > 0)
    if array.ndim > 1 or array.size == 0 or not (np.isfinite(array) & in_range & (array < upper)).all():
        raise ValueError(f"`{name}` must be {allowed}, or a vector of such numbers, one per update; got {values!r}.")


class AbstractOptimiser(eqx.Module):
    r"""A full-batch first-order method with a schedule of learning rates $\eta_n$ and momenta $\beta_n$.

    `learning_rate` and `momentum` are numbers, or vectors indexed by the update n = 0, 1, …; after the last entry the
    last value holds.
    """

    learning_rate: eqx.AbstractVar[Float[Array, "..."]]
    momentum: eqx.AbstractVar[Float[Array, "..."]]

    @abc.abstractmethod
    def transformation(self) -> optax.GradientTransformation:
        """The update rule, for Optax."""

    @abc.abstractmethod
    def mode_recursion(
        self, eigenvalue: Float[ArrayLike, "*shape"], update: ArrayLike
    ) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
        r"""(a, b) of $d_{n+1} = a\,d_n - b\,d_{n-1}$, which the deviation d of a mode obeys on a squared loss.

        `eigenvalue` is λ of the loss's Hessian. With $3H\delta = 2(1-b)/(1+b)$ and $m^2\delta^2 = 2(1+b-a)/(1+b)$ the
        recursion is the leapfrog scheme of a damped oscillator: the continuous limit of the method.
        """

    @classmethod
    @abc.abstractmethod
    def examples(cls) -> tuple["AbstractOptimiser", ...]:
        """Members for the tests that every optimiser must pass."""

    def learning_rate_at(self, update: ArrayLike) -> Float[Array, ""]:
        r"""$\eta_n$."""
        return value_at(self.learning_rate, update)

    def momentum_at(self, update: ArrayLike) -> Float[Array, ""]:
        r"""$\beta_n$."""
        return value_at(self.momentum, update)

    @property
    def constant(self) -> bool:
        """Whether neither the learning rate nor the momentum changes with the update."""
        return jnp.ndim(self.learning_rate) == 0 and jnp.ndim(self.momentum) == 0


def value_at(schedule: Float[ArrayLike, "..."], update: ArrayLike) -> Array:
    """The entry of a schedule at `update`; the last one holds from there on, a number holds always."""
    values = jnp.asarray(schedule)
    if values.ndim == 0:
        return values
    return values[jnp.clip(update, 0, values.shape[0] - 1)]
