r"""Modes of a test field of any mass in any given expansion history.

$$\ddot{\delta\varphi} + 3H\dot{\delta\varphi} + (k^2/a^2 + m^2)\,\delta\varphi = 0$$

The vacuum is followed by amplitude and phase, $\delta\varphi = e^{R/2 - i\theta}$. The Wronskian, $a^3|\delta\varphi|^2
\dot\theta = \tfrac12$, holds identically, and with $d = \dot R$

$$\dot d = -\tfrac12d^2 - 3Hd + 2\dot\theta^2 - 2(k^2/a^2 + m^2),$$

which is smooth on the branch of the vacuum however fast the mode itself oscillates. Modes that start from given values
may pass through zero, and are followed as they are.
"""

import enum
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Complex, Float, Int

from cosmograd.compilation import compiled
from cosmograd.cosmology.expansion import AbstractExpansion
from cosmograd.precision import is_known, require_float64
from cosmograd.solvers import (
    TwoSolutions,
    outcome_of,
    require_accuracy,
    require_increasing,
    solve_at_two_tolerances,
)

_BEST, _WORST = 1e-10, 1e-2


class SpectatorOutcome(enum.IntEnum):
    """What became of a mode."""

    DONE = 0
    NO_VACUUM = 1
    OUT_OF_STEPS = 2
    NOT_A_NUMBER = 3


class SpectatorMode(NamedTuple):
    r"""A mode at the times asked for; NaN unless `outcome` is DONE.

    value: $\delta\varphi_k$ with $a^3(\delta\varphi\,\dot{\delta\varphi}^* - c.c.) = i$ for the vacuum; velocity: its
    derivative by the time of the expansion; achieved_accuracy: estimated relative error of value and velocity together;
    vacuum_error: share of it that the start has, zero for given starts.
    """

    value: Complex[Array, " times"]
    velocity: Complex[Array, " times"]
    achieved_accuracy: Float[Array, ""]
    vacuum_error: Float[Array, ""]
    outcome: Int[Array, ""]

    def power(self, wavenumber: Float[ArrayLike, ""]) -> Float[Array, " times"]:
        r"""$k^3|\delta\varphi_k|^2/2\pi^2$."""
        return jnp.asarray(wavenumber, dtype=float) ** 3 * jnp.abs(self.value) ** 2 / (2 * jnp.pi**2)


def vacuum_mode(
    expansion: AbstractExpansion,
    wavenumber: float | Float[ArrayLike, ""],
    mass_squared: float | Float[ArrayLike, ""],
    times: Float[ArrayLike, " times"],
    accuracy: float = 1e-9,
) -> SpectatorMode:
    r"""The Bunch-Davies mode, its vacuum set at the first of the times by the adiabatic series to third order.

    wavenumber: comoving, k > 0; mass_squared: m²; both in the expansion's unit of 1/time. The phase is that of
    $e^{-ik\tau}$ in the far past of de Sitter space. Where the series is worse than the accuracy (the mode is not deep
    enough inside the horizon, or light masses in a decelerating universe) the outcome is NO_VACUUM. For many
    wavenumbers: `jax.vmap`.
    """
    t, tolerance = _checked(times, accuracy)
    if is_known(wavenumber) and not np.all(np.asarray(wavenumber) > 0):
        raise ValueError(f"`wavenumber` must be > 0, got {wavenumber}.")
    return _vacuum_mode(expansion, _number(wavenumber), _number(mass_squared), t, tolerance)


def evolved_mode(
    expansion: AbstractExpansion,
    wavenumber: float | Float[ArrayLike, ""],
    mass_squared: float | Float[ArrayLike, ""],
    times: Float[ArrayLike, " times"],
    value: complex | Complex[ArrayLike, ""],
    velocity: complex | Complex[ArrayLike, ""],
    accuracy: float = 1e-9,
) -> SpectatorMode:
    """A mode from its value and velocity at the first of the times, real or complex."""
    t, tolerance = _checked(times, accuracy)
    start = jnp.stack([jnp.asarray(value, dtype=complex), jnp.asarray(velocity, dtype=complex)])
    return _evolved_mode(expansion, _number(wavenumber), _number(mass_squared), t, start, tolerance)


def _number(value: float | Float[ArrayLike, ""]) -> Float[Array, ""]:
    return jnp.asarray(value, dtype=float)


def _checked(times: Float[ArrayLike, " times"], accuracy: float) -> tuple[Float[Array, " times"], float]:
    require_float64("A mode of a test field")
    require_accuracy(accuracy, _BEST, _WORST)
    require_increasing("times", times)
    return jnp.asarray(times, dtype=float), accuracy


def _vacuum_terms(expansion: AbstractExpansion, k: Array, mass_squared: Array, time: Array) -> list[Array]:
    r"""The terms of the series in $(aH/k)^2$, from $U = a''/a - m^2a^2$ and its derivatives by conformal time."""

    def potential(t: Array) -> Array:
        H, dH = jax.value_and_grad(expansion.hubble_rate)(t)
        return expansion.scale_factor(t) ** 2 * (2 * H**2 + dH - mass_squared)

    def derivatives(t: Array, order: int) -> tuple[Array, ...]:
        if order == 0:
            return (potential(t),)
        lower, changes = jax.jvp(lambda t: derivatives(t, order - 1), (t,), (expansion.scale_factor(t),))
        return (*lower, changes[-1])

    U, U1, U2, _, U4 = derivatives(time, 4)
    terms = (U / 2, (3 * U**2 - U2) / 8, (10 * U**3 - 10 * U * U2 - 5 * U1**2 + U4) / 32)
    return [term / k ** (2 * order) for order, term in enumerate(terms, 1)]


def _initial_phase(x: Array, terms: list[Array]) -> Array:
    """−∫ dx/power from x to infinity, with terms that fall as x⁻², x⁻⁴, x⁻⁶: so they do in de Sitter space."""
    e1, e2, e3 = terms
    corrections = (-e1, e1**2 - e2, -(e1**3) + 2 * e1 * e2 - e3)
    return -x + x * sum((c / (2 * m - 1) for m, c in enumerate(corrections, 1)), jnp.zeros_like(x))


@compiled
def _vacuum_mode(
    expansion: AbstractExpansion, k: Array, mass_squared: Array, times: Array, accuracy: float | Array
) -> SpectatorMode:
    def log_size(t: Array) -> tuple[Array, list[Array]]:
        terms = _vacuum_terms(expansion, k, mass_squared, t)
        return jnp.log((1 + sum(terms, jnp.zeros(()))) / (2 * k)) - 2 * expansion.log_scale_factor(t), terms

    def angular_velocity(t: Array, R: Array) -> Array:
        return jnp.exp(-R - 3 * expansion.log_scale_factor(t)) / 2

    def rate(t: Array, y: Array, args: None) -> Array:
        del args
        R, d, _ = y
        ω = angular_velocity(t, R)
        k_physical = k * jnp.exp(-expansion.log_scale_factor(t))
        force = k_physical**2 + mass_squared
        return jnp.stack([d, -(d**2) / 2 - 3 * expansion.hubble_rate(t) * d + 2 * ω**2 - 2 * force, ω])

    first = times[0]
    R, d, terms = jax.jvp(log_size, (first,), (jnp.ones_like(first),), has_aux=True)
    x = k / (expansion.scale_factor(first) * expansion.hubble_rate(first))
    start = jnp.stack([R, d, _initial_phase(x, terms)])
    solutions = solve_at_two_tolerances(rate, start, times, accuracy)

    def mode(y: Array) -> tuple[Array, Array]:
        R, d, θ = y.T
        value = jnp.exp(R / 2) * (jnp.cos(θ) - 1j * jnp.sin(θ))
        return value, (d / 2 - 1j * jax.vmap(angular_velocity)(times, R)) * value

    vacuum_error = jnp.abs(terms[-1])
    frequency = _frequency(expansion, k, mass_squared, times)
    return _result(solutions, mode, frequency, vacuum_error, accuracy)


@compiled
def _evolved_mode(
    expansion: AbstractExpansion, k: Array, mass_squared: Array, times: Array, start: Array, accuracy: float | Array
) -> SpectatorMode:
    def rate(t: Array, y: Array, args: None) -> Array:
        del args
        value, velocity = y[:2], y[2:]
        force = k**2 * jnp.exp(-2 * expansion.log_scale_factor(t)) + mass_squared
        return jnp.concatenate([velocity, -3 * expansion.hubble_rate(t) * velocity - force * value])

    real = jnp.concatenate([start.real, start.imag]).reshape(2, 2).T.reshape(4)  # values, then velocities
    solutions = solve_at_two_tolerances(rate, real, times, accuracy)

    def mode(y: Array) -> tuple[Array, Array]:
        return y[:, 0] + 1j * y[:, 1], y[:, 2] + 1j * y[:, 3]

    frequency = _frequency(expansion, k, mass_squared, times)
    return _result(solutions, mode, frequency, jnp.zeros(()), accuracy)


def _frequency(expansion: AbstractExpansion, k: Array, mass_squared: Array, times: Array) -> Array:
    """How fast anything happens: (k²/a² + |m²| + H²)^½."""

    def at(t: Array) -> Array:
        k_physical = k * jnp.exp(-expansion.log_scale_factor(t))
        return jnp.sqrt(k_physical**2 + jnp.abs(mass_squared) + expansion.hubble_rate(t) ** 2)

    return jax.vmap(at)(times)


def _result(
    solutions: TwoSolutions,
    mode: Callable[[Array], tuple[Array, Array]],
    frequency: Array,
    vacuum_error: Array,
    accuracy: float | Array,
) -> SpectatorMode:
    """`mode` turns states into value and velocity."""
    (value, velocity), (rough, rough_velocity) = mode(solutions.fine), mode(solutions.coarse)
    # Together, in units of the frequency: a real solution passes through zero, and then its own relative error says
    # nothing.
    difference = jnp.abs(value - rough) + jnp.abs(velocity - rough_velocity) / frequency
    step_error = jnp.max(difference / (jnp.abs(value) + jnp.abs(velocity) / frequency))
    finite = jnp.isfinite(value).all() & jnp.isfinite(velocity).all()
    checks = [
        (vacuum_error > accuracy, SpectatorOutcome.NO_VACUUM),
        (solutions.out_of_steps, SpectatorOutcome.OUT_OF_STEPS),
        (~finite, SpectatorOutcome.NOT_A_NUMBER),
    ]
    outcome = outcome_of(checks, SpectatorOutcome.DONE)
    done = outcome == SpectatorOutcome.DONE
    return SpectatorMode(
        jnp.where(done, value, jnp.nan),
        jnp.where(done, velocity, jnp.nan),
        jnp.where(done, step_error + vacuum_error, jnp.nan),
        vacuum_error,
        outcome,
    )
