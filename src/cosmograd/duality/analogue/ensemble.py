r"""Ensembles of universes, each a draw from the vacuum on a network of its own, and what to expect of them.

```python
ensemble = compile_ensemble(
    theory, network, networks_key, vacuum_modes(theory, 0.0), draws_key, members=512, time_step=0.02, updates=200
)
fields, condition_numbers = ensemble.train()
spectrum = ensemble_spectrum(theory.box, fields[:, -1, :, 0])
```
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from cosmograd.compilation import compiled
from cosmograd.duality.analogue.checks import (
    check_request,
    refuse_inaccurate,
    refuse_long_step,
    refuse_singular_members,
)
from cosmograd.duality.analogue.compiler import DEFAULT_AMPLITUDE, FINITE_WIDTH_SHARE
from cosmograd.duality.analogue.field_theory import FieldsLostError, FieldTheory, direct_solution
from cosmograd.duality.analogue.forecast import (
    HighestFrequency,
    PredictedError,
    best_amplitude,
    forecast,
    frequencies,
    scheme_path,
)
from cosmograd.duality.analogue.leapfrog_schedule import LeapfrogSchedule, fixed_kernel_path, leapfrog_schedule
from cosmograd.duality.analogue.network_universe import network_universe
from cosmograd.duality.analogue.readout import readout_of
from cosmograd.duality.analogue.starts import FieldStart, VacuumModes, vacuum_draws
from cosmograd.duality.analogue.training_problem import TrainingProblem
from cosmograd.learning import member_keys
from cosmograd.learning.member_mapping import MemberMapping, choose_mapping, padded_count, run_members
from cosmograd.learning.networks import AbstractNetwork

MemberFields = Float[Array, "members modes fields"]

# Members whose networks are forecast one by one.
_FORECAST = 8
_AT_A_TIME = 32


class EnsembleForecast(NamedTuple):
    """Before any training.

    predicted: the worst member's errors, as norms over its modes and updates: of time step and rounding that of all
    members, of finite width and lattice that of the first eight; at_end: norms over all modes and members at the last
    update, again with the finite width of those eight; largest_stable_step: the smallest of all members; fixed_kernel:
    every member's fields at the end by the leapfrog scheme; condition_numbers: of every member's kernel.
    """

    predicted: PredictedError
    at_end: PredictedError
    largest_stable_step: float
    fixed_kernel: Float[np.ndarray, "members modes fields"]
    condition_numbers: Float[np.ndarray, " members"]


class TrainingEnsemble(eqx.Module):
    """Many universes to train.

    start, velocities, before: of every member, (members, modes, fields), at start_time and a step earlier;
    amplitude: ε.
    Member i is a network drawn with the key folded with i, and its own draw from the vacuum, whoever the others are.
    """

    theory: FieldTheory
    network: AbstractNetwork
    key: PRNGKeyArray
    schedule: LeapfrogSchedule
    start_time: float
    start: MemberFields
    velocities: MemberFields
    before: MemberFields
    amplitude: float
    refreshes: int = eqx.field(static=True)

    @property
    def members(self) -> int:
        """How many universes there are."""
        return len(self.start)

    def member(self, number: int) -> TrainingProblem:
        """One of them, on its own."""
        base = self.network.initialise(member_keys(self.key, np.array([number]))[0])
        return TrainingProblem(
            self.theory,
            readout_of(self.network, self.theory.box, base, self.amplitude),
            self.schedule,
            FieldStart(self.start[number], self.velocities[number], self.start_time),
            self.before[number],
            self.refreshes,
        )

    def train(
        self, mapping: MemberMapping | None = None
    ) -> tuple[Float[np.ndarray, "members updates_and_start modes fields"], Float[np.ndarray, " members"]]:
        """The fields of every member at every update, and the condition numbers of their kernels."""
        mapping = mapping or choose_mapping("auto", self.members)
        places = np.minimum(np.arange(padded_count(mapping, self.members)), self.members - 1)
        stacked = (member_keys(self.key, places), self.start[places], self.before[places])
        amplitude = jnp.asarray(self.amplitude, dtype=float)
        shared = (self.theory, self.network, self.schedule, amplitude, self.refreshes)
        fields, condition = run_members(_universe_of_member, mapping, stacked, shared)
        return np.asarray(fields)[: self.members], np.asarray(condition)[: self.members]

    def direct(self, times: Float[Array, " times"]) -> Float[Array, "members times modes fields"]:
        """The direct solution of every member's equations, from its own draw; FieldsLostError counts the lost."""
        return evolve_ensemble(self.theory, self.start_time, self.start, self.velocities, times)


class EnsembleProblem(TrainingEnsemble):
    """Many universes to train, with their forecast; made by `compile_ensemble`."""

    forecast: EnsembleForecast


def compile_ensemble(
    theory: FieldTheory,
    network: AbstractNetwork,
    networks_key: PRNGKeyArray,
    vacuum: VacuumModes,
    draws_key: PRNGKeyArray,
    members: int,
    time_step: float,
    updates: int,
    amplitude: float | None = None,
    accuracy: float | None = None,
    refreshes: int = 0,
) -> EnsembleProblem:
    """Draw every member's network and fields, and forecast them all; arguments as those of `compile_analogue`.

    accuracy: of every member. Raises ValueError for what `compile_analogue` refuses, for any member of the ensemble.
    """
    if members < 1:
        raise ValueError(f"`members` must be ≥ 1, got {members}.")
    base = network.initialise(member_keys(networks_key, np.zeros(1, int))[0])
    check_request(theory, network, base, amplitude, accuracy)
    q, v = vacuum_draws(vacuum, draws_key, members)
    time, schedule = vacuum.time, leapfrog_schedule(theory.expansion, time_step, updates, vacuum.time)
    at_start = jnp.broadcast_to(schedule.log_scale_factors[0], members)
    refuse_long_step(time_step, HighestFrequency(float(np.max(frequencies(theory, q, at_start))), time))
    before = evolve_ensemble(theory, time, q, v, jnp.asarray([time - time_step]))[:, 0]

    def at_amplitude(ε: float) -> TrainingEnsemble:
        return TrainingEnsemble(theory, network, networks_key, schedule, time, q, v, before, ε, refreshes)

    ensemble = at_amplitude(amplitude or DEFAULT_AMPLITUDE)
    chosen = False
    if amplitude is None and accuracy is not None:
        chosen = True
        looked_at = [ensemble.member(i) for i in range(min(members, _FORECAST))]
        share = FINITE_WIDTH_SHARE * accuracy
        ensemble = at_amplitude(min(best_amplitude(one, scheme_path(one), share) for one in looked_at))
    found = _forecast(ensemble)
    weakest = ensemble.member(int(np.argmax(found.condition_numbers))).readout
    refuse_inaccurate(theory, weakest, found.predicted, accuracy, time_step, chosen)
    return EnsembleProblem(
        theory, network, networks_key, schedule, time, q, v, before, ensemble.amplitude, refreshes, found
    )


def _universe_of_member(
    member: tuple[Array, Array, Array], shared: tuple[FieldTheory, AbstractNetwork, LeapfrogSchedule, Array, int]
) -> tuple[Array, Array]:
    (key, now, before), (theory, network, schedule, amplitude, refreshes) = member, shared
    path = network_universe(theory, network, network.initialise(key), schedule, now, before, amplitude, refreshes)
    return path.fields, path.condition_number


def _kernel_of_member(
    key: Array, shared: tuple[FieldTheory, AbstractNetwork, Array]
) -> tuple[Float[Array, " size"], Float[Array, ""]]:
    """Eigenvalues on the modes, and what rounding does at a readout."""
    theory, network, amplitude = shared
    readout = readout_of(network, theory.box, network.initialise(key), amplitude)
    return readout.kernel_eigenvalues, readout.rounding()


def _forecast(ensemble: TrainingEnsemble) -> EnsembleForecast:
    theory, schedule, members = ensemble.theory, ensemble.schedule, ensemble.members
    δ = float(schedule.times[1] - schedule.times[0])
    λ, rounding = _kernels(ensemble)
    refuse_singular_members(λ)
    half = leapfrog_schedule(theory.expansion, δ / 2, 2 * schedule.updates, ensemble.start_time)
    half_before = ensemble.direct(jnp.asarray([ensemble.start_time - δ / 2]))[:, 0]
    last, finer, norms, ω = map(
        np.asarray, _schemes(theory, schedule, half, ensemble.start, ensemble.before, half_before)
    )
    if lost := int((~np.isfinite(last)).any(axis=(1, 2)).sum()):
        raise FieldsLostError(_lost(lost, members))
    when = int(np.argmax(ω.max(axis=0)))
    highest = HighestFrequency(float(ω.max()), float(schedule.times[when]))
    refuse_long_step(δ, highest)
    looked_at = [ensemble.member(i) for i in range(min(members, _FORECAST))]
    one_by_one = [forecast(one, scheme_path(one)) for one in looked_at]
    sizes = np.array([np.linalg.norm(one.fixed_kernel[-1]) for one in one_by_one])
    # Of what rounding does at a readout, what the run makes of it: from the members that were run.
    growth = max(one.predicted.rounding / rounding[i] for i, one in enumerate(one_by_one))
    predicted = PredictedError(
        4 / 3 * float(np.max(norms[:, 0] / norms[:, 1])),
        max(one.predicted.finite_width for one in one_by_one),
        growth * float(rounding.max()),
        max(one.predicted.lattice for one in one_by_one),
    )

    def together(cause: str) -> float:
        errors = np.array([getattr(one.at_end, cause) for one in one_by_one])
        return float(np.linalg.norm(errors * sizes) / np.linalg.norm(sizes))

    at_end = PredictedError(
        4 / 3 * float(np.linalg.norm(last - finer) / np.linalg.norm(finer)),
        *(together(cause) for cause in PredictedError._fields[1:]),
    )
    return EnsembleForecast(predicted, at_end, highest.stable_step, last, λ[:, -1] / λ[:, 0])


def _kernels(ensemble: TrainingEnsemble) -> tuple[Float[np.ndarray, "members size"], Float[np.ndarray, " members"]]:
    mapping = choose_mapping("auto", ensemble.members)
    places = np.minimum(np.arange(padded_count(mapping, ensemble.members)), ensemble.members - 1)
    shared = (ensemble.theory, ensemble.network, jnp.asarray(ensemble.amplitude, dtype=float))
    λ, rounding = run_members(_kernel_of_member, mapping, member_keys(ensemble.key, places), shared)
    return np.asarray(λ)[: ensemble.members], np.asarray(rounding)[: ensemble.members]


@compiled
def _schemes(
    theory: FieldTheory,
    schedule: LeapfrogSchedule,
    half: LeapfrogSchedule,
    now: MemberFields,
    before: MemberFields,
    half_before: MemberFields,
) -> tuple[Array, Array, Float[Array, "members 2"], Float[Array, "members updates"]]:
    """Without networks: fields at the end in steps δ and δ/2, norms over each path, the frequencies along it."""

    def one(member: tuple[Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        now, before, half_before = member
        path = fixed_kernel_path(theory, schedule, now, before)
        finer = fixed_kernel_path(theory, half, now, half_before)[::2]
        norms = jnp.stack([jnp.linalg.norm(path - finer), jnp.linalg.norm(finer)])
        return path[-1], finer[-1], norms, frequencies(theory, path[:-1], schedule.log_scale_factors)

    return jax.lax.map(one, (now, before, half_before), batch_size=_AT_A_TIME)


def _lost(lost: int, members: int) -> str:
    return (
        f"the fields of {lost} of {members} members grow without bound: the potential is not bounded below where they "
        "go, or it changes too fast to be followed. Shorten the run."
    )


def evolve_ensemble(
    theory: FieldTheory,
    start_time: float,
    coefficients: MemberFields,
    velocities: MemberFields,
    times: Float[Array, " times"],
    accuracy: float = 1e-9,
) -> Float[Array, "members times modes fields"]:
    """The direct solution of every member. FieldsLostError says how many grow without bound."""
    fields, finished = _evolved(theory, jnp.asarray(start_time), coefficients, velocities, times, accuracy)
    kept = np.isfinite(np.asarray(fields)).all(axis=(1, 2, 3)) & np.asarray(finished)
    if not kept.all():
        raise FieldsLostError(_lost(int((~kept).sum()), len(kept)))
    return fields


@compiled
def _evolved(
    theory: FieldTheory,
    start_time: Array,
    coefficients: Array,
    velocities: Array,
    times: Array,
    accuracy: float | Array,
) -> tuple[Float[Array, "members times modes fields"], Bool[Array, " members"]]:
    def one(member: tuple[Array, Array]) -> tuple[Array, Array]:
        history = direct_solution(theory, start_time, *member, times, accuracy)
        return history.coefficients, history.finished

    return jax.lax.map(one, (coefficients, velocities), batch_size=_AT_A_TIME)
