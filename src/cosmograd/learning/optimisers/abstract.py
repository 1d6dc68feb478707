"""What every optimiser offers: its update as an Optax transformation, and what it does to one mode."""

import abc
import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Float

from cosmograd.learning.learning_rates import LARGEST, SMALLEST
from cosmograd.precision import is_known


def check_learning_rate(values: Any) -> None:
    """Raise `ValueError` unless `values` is a positive number, or a vector of them."""
    array = checked_schedule("learning_rate", values, "a positive finite number")
    if not (np.isfinite(array) & (array > 0)).all():
        raise ValueError(_not_allowed("learning_rate", values, "a positive finite number"))
    if not ((array >= SMALLEST) & (array <= LARGEST)).all():
        raise ValueError(f"`learning_rate` must lie between {SMALLEST:g} and {LARGEST:g}, got {values!r}.")


def check_rates(values: Any) -> None:
    """Raise `ValueError` unless `values` is a positive number, or a vector ≥ 0 that is not all zero, as in warm-ups."""
    array = checked_schedule("learning_rate", values, "a positive finite number")
    if array.ndim and (array >= 0).all() and (array > 0).any():
        check_learning_rate(array[array > 0])
    else:
        check_learning_rate(values)


def check_momentum(values: Any) -> None:
    """Raise `ValueError` unless `values` is a number in [0, 1), or a vector of them."""
    array = checked_schedule("momentum", values, "a number in [0, 1)")
    if not ((array >= 0) & (array < 1)).all():
        raise ValueError(_not_allowed("momentum", values, "a number in [0, 1)"))


def checked_schedule(name: str, values: Any, allowed: str) -> np.ndarray:
    if callable(values):
        raise ValueError(
            f"`{name}` is a function; an optimiser takes {allowed} or a vector of them, one per update. "
            f"Tabulate it: tabulated({name}, updates)."
        )
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        raise ValueError(_not_allowed(name, values, allowed)) from None
    if array.ndim > 1 or array.size == 0 or array.dtype.kind not in "iufb":
        raise ValueError(_not_allowed(name, values, allowed))
    return array.astype(np.float64)


def _not_allowed(name: str, values: Any, allowed: str) -> str:
    if not isinstance(values, (list, tuple)) and np.ndim(values) == 0:
        return f"`{name}` must be {allowed}, got {values!r}."
    return f"`{name}` must be {allowed}, or a vector of such numbers, one per update; got {values!r}."


def tabulated(schedule: optax.Schedule, updates: int) -> Float[np.ndarray, " updates"]:
    """The values of an Optax schedule (any function of the update's number) at a run's updates 0, 1, …, as a vector."""
    if updates < 1:
        raise ValueError(f"`updates` must be ≥ 1, got {updates}.")
    return np.asarray(jax.vmap(lambda n: jnp.asarray(schedule(n), dtype=float))(jnp.arange(updates, dtype=float)))


class AbstractOptimiser(eqx.Module):
    r"""A first-order method with a schedule of learning rates $\eta_n$ and momenta $\beta_n$.

    `learning_rate` and `momentum` are numbers, or vectors indexed by the update n = 0, 1, …; after the last entry the
    last value holds. `tabulated` makes such a vector of any Optax schedule.
    """

    learning_rate: eqx.AbstractVar[Float[Array, "..."]]
    momentum: eqx.AbstractVar[Float[Array, "..."]]

    @abc.abstractmethod
    def transformation(self) -> optax.GradientTransformation:
        """The update rule, for Optax."""

    def init(self, params: Any) -> Any:
        """The state before the first update, as in Optax: an optimiser of ours stands wherever one of Optax's can."""
        return self.transformation().init(params)

    def update(self, updates: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        """The step that these gradients make, and the next state, as in Optax."""
        return self.transformation().update(updates, state, params)

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

    @property
    def decays(self) -> bool:
        """Whether weight decay draws the parameters to zero: modes then settle away from the targets."""
        return False

    def __repr__(self) -> str:
        return shown_settings(self)


def shown_settings(optimiser: Any) -> str:
    """Its class with all settings, numbers as they are."""
    settings = {field.name: getattr(optimiser, field.name) for field in dataclasses.fields(optimiser)}
    return f"{type(optimiser).__name__}({', '.join(f'{name}={_shown(value)}' for name, value in settings.items())})"


def _shown(value: Any) -> str:
    """A number as it is; the ends of a vector."""
    if isinstance(value, AbstractOptimiser | bool) or not is_known(value):
        return repr(value)
    if np.ndim(value) == 0:
        return repr(float(value))
    numbers = [repr(float(x)) for x in np.asarray(value)]
    return f"[{', '.join(numbers if len(numbers) < 5 else [*numbers[:2], '…', numbers[-1]])}]"


def value_at(schedule: Float[ArrayLike, "..."], update: ArrayLike) -> Array:
    """The entry of a schedule at `update`; the last one holds from there on, a number holds always."""
    values = jnp.asarray(schedule)
    if values.ndim == 0:
        return values
    return values[jnp.clip(update, 0, values.shape[0] - 1)]
