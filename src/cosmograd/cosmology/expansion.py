r"""Given expansion histories: the scale factor a(t) and $H = \dot a/a$ of a flat universe.

Units: $\hbar = c = 8\pi G = 1$; time in units of the caller's choice, H in its inverse. The field does not act back
on the expansion here.
"""

import abc
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float


def cosmological_constant(hubble_rate: Float[ArrayLike, "..."]) -> Float[Array, "..."]:
    r"""$\Lambda = 3H^2$ of a flat universe that holds vacuum energy only."""
    return 3 * jnp.square(jnp.asarray(hubble_rate, dtype=float))


class AbstractExpansion(eqx.Module):
    """A scale factor a(t) > 0, given once and for all."""

    @abc.abstractmethod
    def log_scale_factor(self, time: Float[ArrayLike, ""]) -> Float[Array, ""]:
        """ln a, the number of e-folds since a = 1."""

    def scale_factor(self, time: Float[ArrayLike, ""]) -> Float[Array, ""]:
        """The scale factor a."""
        return jnp.exp(self.log_scale_factor(time))

    def hubble_rate(self, time: Float[ArrayLike, ""]) -> Float[Array, ""]:
        r"""$H = \mathrm{d}\ln a/\mathrm{d}t$, by automatic differentiation."""
        return jax.grad(self.log_scale_factor)(jnp.asarray(time, dtype=float))

    @classmethod
    @abc.abstractmethod
    def examples(cls) -> tuple["AbstractExpansion", ...]:
        """Members for the tests that every expansion history must pass; defined at t in [1, 2]."""


class DeSitter(AbstractExpansion):
    r"""Vacuum energy only: $a = e^{Ht}$ with constant H."""

    constant_hubble_rate: float = 1.0

    def __check_init__(self) -> None:
        if not self.constant_hubble_rate >= 0:
            raise ValueError(f"`constant_hubble_rate` must be ≥ 0, got {self.constant_hubble_rate}.")

    def log_scale_factor(self, time: Float[ArrayLike, ""]) -> Float[Array, ""]:
        return self.constant_hubble_rate * jnp.asarray(time, dtype=float)

    @classmethod
    def examples(cls) -> tuple[AbstractExpansion, ...]:
        return (cls(), cls(0.3))


class PowerLawExpansion(AbstractExpansion):
    r"""$a = (t/t_0)^p$, $H = p/t$, for t > 0.

    p = 1/2: radiation; 2/3: matter; 1: the coasting universe, which is Nesterov's method (Su, Boyd & Candès 2016).
    """

    exponent: float
    unit_time: float = 1.0

    def __check_init__(self) -> None:
        if not self.exponent > 0:
            raise ValueError(f"`exponent` must be > 0, got {self.exponent}.")
        if not self.unit_time > 0:
            raise ValueError(f"`unit_time` must be > 0, got {self.unit_time}.")

    def log_scale_factor(self, time: Float[ArrayLike, ""]) -> Float[Array, ""]:
        return self.exponent * jnp.log(jnp.asarray(time, dtype=float) / self.unit_time)

    @classmethod
    def examples(cls) -> tuple[AbstractExpansion, ...]:
        return (cls(0.5), cls(2 / 3, 2.0), cls(1.0), cls(3.0))


class FunctionExpansion(AbstractExpansion):
    """Any history given as a JAX-traceable function: the logarithm of the scale factor against time."""

    function: Callable[[Array], Array]

    def log_scale_factor(self, time: Float[ArrayLike, ""]) -> Float[Array, ""]:
        return jnp.asarray(self.function(jnp.asarray(time, dtype=float)), dtype=float)

    @classmethod
    def examples(cls) -> tuple[AbstractExpansion, ...]:
        return (cls(lambda t: t + 0.3 * jnp.sin(t)),)
