"""From an analogue's specification to its results as one dataset."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from cosmograd.cosmology import DeSitter, PowerLawExpansion
from cosmograd.duality import norm_ratio
from cosmograd.duality.analogue import (
    AnalogueComparison,
    AnalogueProblem,
    FieldStart,
    VacuumModes,
    compare_with_direct,
    compile_analogue,
    direct_path,
    ensemble_spectrum,
    error_at_step,
    error_of_amplitude,
    errors_of_networks,
    evolve_ensemble,
    mode_function_start,
    spectral_tilt,
    train_ensemble_of_universes,
    vacuum_draws,
    vacuum_modes,
)
from cosmograd.errors import UserError
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.training import member_keys
from cosmograd.studies.analogue_models import AnalogueModel, build_analogue
from cosmograd.studies.analogue_schema import ANALOGUE_VARIABLES
from cosmograd.studies.analogue_specification import AnalogueSpecification, FieldStartSection
from cosmograd.studies.assembly import Sources
from cosmograd.studies.universe_schema import as_dataset

Variables = dict[str, tuple[tuple[str, ...], Any]]

# What the figure of the errors takes: factors of the step, the amplitude and the width, and networks at each width.
_STEP_FACTORS = (0.5, 1.0, 2.0, 4.0)
_AMPLITUDE_FACTORS = (0.1, 0.3, 1.0, 3.0)
_WIDTH_FACTORS = (0.25, 0.5, 1.0)
_NETWORKS = 8
_HISTORY = 41
# Beyond this amplitude a network is nowhere near its linear window.
_LARGEST_AMPLITUDE = 1.0


class AnalogueResults(NamedTuple):
    """seconds: of training and of the direct solver, once compiled; empty without a clock."""

    dataset: xr.Dataset
    seconds: dict[str, float]


class _Keys(NamedTuple):
    """Of the networks, of the draws from the vacuum, and of the networks that the width's error is measured on."""

    networks: PRNGKeyArray
    draws: PRNGKeyArray
    others: PRNGKeyArray


def run_analogue(
    specification: AnalogueSpecification,
    sources: Sources,
    pictured: bool = False,
    clock: Callable[[], float] | None = None,
) -> AnalogueResults:
    """Train the universe, or the ensemble, and solve it directly; `UserError` where the request is of no use.

    pictured: with what figures need besides: the errors at other steps, amplitudes and widths. clock: in seconds.
    """
    training = specification.training
    try:
        model = build_analogue(specification, sources)
        keys = _Keys(*jax.random.split(jax.random.key(training.seed), 3))
        vacuum = None if specification.start.kind == "waves" else vacuum_modes(model.theory, model.start_time)
        problem = _compiled(specification, model, keys, vacuum)
        if vacuum is not None and training.members > 1:
            variables, seconds = _ensemble(specification, model, problem, vacuum, keys, clock)
        else:
            comparison = compare_with_direct(problem, keys.others, training.refreshes)
            variables = _single(model, problem, training.time_step, comparison)
            if pictured:
                variables |= _scalings(specification, problem, keys.others)
            seconds = _timed(problem, training.refreshes, clock)
    except ValueError as error:
        raise UserError(str(error)) from error
    attributes = {
        "analogue": specification.name,
        "specification": json.dumps(specification.model_dump(), ensure_ascii=False),
    }
    return AnalogueResults(as_dataset(variables, attributes, ANALOGUE_VARIABLES), seconds)


def _compiled(
    specification: AnalogueSpecification, model: AnalogueModel, keys: _Keys, vacuum: VacuumModes | None
) -> AnalogueProblem:
    """The problem of the only universe, or of an ensemble's first."""
    training = specification.training
    first = member_keys(keys.networks, np.zeros(1, int))[0]
    return compile_analogue(
        model.theory, model.network, model.network.initialise(first), _start(specification.start, model, keys, vacuum),
        training.time_step, model.updates, training.amplitude, training.accuracy,
    )  # fmt: skip


def _start(section: FieldStartSection, model: AnalogueModel, keys: _Keys, vacuum: VacuumModes | None) -> FieldStart:
    if vacuum is None:
        q, v = (_waves(section, model, name) for name in ("waves", "velocities"))
        return FieldStart(q, v, model.start_time)
    if section.kind == "mode-functions":
        return mode_function_start(model.theory, vacuum)
    q, v = vacuum_draws(vacuum, keys.draws, 1)
    return FieldStart(q[0], v[0], model.start_time)


def _waves(section: FieldStartSection, model: AnalogueModel, name: str) -> Float[Array, "modes fields"]:
    box, fields = model.theory.box, model.theory.fields
    coefficients = np.zeros((len(box.waves), fields))
    for mode, value in (getattr(section, name) or {}).items():
        values = value if isinstance(value, list) else [value]
        if len(values) != fields:
            raise UserError(
                f"start.{name}.{mode}: {value!r} is {len(values)} number(s); the potential is one of {fields} field(s)."
            )
        try:
            coefficients[box.mode(mode)] = values
        except ValueError as error:
            raise UserError(f"start.{name}: {error}") from None
    return jnp.asarray(coefficients)


def _paths(
    model: AnalogueModel, problem: AnalogueProblem, time_step: float, network: np.ndarray, direct: np.ndarray
) -> Variables:
    """Fields along the updates, and what was known before training."""
    times, along, box = problem.schedule.times, ("update", "mode", "component"), problem.theory.box
    ln_a = np.asarray(jax.vmap(problem.theory.expansion.log_scale_factor)(times))
    predicted = problem.predicted
    number = ()
    return {
        "update": (("update",), np.arange(problem.updates + 1)),
        "mode": (("mode",), [wave.name for wave in box.waves]),
        "component": (("component",), np.arange(1, model.theory.fields + 1)),
        "time": (("update",), times),
        "e_folds": (("update",), ln_a - ln_a[0]),
        "mode_wavenumber": (("mode",), box.wavenumbers),
        "network_fields": (along, network),
        "direct_fields": (along, direct),
        "fixed_kernel_fields": (along, problem.fixed_kernel),
        "time_step": (number, time_step),
        "updates": (number, problem.updates),
        "amplitude": (number, problem.readout.amplitude),
        "largest_stable_step": (number, problem.largest_stable_step),
        "predicted_error_from_step": (number, predicted.step),
        "predicted_error_from_finite_width": (number, predicted.finite_width),
        "predicted_error_from_rounding": (number, predicted.rounding),
    }


def _single(
    model: AnalogueModel, problem: AnalogueProblem, time_step: float, comparison: AnalogueComparison
) -> Variables:
    if not np.isfinite(comparison.network).all():
        raise UserError(_run_away(float(problem.readout.amplitude)))
    number = ()
    return _paths(model, problem, time_step, comparison.network, comparison.direct) | {
        "relative_error": (number, comparison.relative_error),
        "error_from_step": (number, comparison.error_from_step),
        "error_from_amplitude": (number, comparison.error_from_amplitude),
        "error_from_width": (number, comparison.error_from_width),
        "convergence_order": (number, comparison.convergence_order),
        "kernel_condition_number": (number, comparison.condition_number),
    }


def _run_away(amplitude: float) -> str:
    return (
        f"training.amplitude: at {amplitude:.2g} the network's universe runs away, far outside the linear window; take "
        "a smaller amplitude, or give `accuracy` to be told which."
    )


def _scalings(specification: AnalogueSpecification, problem: AnalogueProblem, key: PRNGKeyArray) -> Variables:
    """The error at a few steps, amplitudes and widths; without those that make no sense."""
    refreshes = specification.training.refreshes
    steps = [δ for f in _STEP_FACTORS if _is_possible(problem, δ := f * problem.time_step)]
    ε = float(problem.readout.amplitude)
    amplitudes = [f * ε for f in _AMPLITUDE_FACTORS if f * ε <= _LARGEST_AMPLITUDE] or [ε]
    variables: Variables = {
        "scaled_step": (("scaled_step",), steps),
        "step_error": (("scaled_step",), [error_at_step(problem, δ, refreshes) for δ in steps]),
        "scaled_amplitude": (("scaled_amplitude",), amplitudes),
        "amplitude_error": (("scaled_amplitude",), [error_of_amplitude(problem, a) for a in amplitudes]),
    }
    network = problem.readout.network
    if len(specification.network.hidden) == 1 and isinstance(network, Perceptron):
        widths = sorted({max(1, round(f * network.widths[1])) for f in _WIDTH_FACTORS})
        parameters = network.widths[0] + network.widths[2] + 1
        widths = [w for w in widths if w * parameters >= 2 * len(problem.theory.box.waves) * problem.theory.fields]
        errors = np.array([errors_of_networks(problem, _of_width(network, w), key, _NETWORKS) for w in widths])
        errors = errors.reshape(len(widths), _NETWORKS)
        variables |= {
            "scaled_width": (("scaled_width",), np.array(widths, dtype=int)),
            "width_error": (("scaled_width",), np.sqrt(np.mean(errors**2, axis=1))),
            "width_error_low": (("scaled_width",), errors.min(axis=1)),
            "width_error_high": (("scaled_width",), errors.max(axis=1)),
        }
    return variables


def _is_possible(problem: AnalogueProblem, time_step: float) -> bool:
    """Stable, not fewer than four updates, with momenta that are positive, and within the expansion's history."""
    expansion, start = problem.theory.expansion, problem.start.time
    H = float(jnp.max(jax.vmap(expansion.hubble_rate)(problem.schedule.times[:-1])))
    known = np.isfinite(float(expansion.log_scale_factor(start - time_step)))
    enough = problem.time_step * problem.updates >= 4 * time_step
    return time_step < 0.9 * problem.largest_stable_step and 1.5 * H * time_step < 1 and enough and bool(known)


def _of_width(network: Perceptron, width: int) -> Perceptron:
    return dataclasses.replace(network, widths=(network.widths[0], width, network.widths[2]))


def _timed(problem: AnalogueProblem, refreshes: int, clock: Callable[[], float] | None) -> dict[str, float]:
    """Seconds of what has run before, so that none are those of compiling."""
    if clock is None:
        return {}
    start = clock()
    jax.block_until_ready(problem.train(refreshes).fields)
    between = clock()
    direct_path(problem)
    return {"network_seconds": between - start, "direct_seconds": clock() - between}


def _ensemble(
    specification: AnalogueSpecification,
    model: AnalogueModel,
    problem: AnalogueProblem,
    vacuum: VacuumModes,
    keys: _Keys,
    clock: Callable[[], float] | None,
) -> tuple[Variables, dict[str, float]]:
    training, theory, start = specification.training, model.theory, jnp.asarray(model.start_time)
    q, v = vacuum_draws(vacuum, keys.draws, training.members)
    before = evolve_ensemble(theory, start, q, v, start[None] - problem.time_step)[:, 0]
    seconds: list[float] = [clock()] if clock else []
    fields, conditions = train_ensemble_of_universes(
        theory, model.network, problem.schedule, keys.networks, q, before, float(problem.readout.amplitude),
        training.refreshes,
    )  # fmt: skip
    if clock:
        seconds.append(clock())
    last = np.asarray(evolve_ensemble(theory, start, q, v, problem.schedule.times[-1:]))[:, 0]
    if clock:
        seconds.append(clock())
    for name, path in (("network", fields[:, -1]), ("equation", last)):
        if lost := int((~np.isfinite(path)).any(axis=(1, 2)).sum()):
            raise UserError(
                f"the fields of {lost} of {training.members} members leave all bounds ({name}): the potential is not "
                "bounded below where they go, or the amplitude is too large. Shorten the run, or lower it."
            )
    variables = _paths(model, problem, training.time_step, fields[0], direct_path(problem))
    variables |= _spectra(model, problem, vacuum, fields, last)
    variables["kernel_condition_number"] = ((), conditions.max())
    variables["relative_error"] = ((), norm_ratio(fields[:, -1] - last, last))
    names = ("network_seconds", "direct_seconds")
    return variables, dict(zip(names, map(float, np.diff(seconds)), strict=True)) if clock else {}


def _spectra(
    model: AnalogueModel, problem: AnalogueProblem, vacuum: VacuumModes, fields: np.ndarray, last: np.ndarray
) -> Variables:
    """Power of every field, of the network, the equations and the vacuum's mode functions."""
    box, components = model.theory.box, range(model.theory.fields)
    network = [ensemble_spectrum(box, fields[:, -1, :, c]) for c in components]
    direct = [ensemble_spectrum(box, last[:, :, c]) for c in components]
    k = network[0].wavenumber
    sampled = np.unique(np.linspace(0, problem.updates, _HISTORY).round().astype(int))
    history = [[ensemble_spectrum(box, fields[:, n, :, c]).power for n in sampled] for c in components]
    of_field, of_spectrum = ("component",), ("component", "wavenumber")
    variables: Variables = {
        "member": (("member",), np.arange(len(fields))),
        "last_fields": (("member", "mode", "component"), fields[:, -1]),
        "last_direct_fields": (("member", "mode", "component"), last),
        "wavenumber": (("wavenumber",), k),
        "power": (of_spectrum, [s.power for s in network]),
        "standard_error": (of_spectrum, [s.standard_error for s in network]),
        "direct_power": (of_spectrum, [s.power for s in direct]),
        "tilt": (of_field, [s.tilt for s in network]),
        "tilt_error": (of_field, [s.tilt_error for s in network]),
        "direct_tilt": (of_field, [s.tilt for s in direct]),
        "history_update": (("history_update",), sampled),
        "power_history": (("component", "history_update", "wavenumber"), history),
    }
    if model.linear:
        exact = _exact_power(model, problem, vacuum, k)
        tilts = [spectral_tilt(k, p, p * s.standard_error / s.power)[0] for p, s in zip(exact, network, strict=True)]
        variables |= {"exact_power": (of_spectrum, exact), "exact_tilt": (of_field, tilts)}
    H = model.theory.expansion.constant_hubble_rate if isinstance(model.theory.expansion, DeSitter) else None
    if H is not None:
        variables["hubble_over_two_pi_squared"] = ((), (float(H) / (2 * np.pi)) ** 2)
    if model.linear and (outside := _tilt_outside(model)) is not None:
        variables["tilt_outside_horizon"] = ((), outside)
    return variables


def _exact_power(
    model: AnalogueModel, problem: AnalogueProblem, vacuum: VacuumModes, k: np.ndarray
) -> Float[np.ndarray, "fields wavenumbers"]:
    r"""$\langle q_f^2\rangle = \sum_d D_{fd}^2|u_d|^2$: real and imaginary parts of each direction's mode functions."""
    D = vacuum.directions

    def starts(u: Array) -> Array:  # real parts of every direction, then imaginary ones
        return jnp.stack([part[:, d, None] * D[:, d] for part in (u.real, u.imag) for d in range(len(D))])

    start, end = jnp.asarray(vacuum.time), problem.schedule.times[-1:]
    last = np.asarray(evolve_ensemble(model.theory, start, starts(vacuum.value), starts(vacuum.velocity), end))[:, 0]
    squares = np.sum(last**2, axis=0)  # of each mode and field
    of_modes = np.asarray(model.theory.box.wavenumbers)
    mean = np.array([squares[of_modes == one].mean(axis=0) for one in k])
    return (mean * k[:, None] ** 3 / (2 * np.pi**2)).T


def _tilt_outside(model: AnalogueModel) -> float | None:
    r"""$3-2\nu$: de Sitter space with $\nu^2 = \tfrac94-m^2/H^2$, or massless with $a\propto t^p$, $-2/(p-1)$."""
    expansion, potential = model.theory.expansion, model.theory.potential
    masses = np.linalg.eigvalsh(jax.hessian(potential)(jnp.zeros(potential.fields)))
    if np.ptp(masses) > 0:
        return None
    if isinstance(expansion, DeSitter) and float(expansion.constant_hubble_rate) > 0:
        square = 2.25 - masses[0] / float(expansion.constant_hubble_rate) ** 2
        return 3 - 2 * float(np.sqrt(square)) if square >= 0 else 3.0
    if isinstance(expansion, PowerLawExpansion) and float(expansion.exponent) > 1 and masses[0] == 0:
        return -2 / (float(expansion.exponent) - 1)
    return None
