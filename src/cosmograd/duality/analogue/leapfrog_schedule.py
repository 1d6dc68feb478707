r"""Schedules of heavy ball that make training follow an expansion history, and the same steps without a network.

$\beta_n = (1-h_n)/(1+h_n)$ and $\eta_n = \delta^2/(1+h_n)$ with $h_n = \tfrac32H(t_n)\delta$, centred on
$t_n = t_0 + n\delta$. Where the kernel of what is trained is the identity, its outputs obey

$$q_{n+1} = q_n + \beta_n(q_n - q_{n-1}) - \eta_n\,\partial U_n/\partial q,$$

the leapfrog scheme: `fixed_kernel_path`.

A program has as many updates as its schedule. So that runs of different lengths share it, schedules are padded to
`padded_length` with updates that change nothing, β = η = 0; these are skipped, and paths are `cut` afterwards.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Bool, Float

from cosmograd.compilation import compiled
from cosmograd.cosmology import AbstractExpansion
from cosmograd.duality.analogue.field_theory import Coefficients, FieldTheory
from cosmograd.duality.analogue.padding import padded, padded_length
from cosmograd.duality.expansion_schedules import schedule_of_expansion


class LeapfrogSchedule(NamedTuple):
    """Of each update at $t_n$; `times` has the end too.

    momenta, learning_rates: β_n, and η_n in units of time²; log_scale_factors: ln a.
    """

    times: Float[Array, " updates_and_end"]
    momenta: Float[Array, " updates"]
    learning_rates: Float[Array, " updates"]
    log_scale_factors: Float[Array, " updates"]

    @property
    def updates(self) -> int:
        """How many."""
        return self.momenta.shape[0]

    def padded(self) -> "LeapfrogSchedule":
        """With padding at the end."""
        return LeapfrogSchedule(
            padded(self.times, length=padded_length(self.updates)),
            padded(self.momenta, with_zeros=True),
            padded(self.learning_rates, with_zeros=True),
            padded(self.log_scale_factors),
        )

    def cut(self, fields: Float[Array, "padded modes fields"]) -> Float[Array, "updates_and_start modes fields"]:
        """A path along the padded schedule, without the padding; its last fields are those at the end."""
        if isinstance(fields, Tracer):
            return jnp.concatenate([fields[: self.updates], fields[-1:]])
        known = np.asarray(fields)
        return jnp.asarray(np.concatenate([known[: self.updates], known[-1:]]))


def is_padding(momentum: Float[Array, ""], learning_rate: Float[Array, ""]) -> Bool[Array, ""]:
    """Whether an update is padding."""
    return (momentum == 0) & (learning_rate == 0)


def leapfrog_schedule(
    expansion: AbstractExpansion, time_step: float, updates: int, start_time: float = 0.0
) -> LeapfrogSchedule:
    """time_step: δ. Raises ValueError where the universe does not expand at a finite rate, or 3Hδ/2 > 1.

    Unlike a training from rest, this one has a step before its first, whose momentum counts.
    """
    h = 1.5 * float(expansion.hubble_rate(start_time)) * time_step
    if h > 1:
        raise ValueError(
            f"at t = {start_time:g} the expansion gives 3Hδ/2 = {h:.3g} > 1, which would need a negative momentum. "
            f"Take a time step of at most {time_step / h:.3g}."
        )
    steps = schedule_of_expansion(expansion, time_step, updates, start_time)
    times = jnp.asarray(start_time + time_step * np.arange(updates + 1))
    ln_a = jax.vmap(expansion.log_scale_factor)(times[:-1])
    return LeapfrogSchedule(times, jnp.asarray(steps.momentum), jnp.asarray(steps.learning_rate), ln_a)


@compiled
def fixed_kernel_path(
    theory: FieldTheory, schedule: LeapfrogSchedule, now: Coefficients, before: Coefficients
) -> Float[Array, "updates_and_start modes fields"]:
    """q at every $t_n$, from $q_0$ and $q_{-1}$."""

    def update(carry: tuple[Array, Array], at: tuple[Array, Array, Array]) -> tuple[tuple[Array, Array], Array]:
        (q, step), (β, η, ln_a) = carry, at

        def moved() -> tuple[Array, Array]:
            moving = β * step - η * theory.force(q, ln_a)
            return q + moving, moving

        return jax.lax.cond(is_padding(β, η), lambda: (q, step), moved), q

    along = (schedule.momenta, schedule.learning_rates, schedule.log_scale_factors)
    (last, _), path = jax.lax.scan(update, (now, now - before), along)
    return jnp.concatenate([path, last[None]])
