r"""Given expansion histories: the scale factor a(t) and $H = \dot a/a$ of a flat universe.

Units: $\hbar = c = 8\pi G = 1$; time in units of the caller's choice, H in its inverse. The field does not act back
on the expansion here.
"""

import abc
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy  # scipy.interpolate takes 0.3 s to import; spelt out where it is used, it loads there
from jaxtyping import Array, ArrayLike, Float

from cosmograd.errors import reason
from cosmograd.precision import is_known, parameter
from cosmograd.solvers import disorder


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

    constant_hubble_rate: Any = eqx.field(converter=parameter, default=1.0)

    def __check_init__(self) -> None:
        if is_known(self.constant_hubble_rate) and not np.all(self.constant_hubble_rate >= 0):
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

    exponent: Any = eqx.field(converter=parameter)
    unit_time: Any = eqx.field(converter=parameter, default=1.0)

    @classmethod
    def radiation(cls, unit_time: float = 1.0) -> "PowerLawExpansion":
        r"""$a\propto t^{1/2}$: ρ = 3p, which falls as $a^{-4}$."""
        return cls(1 / 2, unit_time)

    @classmethod
    def matter(cls, unit_time: float = 1.0) -> "PowerLawExpansion":
        r"""$a\propto t^{2/3}$ (Einstein & de Sitter 1932): p = 0, and ρ falls as $a^{-3}$."""
        return cls(2 / 3, unit_time)

    def __check_init__(self) -> None:
        if is_known(self.exponent) and not np.all(self.exponent > 0):
            raise ValueError(f"`exponent` must be > 0, got {self.exponent}.")
        if is_known(self.unit_time) and not np.all(self.unit_time > 0):
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


class TabulatedExpansion(AbstractExpansion):
    r"""A table of a(t) or H(t), made by `from_scale_factor` or `from_hubble_rate`; NaN outside its first and last time.

    Between the rows, ln a (or H) is the cubic spline with "not-a-knot" ends (de Boor 1978, ch. IV). Its first two
    derivatives are continuous; for a smooth history and rows at most h apart its error is of order $h^4$, and one order
    lower for each derivative: $h^3$ for H from a(t).
    """

    times: Float[Array, " rows"]
    coefficients: Float[Array, "cells powers"]
    """Of ln a between each row and the next, in powers of the time since the row, the lowest first."""

    @classmethod
    def from_scale_factor(cls, times: Any, scale_factors: Any) -> "TabulatedExpansion":
        """From a > 0 at four or more increasing times: a spline of ln a."""
        t, a = _checked_table(times, "scale_factors", scale_factors)
        wrong = np.flatnonzero(a <= 0)
        if wrong.size:
            i = int(wrong[0])
            raise ValueError(f"`scale_factors` must be > 0, got {a[i]:g} in row {i + 1} of {a.size}.")
        return cls._of_spline(scipy.interpolate.CubicSpline(t, np.log(a)))

    @classmethod
    def from_hubble_rate(cls, times: Any, hubble_rates: Any) -> "TabulatedExpansion":
        """From H at four or more increasing times: a spline of H, integrated exactly; a = 1 at the first."""
        t, H = _checked_table(times, "hubble_rates", hubble_rates)
        return cls._of_spline(scipy.interpolate.CubicSpline(t, H).antiderivative())

    @classmethod
    def _of_spline(cls, spline: Any) -> "TabulatedExpansion":
        return cls(jnp.asarray(spline.x), jnp.asarray(spline.c[::-1].T))

    def log_scale_factor(self, time: Float[ArrayLike, ""]) -> Float[Array, ""]:
        t = jnp.asarray(time, dtype=float)
        row = jnp.clip(jnp.searchsorted(self.times, t, side="right") - 1, 0, self.coefficients.shape[0] - 1)
        e_folds = jnp.polyval(self.coefficients[row, ::-1], t - self.times[row])
        inside = (self.times[0] <= t) & (t <= self.times[-1])
        return e_folds * jnp.where(inside, 1.0, jnp.nan)  # as a factor, it reaches the derivatives too

    @classmethod
    def examples(cls) -> tuple[AbstractExpansion, ...]:
        # ln a cubic and H quadratic in time, which splines reproduce, so that exact laws hold to rounding
        t = np.array([0.9, 1.0, 1.25, 1.5, 1.6, 1.75, 2.0, 2.2])
        return cls.from_scale_factor(t, np.exp(t - t**3 / 20)), cls.from_hubble_rate(t, 1 - t**2 / 10)


def _checked_table(times: Any, name: str, values: Any) -> tuple[np.ndarray, np.ndarray]:
    t, x = _numbers("times", times), _numbers(name, values)
    if t.ndim != 1 or t.shape != x.shape:
        raise ValueError(f"`times` and `{name}` must be vectors of one length, got shapes {t.shape} and {x.shape}.")
    if t.size < 4:
        raise ValueError(f"a table of an expansion needs at least 4 rows for a cubic spline, got {t.size}.")
    for column, numbers in (("times", t), (name, x)):
        wrong = np.flatnonzero(~np.isfinite(numbers))
        if wrong.size:
            i = int(wrong[0])
            raise ValueError(f"`{column}` must be finite numbers, got {numbers[i]} in row {i + 1} of {t.size}.")
    if found := disorder(t):
        raise ValueError(
            f"`times` must increase from row to row: {found}. Sort the table by time, and keep one row for each time."
        )
    return t, x


def _numbers(name: str, values: Any) -> np.ndarray:
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must be a vector of known real numbers: {reason(error)}.") from error
