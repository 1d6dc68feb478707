r"""Slow roll: horizon-flow parameters and the spectra they give.

$\epsilon_1 = -\mathrm{d}\ln H/\mathrm{d}N$, $\epsilon_{i+1} = \mathrm{d}\ln\epsilon_i/\mathrm{d}N$ of one field
(Schwarz, Terrero-Escalante & García 2001).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.cosmology.background import InflationHistory, Phase, acceleration, slow_roll_ε

C = float(np.euler_gamma + np.log(2) - 2)
r"""$C = \gamma_E + \ln 2 - 2 \approx -0.7296$."""


class HorizonFlow(NamedTuple):
    """ε₁, ε₂, ε₃; dimensionless."""

    first: Float[Array, "*points"]
    second: Float[Array, "*points"]
    third: Float[Array, "*points"]


def horizon_flow(history: InflationHistory, phase: Phase) -> HorizonFlow:
    """Of the exact background at some points of it."""
    model = history.model

    def rate(state: tuple[Array, Array]) -> tuple[Array, Array]:
        φ, v = state
        return v, acceleration(model, φ, v)

    def first(state: tuple[Array, Array]) -> Array:
        return slow_roll_ε(model, *state)

    def second(state: tuple[Array, Array]) -> Array:
        ε, change = jax.jvp(first, (state,), (rate(state),))
        return change / ε

    def flow(φ: Array, v: Array) -> HorizonFlow:
        ε2, change = jax.jvp(second, ((φ, v),), (rate((φ, v)),))
        return HorizonFlow(first((φ, v)), ε2, change / ε2)

    fields = phase.field.shape[-1]
    points = phase.log_hubble.shape
    flat = jax.vmap(flow)(phase.field.reshape(-1, fields), phase.velocity.reshape(-1, fields))
    return HorizonFlow(*(values.reshape(points) for values in flat))


class SlowRollSpectra(NamedTuple):
    """What slow roll predicts for modes with k = aH at some points; next to leading order.

    Several fields feed the curvature outside the horizon: what is scalar is NaN for them.
    """

    scalar_power: Float[Array, "*points"]
    tensor_power: Float[Array, "*points"]
    scalar_tilt: Float[Array, "*points"]
    running: Float[Array, "*points"]
    tensor_tilt: Float[Array, "*points"]


def slow_roll_spectra(history: InflationHistory, phase: Phase) -> SlowRollSpectra:
    r"""$P_R = \frac{H^2}{8\pi^2\epsilon_1}[1 - 2(C+1)\epsilon_1 - C\epsilon_2]$,
    $P_t = \frac{2H^2}{\pi^2}[1 - 2(C+1)\epsilon_1]$ at k = aH; tilts to second order, running to its lowest.

    Stewart & Lyth (1993); Leach, Liddle, Martin & Schwarz (2002), eqs. 23–27.
    """
    ε1, ε2, ε3 = horizon_flow(history, phase)
    H2 = jnp.exp(2 * phase.log_hubble)
    shared = 1 - 2 * (C + 1) * ε1
    of_one_field = 1.0 if history.model.potential.fields == 1 else jnp.nan
    return SlowRollSpectra(
        of_one_field * H2 / (8 * jnp.pi**2 * ε1) * (shared - C * ε2),
        2 * H2 / jnp.pi**2 * shared,
        of_one_field * (1 - 2 * ε1 - ε2 - 2 * ε1**2 - (2 * C + 3) * ε1 * ε2 - C * ε2 * ε3),
        of_one_field * (-2 * ε1 * ε2 - ε2 * ε3),
        -2 * ε1 - 2 * ε1**2 - 2 * (C + 1) * ε1 * ε2,
    )
