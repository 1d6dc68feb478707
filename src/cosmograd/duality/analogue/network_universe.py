"""Training a network on a field theory, and reading the fields off it at every update."""

import itertools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from cosmograd.duality.analogue.field_theory import Coefficients, FieldTheory
from cosmograd.duality.analogue.leapfrog_schedule import LeapfrogSchedule
from cosmograd.duality.analogue.readout import Readout, readout_of
from cosmograd.learning.networks import AbstractNetwork, Parameters


class NetworkPath(eqx.Module):
    """fields: q at every $t_n$; parameters: of the network at the end, and the last step; condition_number: of the
    kernel in mode space, the largest of all readouts; rounding: what it makes of the fields, about.
    """

    fields: Float[Array, "updates_and_start modes fields"]
    parameters: Parameters
    condition_number: Float[Array, ""]
    rounding: Float[Array, ""]


def train_on(
    theory: FieldTheory, readout: Readout, schedule: LeapfrogSchedule, now: Coefficients, before: Coefficients
) -> tuple[Float[Array, "updates_and_start modes fields"], Parameters]:
    r"""Heavy ball on the loss $\varepsilon^2U_n(q(\theta))$, from networks that show $q_0$ and $q_{-1}$.

    The fields at every update, and the network at the end.
    """
    start, earlier = readout.showing(now), readout.showing(before)

    def update(carry: tuple[Parameters, PyTree], at: tuple[Array, Array, Array]) -> tuple[Any, Array]:
        (parameters, step), (β, η, ln_a) = carry, at
        outputs, pull = jax.vjp(readout.outputs, parameters)
        q = readout.fields_of(outputs)
        (gradient,) = pull(readout.amplitude * readout.pull_of(theory.force(q, ln_a)))
        step = jax.tree.map(lambda d, g: β * d - η * g, step, gradient)
        return (jax.tree.map(jnp.add, parameters, step), step), q

    along = (schedule.momenta, schedule.learning_rates, schedule.log_scale_factors)
    (last, _), path = jax.lax.scan(update, (start, jax.tree.map(jnp.subtract, start, earlier)), along)
    return jnp.concatenate([path, readout.fields(last)[None]]), last


def network_universe(
    theory: FieldTheory,
    network: AbstractNetwork,
    base: Parameters,
    schedule: LeapfrogSchedule,
    now: Coefficients,
    before: Coefficients,
    amplitude: Float[Array, ""] | float,
    refreshes: int = 0,
) -> NetworkPath:
    """A whole universe on one network.

    refreshes: how often, at equal distances, the network is linearised anew where it then is: its kernel is measured
    again, and the fields go on from there. What finite width has changed until then is kept out of what follows.
    """
    updates = schedule.momenta.shape[0]
    edges = [round(i * updates / (refreshes + 1)) for i in range(refreshes + 2)]
    parts, worst, rounding = [], [], []
    for first, last in itertools.pairwise(edges):
        readout = readout_of(network, theory.box, base, amplitude)
        stretch = LeapfrogSchedule(
            schedule.times[first : last + 1],
            *(x[first:last] for x in schedule[1:]),
        )
        path, base = train_on(theory, readout, stretch, now, before)
        now, before = path[-1], path[-2]
        parts.append(path if last == updates else path[:-1])
        worst.append(readout.condition_number)
        rounding.append(readout.rounding())
    return NetworkPath(jnp.concatenate(parts), base, jnp.max(jnp.stack(worst)), jnp.max(jnp.stack(rounding)))
