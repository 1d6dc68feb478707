"""Training a network on a field theory, and reading the fields off it at every update."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from cosmograd.duality.analogue.field_theory import Coefficients, FieldTheory
from cosmograd.duality.analogue.leapfrog_schedule import LeapfrogSchedule, is_padding
from cosmograd.duality.analogue.readout import Readout, readout_of
from cosmograd.learning.networks import AbstractNetwork, Parameters


class NetworkPath(eqx.Module):
    """fields: q at every $t_n$; parameters: of the network at the end; condition_number: of the kernel in mode space,
    the largest of all readouts.
    """

    fields: Float[Array, "updates_and_start modes fields"]
    parameters: Parameters
    condition_number: Float[Array, ""]


class _Stretch(NamedTuple):
    """Where a network is linearised, and the fields that go on from there."""

    base: Parameters
    now: Coefficients
    before: Coefficients


def train_on(
    theory: FieldTheory, readout: Readout, schedule: LeapfrogSchedule, now: Coefficients, before: Coefficients
) -> tuple[Float[Array, "updates_and_start modes fields"], Parameters]:
    r"""Heavy ball on the loss $\varepsilon^2U_n(q(\theta))$, from networks that show $q_0$ and $q_{-1}$.

    The fields at every update, and the network at the end. In padding, fields are zero.
    """
    start, earlier = readout.showing(now), readout.showing(before)

    def update(carry: tuple[Parameters, PyTree], at: tuple[Array, Array, Array]) -> tuple[Any, Array]:
        (parameters, step), (β, η, ln_a) = carry, at

        def moved() -> tuple[Any, Array]:
            outputs, pull = jax.vjp(readout.outputs, parameters)
            q = readout.fields_of(outputs)
            (gradient,) = pull(readout.amplitude * readout.pull_of(theory.force(q, ln_a)))
            moving = jax.tree.map(lambda d, g: β * d - η * g, step, gradient)
            return (jax.tree.map(jnp.add, parameters, moving), moving), q

        return jax.lax.cond(is_padding(β, η), lambda: ((parameters, step), jnp.zeros_like(now)), moved)

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
    again, and the network moved to show the fields from there. What the kernel has drifted until then is kept out of
    what follows: that helps where fields oscillate for long, and drift makes their phases run away. Where they freeze
    in, what finite width does is done at the start of each stretch, and refreshes change little.
    Raises ValueError for more refreshes than half of the updates.
    """
    updates = schedule.updates
    if refreshes < 0 or (refreshes > 0 and 2 * (refreshes + 1) > updates):
        raise ValueError(
            f"`refreshes` must lie between 0 and {max(updates // 2 - 1, 0)}, half of {updates} updates less 1; got "
            f"{refreshes}."
        )
    # All but the last stretch are equally long, so that one program serves them however many there are.
    length = updates // (refreshes + 1)
    begun = refreshes * length

    def stretch(start: _Stretch, along: tuple[Array, Array, Array]) -> tuple[_Stretch, NetworkPath]:
        readout = readout_of(network, theory.box, start.base, amplitude)
        part = LeapfrogSchedule(schedule.times, *along)
        fields, base = train_on(theory, readout, part, start.now, start.before)
        path = NetworkPath(fields, base, readout.condition_number)
        return _Stretch(base, fields[-1], fields[-2]), path

    def cut(x: Array) -> Array:
        return x[:begun].reshape(refreshes, length)

    along = (schedule.momenta, schedule.learning_rates, schedule.log_scale_factors)
    state = _Stretch(base, now, before)
    if refreshes == 0:
        return stretch(state, along)[1]

    def without_parameters(start: _Stretch, along: tuple[Array, Array, Array]) -> tuple[_Stretch, Any]:
        end, path = stretch(start, along)
        return end, (path.fields[:-1], path.condition_number)

    state, (fields, conditions) = jax.lax.scan(without_parameters, state, jax.tree.map(cut, along))
    last = stretch(state, jax.tree.map(lambda x: x[begun:], along))[1]
    return NetworkPath(
        jnp.concatenate([fields.reshape(begun, *fields.shape[2:]), last.fields]),
        last.parameters,
        jnp.maximum(jnp.max(conditions), last.condition_number),
    )
