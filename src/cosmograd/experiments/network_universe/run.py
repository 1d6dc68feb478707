"""From a specification to a universe, or an ensemble of them, trained on networks and solved directly."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from cosmograd.cosmology import DeSitter
from cosmograd.duality import norm_ratio
from cosmograd.duality.analogue import (
    AnalogueProblem,
    EnsembleProblem,
    FieldsLostError,
    FieldTheory,
    LeapfrogSchedule,
    PredictedError,
    VacuumModes,
    compare_with_direct,
    compile_analogue,
    compile_ensemble,
    direct_history,
    direct_path,
    ensemble_spectrum,
    errors_of_modes,
    tilt_outside_horizon,
    vacuum_modes,
    vacuum_spectrum,
)
from cosmograd.errors import UserError
from cosmograd.experiments.network_universe.model import AnalogueModel, build
from cosmograd.experiments.network_universe.quantities import QUANTITIES
from cosmograd.experiments.network_universe.scalings import error_scalings
from cosmograd.experiments.network_universe.specification import EvolutionSection, FieldStartSection, Specification
from cosmograd.experiments.network_universe.start import field_start
from cosmograd.experiments.training.assembly import Sources
from cosmograd.learning import member_keys
from cosmograd.results import Result

Arrays = dict[str, tuple[tuple[str, ...], Any]]

_HISTORY = 41
# Shares of the work, for the progress; the errors at other steps, amplitudes and widths are the rest.
_COMPILING, _TRAINING = 0.3, 0.4


class TimedResult(NamedTuple):
    """seconds: of training and of the direct solver, once compiled; empty without a clock."""

    result: Result
    seconds: dict[str, float]


class _Keys(NamedTuple):
    """Of the networks, of the draws from the vacuum, and of the networks that the width's error is measured on."""

    networks: PRNGKeyArray
    draws: PRNGKeyArray
    others: PRNGKeyArray


def run(
    specification: Specification,
    files: Sources,
    progress: Callable[[float], None] = lambda fraction: None,
    pictured: bool = False,
) -> Result:
    """Train the universe, or the ensemble, and solve it directly; `UserError` where the request is of no use.

    progress: called with the fraction of the work done since the last call; pictured: with what figures need besides:
    the errors at other steps, amplitudes and widths.
    """
    return timed_run(specification, files, progress, pictured).result


def timed_run(
    specification: Specification,
    files: Sources,
    progress: Callable[[float], None] = lambda fraction: None,
    pictured: bool = False,
    clock: Callable[[], float] | None = None,
) -> TimedResult:
    """The same, and how long training and the direct solver took by a clock in seconds."""
    with _told_to_the_user(ValueError):
        model = build(specification, files)
    attributes = {
        "name": specification.name,
        "specification": json.dumps(specification.model_dump(), ensure_ascii=False),
    }
    return computed(model, specification.start, specification.training, attributes, progress, pictured, clock)


def computed(
    model: AnalogueModel,
    start: FieldStartSection,
    training: EvolutionSection,
    attributes: Mapping[str, str],
    progress: Callable[[float], None],
    pictured: bool = False,
    clock: Callable[[], float] | None = None,
) -> TimedResult:
    """The universe of a model that is built, from its start; attributes: of the result. `UserError` as in `run`."""
    keys = _Keys(*jax.random.split(jax.random.key(training.seed), 3))
    with _told_to_the_user(ValueError):
        vacuum = None if start.kind == "waves" else vacuum_modes(model.theory, model.start_time)
    if vacuum is not None and training.members > 1:
        with _told_to_the_user(ValueError):
            ensemble = _compiled_ensemble(training, model, keys, vacuum)
        progress(_COMPILING)
        with _told_to_the_user(FieldsLostError):
            arrays, seconds = _ensemble(model, ensemble, vacuum, clock)
        progress(1 - _COMPILING)
    else:
        with _told_to_the_user(ValueError):
            problem = _compiled(start, training, model, keys, vacuum)
        progress(_COMPILING)
        with _told_to_the_user(FieldsLostError):
            arrays = _single(model.theory, problem, keys.others)
            progress(_TRAINING)
            arrays |= error_scalings(problem, keys.others) if pictured else {}
            seconds = _timed(problem, clock)
        progress(1 - _COMPILING - _TRAINING)
    arrays["time_step"] = ((), training.time_step)
    return TimedResult(Result.of("network_universe", QUANTITIES, arrays, attributes), seconds)


@contextmanager
def _told_to_the_user(refusal: type[ValueError]) -> Iterator[None]:
    """What is refused as a value of the library's functions is a mistake in the file."""
    try:
        yield
    except refusal as error:
        raise UserError(str(error)) from error


def _compiled(
    section: FieldStartSection,
    training: EvolutionSection,
    model: AnalogueModel,
    keys: _Keys,
    vacuum: VacuumModes | None,
) -> AnalogueProblem:
    start = field_start(section, model.theory, model.start_time, vacuum, keys.draws)
    first = member_keys(keys.networks, np.zeros(1, int))[0]
    return compile_analogue(
        model.theory, model.network, model.network.initialise(first), start, training.time_step, model.updates,
        training.amplitude, training.accuracy, training.refreshes,
    )  # fmt: skip


def _compiled_ensemble(
    training: EvolutionSection, model: AnalogueModel, keys: _Keys, vacuum: VacuumModes
) -> EnsembleProblem:
    return compile_ensemble(
        model.theory, model.network, keys.networks, vacuum, keys.draws, training.members, training.time_step,
        model.updates, training.amplitude, training.accuracy, training.refreshes,
    )  # fmt: skip


def _paths(theory: FieldTheory, schedule: LeapfrogSchedule, **fields: np.ndarray) -> Arrays:
    """Fields along the updates; the scale factor and the modes beside them."""
    along = ("update", "mode", "component")
    ln_a = np.asarray(jax.vmap(theory.expansion.log_scale_factor)(schedule.times))
    return {
        "update": (("update",), np.arange(len(ln_a))),
        "mode": (("mode",), [wave.name for wave in theory.box.waves]),
        "component": (("component",), np.arange(1, theory.fields + 1)),
        "time": (("update",), schedule.times),
        "e_folds": (("update",), ln_a - ln_a[0]),
        "mode_wavenumber": (("mode",), theory.box.wavenumbers),
        "updates": ((), len(ln_a) - 1),
        **{f"{name}_fields": (along, values) for name, values in fields.items()},
    }


def _forecast(predicted: PredictedError, amplitude: float, largest_stable_step: float) -> Arrays:
    found = {f"predicted_error_from_{cause}": value for cause, value in predicted._asdict().items()}
    found |= {"amplitude": amplitude, "largest_stable_step": largest_stable_step}
    return {name: ((), value) for name, value in found.items()}


def _single(theory: FieldTheory, problem: AnalogueProblem, others: PRNGKeyArray) -> Arrays:
    comparison, amplitude = compare_with_direct(problem, others), float(problem.readout.amplitude)
    if not np.isfinite(comparison.network).all():
        raise UserError(_run_away(amplitude))
    numbers = {
        "relative_error": comparison.relative_error,
        "error_at_end": comparison.error_at_end,
        "error_from_step": comparison.error_from_step,
        "error_from_amplitude": comparison.error_from_amplitude,
        "error_from_width": comparison.error_from_width,
        "convergence_order": comparison.convergence_order,
        "kernel_condition_number": comparison.condition_number,
    }
    return {
        **_paths(
            theory, problem.schedule, network=comparison.network, direct=comparison.direct,
            fixed_kernel=comparison.fixed_kernel,
        ),
        **_forecast(problem.predicted, amplitude, problem.largest_stable_step),
        "error_of_modes": (("update", "mode"), comparison.error_of_modes),
        **{name: ((), value) for name, value in numbers.items()},
    }  # fmt: skip


def _run_away(amplitude: float) -> str:
    return (
        f"training.amplitude: at {amplitude:.2g} the network's universe runs away, far outside the linear window; take "
        "a smaller amplitude, or give `accuracy`, from which it follows."
    )


def _timed(problem: AnalogueProblem, clock: Callable[[], float] | None) -> dict[str, float]:
    """Seconds of what has run before, so that none are those of compiling."""
    if clock is None:
        return {}
    start = clock()
    jax.block_until_ready(problem.train().fields)
    between = clock()
    direct_path(problem)
    return {"network_seconds": between - start, "direct_seconds": clock() - between}


def _ensemble(
    model: AnalogueModel, ensemble: EnsembleProblem, vacuum: VacuumModes, clock: Callable[[], float] | None
) -> tuple[Arrays, dict[str, float]]:
    found = ensemble.forecast
    clock = clock or (lambda: float("nan"))
    started = clock()
    fields, conditions = ensemble.train()
    trained = clock()
    last = np.asarray(ensemble.direct(ensemble.schedule.times[-1:]))[:, 0]
    solved = clock()
    if not np.isfinite(fields).all():
        raise UserError(_run_away(ensemble.amplitude))
    first = direct_history(ensemble.member(0))
    squares = np.square(fields[:, -1] - last).sum(axis=(1, 2)), np.square(last).sum(axis=(1, 2))
    arrays = {
        **_paths(ensemble.theory, ensemble.schedule, network=fields[0], direct=np.asarray(first.coefficients)),
        **_forecast(found.at_end, ensemble.amplitude, found.largest_stable_step),
        **_spectra(model, ensemble, vacuum, fields, last),
        "error_of_modes": (("update", "mode"), errors_of_modes(ensemble.theory, first, fields[0])),
        "member_error": (("member",), np.sqrt(squares[0] / squares[1])),
        "member_condition_number": (("member",), conditions),
        "worst_predicted_error": ((), found.predicted.total),
        "kernel_condition_number": ((), conditions.max()),
        "relative_error": ((), norm_ratio(fields[:, -1] - last, last)),
    }
    seconds = {"network_seconds": trained - started, "direct_seconds": solved - trained}
    return arrays, seconds if np.isfinite(started) else {}


def _spectra(
    model: AnalogueModel,
    ensemble: EnsembleProblem,
    vacuum: VacuumModes,
    fields: Float[np.ndarray, "members updates_and_start modes fields"],
    last: Float[np.ndarray, "members modes fields"],
) -> Arrays:
    """Power of every field, of the network, the scheme, the equations and the vacuum's mode functions."""
    theory, found = model.theory, ensemble.forecast
    network, scheme, direct = (
        [ensemble_spectrum(theory.box, path[:, :, c]) for c in range(theory.fields)]
        for path in (fields[:, -1], found.fixed_kernel, last)
    )
    updates = fields.shape[1] - 1
    sampled = np.unique(np.linspace(0, updates, _HISTORY).round().astype(int))
    history = [[ensemble_spectrum(theory.box, fields[:, n, :, c]).power for n in sampled] for c in range(theory.fields)]
    of_field, of_spectrum = ("component",), ("component", "wavenumber")
    arrays: Arrays = {
        "member": (("member",), np.arange(len(fields))),
        "last_fields": (("member", "mode", "component"), fields[:, -1]),
        "last_direct_fields": (("member", "mode", "component"), last),
        "wavenumber": (("wavenumber",), network[0].wavenumber),
        "power": (of_spectrum, [s.power for s in network]),
        "standard_error": (of_spectrum, [s.standard_error for s in network]),
        "fixed_kernel_power": (of_spectrum, [s.power for s in scheme]),
        "direct_power": (of_spectrum, [s.power for s in direct]),
        "tilt": (of_field, [s.tilt for s in network]),
        "tilt_error": (of_field, [s.tilt_error for s in network]),
        "direct_tilt": (of_field, [s.tilt for s in direct]),
        "history_update": (("history_update",), sampled),
        "power_history": (("component", "history_update", "wavenumber"), history),
    }
    if model.linear:
        exact, tilts = vacuum_spectrum(theory, vacuum, float(ensemble.schedule.times[-1]))
        arrays |= {"exact_power": (of_spectrum, exact), "exact_tilt": (of_field, tilts)}
        if (outside := tilt_outside_horizon(theory)) is not None:
            arrays["tilt_outside_horizon"] = ((), outside)
        if isinstance(theory.expansion, DeSitter) and not np.any(_masses_squared(theory)):
            level = (float(theory.expansion.constant_hubble_rate) / (2 * np.pi)) ** 2
            arrays["hubble_over_two_pi_squared"] = ((), level)
    return arrays


def _masses_squared(theory: FieldTheory) -> Float[np.ndarray, " fields"]:
    return np.linalg.eigvalsh(jax.hessian(theory.potential)(jnp.zeros(theory.fields)))
