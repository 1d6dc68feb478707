r"""A network's universe beside the direct solution, with the error split into its causes.

* **step**: the leapfrog scheme without a network, against the direct solution: ∝ δ².
* **amplitude**: what changes in the network's universe when its amplitude is halved, twice: ∝ ε.
* **width**: distance to the leapfrog scheme, r.m.s. over networks drawn alike: ∝ ε/width.

The last two are the same interactions, which a network of finite width has beside those of the model: seen at this
network through the amplitude, and over draws of networks, which scatter by factors. They do not add up with each other;
the step and either of them do.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from cosmograd.duality.analogue.compiler import AnalogueProblem, earlier_fields
from cosmograd.duality.analogue.field_theory import direct_solution, require_finite_history
from cosmograd.duality.analogue.leapfrog_schedule import LeapfrogSchedule, leapfrog_schedule
from cosmograd.duality.analogue.network_universe import network_universe
from cosmograd.duality.relative_errors import norm_ratio
from cosmograd.learning.networks import AbstractNetwork

_NETWORKS = 8
_DIRECT_ACCURACY = 1e-11

FieldPath = Float[np.ndarray, "updates_and_start modes fields"]


class AnalogueComparison(NamedTuple):
    """Errors are norms over all modes and updates, relative to the direct solution.

    convergence_order: of the network's whole error at twice, once and half the step; NaN where a doubled step is not
    stable; condition_number: of the kernel on the modes.
    """

    times: Float[np.ndarray, " updates_and_start"]
    network: FieldPath
    fixed_kernel: FieldPath
    direct: FieldPath
    relative_error: float
    error_from_step: float
    error_from_amplitude: float
    error_from_width: float
    convergence_order: float
    condition_number: float


def compare_with_direct(problem: AnalogueProblem, key: PRNGKeyArray, refreshes: int = 0) -> AnalogueComparison:
    """Train, solve directly, and split the error; key: of the other networks that the width's share is measured on."""
    path = problem.train(refreshes)
    network = np.asarray(path.fields)
    direct = direct_path(problem)
    fixed = np.asarray(problem.fixed_kernel)
    relative_error = norm_ratio(network - direct, direct)
    halved = np.asarray(_at_amplitude(problem, float(problem.readout.amplitude) / 2).train(refreshes).fields)
    scale = np.linalg.norm(fixed) / np.linalg.norm(direct)
    return AnalogueComparison(
        np.asarray(problem.schedule.times),
        network,
        fixed,
        direct,
        relative_error,
        norm_ratio(fixed - direct, direct),
        2 * norm_ratio(network - halved, direct),
        float(
            scale * np.sqrt(np.mean(np.square(errors_of_networks(problem, problem.readout.network, key, _NETWORKS))))
        ),
        _convergence_order(problem, refreshes, relative_error),
        float(path.condition_number),
    )


def direct_path(problem: AnalogueProblem) -> FieldPath:
    """The direct solution at the times of the updates."""
    start = problem.start
    history = direct_solution(
        problem.theory, jnp.asarray(start.time), *start[:2], problem.schedule.times[1:], _DIRECT_ACCURACY
    )
    require_finite_history(history)
    return np.concatenate([np.asarray(start.coefficients)[None], np.asarray(history.coefficients)])


def error_of_amplitude(problem: AnalogueProblem, amplitude: float) -> float:
    """Distance of this network's universe to that of a fixed kernel, at another amplitude."""
    fields = np.asarray(_at_amplitude(problem, amplitude).train().fields)
    return norm_ratio(fields - problem.fixed_kernel, problem.fixed_kernel)


def errors_of_networks(
    problem: AnalogueProblem, network: AbstractNetwork, key: PRNGKeyArray, count: int
) -> Float[np.ndarray, " networks"]:
    """Distances to the universe of a fixed kernel, of networks drawn independently; these may have another width."""
    keys = jax.vmap(lambda number: jax.random.fold_in(key, number))(jnp.arange(count))
    return np.asarray(_distances(problem, network, keys))


@eqx.filter_jit
def _distances(problem: AnalogueProblem, network: AbstractNetwork, keys: Array) -> Float[Array, " networks"]:
    fixed = problem.fixed_kernel

    def distance(key: Array) -> Float[Array, ""]:
        fields = network_universe(
            problem.theory, network, network.initialise(key), problem.schedule, problem.start.coefficients,
            problem.before, problem.readout.amplitude,
        ).fields  # fmt: skip
        return jnp.linalg.norm(fields - fixed) / jnp.linalg.norm(fixed)

    return jax.lax.map(distance, keys)


def error_at_step(problem: AnalogueProblem, time_step: float, refreshes: int = 0) -> float:
    """Error of the network's universe over the same time in steps of another length, against the direct solution."""
    other = _at_step(problem, time_step)
    direct = direct_path(other)
    refreshes = min(refreshes, max(other.updates // 2 - 1, 0))
    return norm_ratio(np.asarray(other.train(refreshes).fields) - direct, direct)


def _convergence_order(problem: AnalogueProblem, refreshes: int, own_error: float) -> float:
    steps = problem.time_step * np.array([2.0, 1.0, 0.5])
    if steps[0] >= problem.largest_stable_step or problem.updates < 4:
        return float("nan")
    twice, half = (error_at_step(problem, float(step), refreshes) for step in steps[::2])
    errors = [twice, own_error, half]
    return float(np.polyfit(np.log(steps), np.log(np.maximum(errors, 1e-300)), 1)[0])


def _at_amplitude(problem: AnalogueProblem, amplitude: float) -> AnalogueProblem:
    return eqx.tree_at(lambda p: p.readout.amplitude, problem, jnp.asarray(amplitude, dtype=float))


def _at_step(problem: AnalogueProblem, time_step: float) -> AnalogueProblem:
    whole = problem.time_step * problem.updates
    updates = max(1, round(whole / time_step))
    schedule: LeapfrogSchedule = leapfrog_schedule(problem.theory.expansion, time_step, updates, problem.start.time)
    before = earlier_fields(problem.theory, problem.start, time_step)
    return eqx.tree_at(lambda p: (p.schedule, p.before), problem, (schedule, before))
