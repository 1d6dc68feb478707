r"""A network's universe beside the direct solution, with the error split into its causes.

* **step**: the leapfrog scheme without a network, against the direct solution: ∝ δ².
* **amplitude**: what changes in the network's universe from one amplitude to twice it: ∝ ε.
* **width**: distance to the leapfrog scheme, r.m.s. over networks drawn alike: ∝ ε/width.

The last two are the same interactions, which a network of finite width has beside those of the model: seen at this
network through the amplitude, and over draws of networks, which scatter by factors. They do not add up with each other;
the step and either of them do.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from cosmograd.compilation import compiled
from cosmograd.duality.analogue.compiler import AnalogueProblem
from cosmograd.duality.analogue.field_theory import FieldHistory, FieldTheory, direct_solution, require_finite_history
from cosmograd.duality.analogue.leapfrog_schedule import LeapfrogSchedule
from cosmograd.duality.analogue.network_universe import network_universe
from cosmograd.duality.analogue.padding import padded
from cosmograd.duality.analogue.training_problem import TrainingProblem
from cosmograd.duality.relative_errors import norm_ratio
from cosmograd.learning.networks import AbstractNetwork

_NETWORKS = 8
_DIRECT_ACCURACY = 1e-11
# Of the largest size at a time, below which a mode's relative error says nothing.
_LEAST_SHARE = 1e-3
# Below this expected error of finite width, twice the amplitude is still in the linear window.
_WELL_INSIDE = 0.01

FieldPath = Float[np.ndarray, "updates_and_start modes fields"]


class AnalogueComparison(NamedTuple):
    """Errors are norms over all modes and updates, relative to the direct solution, unless it is said otherwise.

    network, fixed_kernel, direct: fields at every $t_n$, of the network, of the scheme, and of the equations;
    error_of_modes: of each mode at each time, relative to the size of modes of its |k| then (`errors_of_modes`);
    error_at_end: the largest of these at the last; convergence_order: of the network's whole error at twice, once and
    half the step; NaN where a doubled step is not possible; error_from_amplitude, error_from_width: NaN where rounding
    hides them; condition_number: of the kernel on the modes.
    """

    times: Float[np.ndarray, " updates_and_start"]
    network: FieldPath
    fixed_kernel: FieldPath
    direct: FieldPath
    relative_error: float
    error_of_modes: Float[np.ndarray, "updates_and_start modes"]
    error_from_step: float
    error_from_amplitude: float
    error_from_width: float
    convergence_order: float
    condition_number: float

    @property
    def error_at_end(self) -> float:
        """Largest error of a mode at the last update, relative to the size of modes of its |k| then."""
        return float(np.nanmax(self.error_of_modes[-1]))


def compare_with_direct(problem: AnalogueProblem, key: PRNGKeyArray) -> AnalogueComparison:
    """Train, solve directly, and split the error; key: of the other networks that the width's share is measured on."""
    path = problem.train()
    network, history = np.asarray(path.fields), direct_history(problem)
    direct, fixed = np.asarray(history.coefficients), np.asarray(problem.fixed_kernel)
    relative_error = norm_ratio(network - direct, direct)
    scale = np.linalg.norm(fixed) / np.linalg.norm(direct)
    hidden = problem.predicted.rounding > problem.predicted.finite_width
    widths = errors_of_networks(problem, problem.readout.network, key, _NETWORKS)
    return AnalogueComparison(
        np.asarray(problem.schedule.times),
        network,
        fixed,
        direct,
        relative_error,
        errors_of_modes(problem.theory, history, network),
        norm_ratio(fixed - direct, direct),
        float("nan") if hidden else _error_from_amplitude(problem, network, direct),
        float("nan") if hidden else float(scale * np.sqrt(np.mean(np.square(widths)))),
        _convergence_order(problem, relative_error),
        float(path.condition_number),
    )


def direct_history(problem: TrainingProblem) -> FieldHistory:
    """The direct solution at the start and at the times of all updates. ValueError where it grows without bound."""
    start = problem.start
    later = direct_solution(
        problem.theory, jnp.asarray(start.time), *start[:2], problem.schedule.times[1:], _DIRECT_ACCURACY
    )
    require_finite_history(later)
    along = ((start.coefficients, later.coefficients), (start.velocities, later.velocities))
    q, v = (jnp.asarray(np.concatenate([np.asarray(now)[None], np.asarray(then)])) for now, then in along)
    return FieldHistory(problem.schedule.times, q, v, later.finished)


def direct_path(problem: TrainingProblem) -> FieldPath:
    """The fields of `direct_history`."""
    return np.asarray(direct_history(problem).coefficients)


def errors_of_modes(
    theory: FieldTheory, history: FieldHistory, fields: FieldPath
) -> Float[np.ndarray, "updates_and_start modes"]:
    """Distance of every mode, all fields together, to the direct solution, over the size that its |k| has then.

    That is the r.m.s. of `FieldTheory.envelope` over the modes of this |k|: where fields freeze in, one of cosine and
    sine may die out, and its own size be of no interest. NaN where it is below a thousandth of the largest at the time.
    """
    t, q, v = (padded(x) for x in (history.times, history.coefficients, history.velocities))
    padded_history = FieldHistory(t, q, v, history.finished)
    sizes = np.asarray(_envelopes(theory, padded_history))[: len(history.times)]
    k = np.asarray(theory.box.wavenumbers)
    same = np.isclose(k[:, None], k, rtol=1e-12)
    sizes = np.sqrt(np.square(sizes) @ same / same.sum(axis=0))
    distance = np.linalg.norm(fields - np.asarray(history.coefficients), axis=2)
    large = (sizes > 0) & (sizes >= _LEAST_SHARE * sizes.max(axis=1, keepdims=True))
    return distance / np.where(large, sizes, np.nan)


@compiled
def _envelopes(theory: FieldTheory, history: FieldHistory) -> Float[Array, "updates_and_start modes"]:
    mass_squared = jnp.max(jax.lax.map(theory.largest_curvature, history.coefficients))
    along = (history.coefficients, history.velocities, history.times)
    return jax.vmap(lambda q, v, t: theory.envelope(q, v, t, mass_squared))(*along)


def _error_from_amplitude(problem: AnalogueProblem, network: FieldPath, direct: FieldPath) -> float:
    """From twice the amplitude, where rounding is less; from half of it, where twice is outside the linear window."""
    factor = 2.0 if problem.predicted.finite_width < _WELL_INSIDE else 0.5
    other = np.asarray(problem.at_amplitude(factor * float(problem.readout.amplitude)).train().fields)
    return norm_ratio(other - network, direct) / abs(factor - 1)


def error_of_amplitude(problem: AnalogueProblem, amplitude: float) -> float:
    """Distance of this network's universe to that of a fixed kernel, at another amplitude."""
    fields = np.asarray(problem.at_amplitude(amplitude).train().fields)
    return norm_ratio(fields - problem.fixed_kernel, problem.fixed_kernel)


def errors_of_networks(
    problem: AnalogueProblem, network: AbstractNetwork, key: PRNGKeyArray, count: int
) -> Float[np.ndarray, " networks"]:
    """Distances to the universe of a fixed kernel, of networks drawn independently; these may have another width."""
    keys = jax.vmap(lambda number: jax.random.fold_in(key, number))(jnp.arange(count))
    schedule = problem.schedule_of_program
    fixed = np.asarray(problem.fixed_kernel)
    # As `train_on` leaves padding: the fields at the end stand last, before them zeros.
    path = padded(fixed[:-1], length=schedule.updates, with_zeros=True)
    found = _distances(
        problem.theory, network, schedule, problem.start.coefficients, problem.before,
        problem.readout.amplitude, problem.refreshes, jnp.asarray(np.append(path, fixed[-1:], axis=0)), keys,
    )  # fmt: skip
    return np.asarray(found)


@compiled
def _distances(
    theory: FieldTheory,
    network: AbstractNetwork,
    schedule: LeapfrogSchedule,
    now: Array,
    before: Array,
    amplitude: Array,
    refreshes: int,
    fixed: Array,
    keys: Array,
) -> Float[Array, " networks"]:
    def distance(key: Array) -> Float[Array, ""]:
        base = network.initialise(key)
        fields = network_universe(theory, network, base, schedule, now, before, amplitude, refreshes).fields
        return jnp.linalg.norm(fields - fixed) / jnp.linalg.norm(fixed)

    return jax.lax.map(distance, keys)


def error_at_step(problem: TrainingProblem, time_step: float) -> float:
    """Error of the network's universe over the same time in steps of another length, against the direct solution."""
    other = problem.at_step(time_step)
    direct = direct_path(other)
    return norm_ratio(np.asarray(other.train().fields) - direct, direct)


def _convergence_order(problem: AnalogueProblem, own_error: float) -> float:
    steps = problem.time_step * np.array([2.0, 1.0, 0.5])
    possible = steps[0] < problem.largest_stable_step and problem.allows_step(float(steps[0]))
    if not possible or problem.updates < 4:
        return float("nan")
    twice, half = (error_at_step(problem, float(step)) for step in steps[::2])
    errors = [twice, own_error, half]
    return float(np.polyfit(np.log(steps), np.log(np.maximum(errors, 1e-300)), 1)[0])
