r"""Schedules of heavy ball that make training follow an expansion history, and the same steps without a network.

$\beta_n = (1-h_n)/(1+h_n)$ and $\eta_n = \delta^2/(1+h_n)$ with $h_n = \tfrac32H(t_n)\delta$, centred on
$t_n = t_0 + n\delta$. Where the kernel of what is trained is the identity, its outputs obey

$$q_{n+1} = q_n + \beta_n(q_n - q_{n-1}) - \eta_n\,\partial U_n/\partial q,$$

the leapfrog scheme: `fixed_kernel_path`.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.cosmology import AbstractExpansion
from cosmograd.duality.analogue.field_theory import Coefficients, FieldTheory


class LeapfrogSchedule(NamedTuple):
    """Of each update; times has the end too. Learning rates in units of time², where V = L."""

    times: Float[Array, " updates_and_end"]
    momenta: Float[Array, " updates"]
    learning_rates: Float[Array, " updates"]
    log_scale_factors: Float[Array, " updates"]


def leapfrog_schedule(
    expansion: AbstractExpansion, time_step: float, updates: int, start_time: float = 0.0
) -> LeapfrogSchedule:
    """time_step: δ. Raises ValueError where the universe does not expand at a finite rate, or 3Hδ/2 > 1."""
    if not (np.isfinite(time_step) and time_step > 0):
        raise ValueError(f"`time_step` must be positive and finite, got {time_step!r}.")
    if updates < 1:
        raise ValueError(f"`updates` must be ≥ 1, got {updates}.")
    times = start_time + time_step * jnp.arange(updates + 1)
    H = jax.vmap(expansion.hubble_rate)(times[:-1])
    bad = ~(np.isfinite(H) & (np.asarray(H) >= 0))
    if bad.any():
        raise ValueError(f"the universe must expand at a finite rate; at t = {times[np.argmax(bad)]:g} it does not.")
    h = 1.5 * H * time_step
    if float(jnp.max(h)) > 1:
        raise ValueError(
            f"at t = {float(times[int(jnp.argmax(h))]):g} the expansion gives 3Hδ/2 = {float(jnp.max(h)):.3g} > 1, "
            f"which would need a negative momentum. Take a time step of at most {time_step / float(jnp.max(h)):.3g}."
        )
    ln_a = jax.vmap(expansion.log_scale_factor)(times[:-1])
    return LeapfrogSchedule(times, (1 - h) / (1 + h), time_step**2 / (1 + h), ln_a)


@eqx.filter_jit
def fixed_kernel_path(
    theory: FieldTheory, schedule: LeapfrogSchedule, now: Coefficients, before: Coefficients
) -> Float[Array, "updates_and_start modes fields"]:
    """q at every $t_n$, from $q_0$ and $q_{-1}$."""

    def update(carry: tuple[Array, Array], at: tuple[Array, Array, Array]) -> tuple[tuple[Array, Array], Array]:
        (q, step), (β, η, ln_a) = carry, at
        step = β * step - η * theory.force(q, ln_a)
        return (q + step, step), q

    along = (schedule.momenta, schedule.learning_rates, schedule.log_scale_factors)
    (last, _), path = jax.lax.scan(update, (now, now - before), along)
    return jnp.concatenate([path, last[None]])
