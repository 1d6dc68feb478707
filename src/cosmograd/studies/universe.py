"""From a universe's specification to its results as one dataset."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from cosmograd.compilation import compiled
from cosmograd.cosmology import DeSitter
from cosmograd.cosmology.background import InflationHistory, Model, Phase, evolve, slow_roll_ε
from cosmograd.cosmology.field_space import FlatFieldSpace, HyperbolicFieldSpace
from cosmograd.cosmology.perturbations import (
    CovarianceSettings,
    SpectatorOutcome,
    curvature_evolution,
    isocurvature_transfer,
    vacuum_mode,
)
from cosmograd.cosmology.potentials import AbstractPotential, FunctionPotential, check_function
from cosmograd.cosmology.spectra import (
    ComovingWavenumber,
    EFoldsBeforeEnd,
    HorizonFlow,
    ModeOutcome,
    PrimordialSpectra,
    SlowRollSpectra,
    horizon_flow,
    primordial_spectra,
    reasons,
    slow_roll_spectra,
)
from cosmograd.errors import UserError
from cosmograd.studies.universe_schema import as_dataset
from cosmograd.studies.universe_specification import (
    TestFieldSpecification,
    UniverseSpecification,
    parameters_of,
    potentials_by_name,
)

LoadFunction = Callable[[str, str], Any]
Variables = dict[str, tuple[tuple[str, ...], Any]]

# Outcomes of wavenumbers as they stand in the results.
OUTCOMES = {outcome: outcome.name.lower().replace("_", " ") for outcome in ModeOutcome}


def build_model(specification: UniverseSpecification, load_function: LoadFunction) -> Model:
    """The potential, its space and Λ; `load_function(file, name)` fetches a user's own function."""
    potential = build_potential(specification.potential, load_function)
    space = specification.field_space
    geometry = FlatFieldSpace() if space.kind == "flat" else HyperbolicFieldSpace(space.rate)
    return Model(potential, geometry, specification.cosmological_constant)


def build_potential(
    section: Mapping[str, Any], load_function: LoadFunction, where: str = "potential"
) -> AbstractPotential:
    """One of the library's with its parameters, or a function of the user's; `where`: its key in the file."""
    section = dict(section)
    try:
        if "file" in section:
            name, fields = section.get("function", "potential"), section.get("fields", 1)
            function = load_function(section["file"], name)
            check_function(function, fields, f"{name!r} of {section['file']}", f"{where}.fields")
            potential: AbstractPotential = FunctionPotential(function, fields)
        else:
            potential = potentials_by_name()[section.pop("name")](**section)
    except ValueError as error:
        raise UserError(f"{where}: {error}") from None
    return potential


def run_universe(
    specification: UniverseSpecification,
    load_function: LoadFunction,
    pictured: bool = False,
    potential_source: str = "",
) -> xr.Dataset:
    """Background and spectra; `UserError` where the model or the request is of no use.

    pictured: with what figures need besides: some modes on their way, and what follows the end of inflation.
    potential_source: text of the user's file with the potential, which the results keep.
    """
    model = build_model(specification, load_function)
    _refuse_other_numbers_of_fields(specification, model)
    spectrum = specification.spectrum
    if spectrum.pivot_wavenumber is not None:
        pivot = ComovingWavenumber(spectrum.pivot_wavenumber)
    else:
        pivot = EFoldsBeforeEnd() if spectrum.pivot_e_folds is None else EFoldsBeforeEnd(spectrum.pivot_e_folds)
    try:
        result = primordial_spectra(
            model,
            specification.start.field,
            specification.start.velocity,
            wavenumbers=spectrum.values(),
            pivot=pivot,
            accuracy=specification.accuracy,
        )
    except ValueError as error:
        raise UserError(str(error)) from error
    variables = _variables(model, result)
    if pictured:
        variables |= _pictures(model, result)
    attributes = _attributes(specification, model.potential)
    return as_dataset(variables, attributes | ({"potential_source": potential_source} if potential_source else {}))


def _refuse_other_numbers_of_fields(specification: UniverseSpecification, model: Model) -> None:
    """`UserError` that names the keys where the start has more or fewer numbers than a user's function has fields."""
    fields = model.potential.fields
    for key in ("field", "velocity"):
        given = getattr(specification.start, key)
        numbers = len(given) if isinstance(given, list) else 1
        if given is not None and numbers != fields and "file" in specification.potential:
            raise UserError(
                f"start.{key} has {numbers} number{'s' * (numbers > 1)}, but the potential is of {fields} "
                f"field{'s' * (fields > 1)}: `potential.fields` = {fields} sets how many. Make the two agree."
            )


class _Background(NamedTuple):
    """Along the background, at horizon crossings, and at the pivot."""

    phase: Phase
    energy: Float[Array, " grid"]
    flow: HorizonFlow
    at_crossings: SlowRollSpectra
    pivot_crossing: Float[Array, ""]
    at_pivot: SlowRollSpectra


_transfer = compiled(isocurvature_transfer)


@compiled
def _background(result: PrimordialSpectra) -> _Background:
    history = result.history
    phase = history.continued_phase(history.e_folds)
    crossing = jnp.clip(result.crossing, 0.0, history.e_folds_total)
    pivot = history.horizon_crossing(result.pivot_log_wavenumber)
    at = history.continued_phase(pivot)
    s = 1 - slow_roll_ε(history.model, at.field, at.velocity)
    pivot = pivot + (result.pivot_log_wavenumber - pivot - at.log_hubble) / s  # Newton's step from the interpolated one
    return _Background(
        phase,
        jax.vmap(history.model.energy)(phase.field),
        horizon_flow(history, phase),
        slow_roll_spectra(history, history.continued_phase(crossing)),
        pivot,
        slow_roll_spectra(history, history.continued_phase(pivot)),
    )


def _variables(model: Model, result: PrimordialSpectra) -> Variables:
    background = _background(result)
    # On the host from here on: every operation on JAX's arrays would be compiled by itself.
    result, (phase, energy, flow, rolling, pivot_crossing, at_pivot) = jax.device_get((result, background))
    history, pivot = result.history, result.pivot
    crossing = np.clip(result.crossing, 0.0, history.e_folds_total)
    done = np.asarray(result.outcome) == ModeOutcome.DONE
    one_field = model.potential.fields == 1
    along = ("e_folds",) if one_field else ("e_folds", "component")
    fields = (phase.field[:, 0], phase.velocity[:, 0]) if one_field else (phase.field, phase.velocity)
    k, n, number = ("wavenumber",), ("e_folds",), ()
    variables: Variables = {
        "wavenumber": (k, np.exp(result.log_wavenumber)),
        "e_folds": (n, history.e_folds),
        "scalar_power": (k, result.scalar_power),
        "tensor_power": (k, result.tensor_power),
        "slow_roll_scalar_power": (k, np.where(done, rolling.scalar_power, np.nan)),
        "slow_roll_tensor_power": (k, np.where(done, rolling.tensor_power, np.nan)),
        "relative_error": (k, result.error),
        "outcome": (k, [OUTCOMES[ModeOutcome(int(outcome))] for outcome in result.outcome]),
        "reason": (k, reasons(result)),
        "horizon_crossing": (k, np.where(done, crossing, np.nan)),
        "field": (along, fields[0]),
        "field_velocity": (along, fields[1]),
        "hubble_rate": (n, np.exp(phase.log_hubble)),
        "potential_energy": (n, energy),
        "epsilon_1": (n, flow.first),
        "epsilon_2": (n, flow.second),
        "e_folds_total": (number, history.e_folds_total),
        "pivot_crossing": (number, pivot_crossing),
        "pivot_wavenumber": (number, _exponential(result.pivot_log_wavenumber)),
        "scalar_amplitude": (number, pivot.scalar_amplitude),
        "scalar_tilt": (number, pivot.scalar_tilt),
        "running": (number, pivot.running),
        "tensor_to_scalar_ratio": (number, pivot.tensor_to_scalar_ratio),
        "tensor_tilt": (number, pivot.tensor_tilt),
        "scalar_amplitude_error": (number, pivot.scalar_amplitude * result.achieved_accuracy),
        "tensor_to_scalar_ratio_error": (number, 2 * pivot.tensor_to_scalar_ratio * result.achieved_accuracy),
        "tilt_error": (number, pivot.tilt_error),
        "tensor_tilt_error": (number, pivot.tensor_tilt_error),
        "running_error": (number, pivot.running_error),
        "slow_roll_scalar_tilt": (number, at_pivot.scalar_tilt),
        "slow_roll_running": (number, at_pivot.running),
        "slow_roll_tensor_tilt": (number, at_pivot.tensor_tilt),
        "friedmann_violation": (number, history.friedmann_violation),
        "achieved_accuracy": (number, result.achieved_accuracy),
    }
    if result.isocurvature is not None:
        for name in _OF_ONE_FIELD:
            del variables[name]
        variables["isocurvature_power"] = (k, result.isocurvature.power)
        variables["isocurvature_correlation"] = (k, result.isocurvature.correlation)
        variables["isocurvature_error"] = (k, result.isocurvature.error)
        transfer = _transfer(history, jnp.asarray(crossing))
        variables["transfer_to_curvature"] = (k, np.where(done, transfer.curvature_size, np.nan))
        variables["transfer_to_isocurvature"] = (k, np.where(done, transfer.isocurvature_size, np.nan))
    return variables


def _exponential(logarithm: Any) -> np.ndarray:
    """Infinite, without a word, where a history is so long that no number is as large."""
    with np.errstate(over="ignore"):
        return np.exp(np.asarray(logarithm))


# Not numbers for several fields.
_OF_ONE_FIELD = ("slow_roll_scalar_power", "slow_roll_scalar_tilt", "slow_roll_running")


_SHOWN_MODES, _DRAWN_POINTS = 5, 301
_POINTS_AFTER_THE_END = 901  # of fields that oscillate
_AFTER_THE_END = 2.5  # e-folds
_SETTLING = 0.2  # e-folds between the start of the history and the first vacuum of a shown mode
_MODE_SETTINGS = CovarianceSettings(start=30.0, longest_step=0.05, phase_step=0.6, steps_outside=1200)
_SHORTER_STEPS = 10  # where the modes so followed do not come to the spectrum: masses that oscillate fast
_AT_THE_SPECTRUM = 0.01


def _pictures(model: Model, result: PrimordialSpectra) -> Variables:
    """Modes that freeze out, the universe past the end of inflation, and the potential around the trajectory."""
    history = result.history
    total = float(history.e_folds_total)
    after = total + np.linspace(0.0, _AFTER_THE_END, _POINTS_AFTER_THE_END)
    points = np.concatenate([np.linspace(0.0, total, _DRAWN_POINTS)[:-1], after])
    first = history.continued_phase(jnp.zeros(()))
    evolution = evolve(model, first.field, first.velocity, points, clock="e-folds").states
    one_field = model.potential.fields == 1
    along = ("evolution",) if one_field else ("evolution", "component")
    field, velocity = (x[:, 0] if one_field else x for x in (evolution.field, evolution.velocity))
    variables: Variables = _shown_modes(result) | {
        "evolution_e_folds": (("evolution",), points),
        "cosmic_time": (("evolution",), evolution.time),
        "evolution_field": (along, field),
        "evolution_velocity": (along, velocity),
        "evolution_hubble_rate": (("evolution",), evolution.hubble_rate),
    }
    if one_field:
        reached = np.asarray(field)[np.isfinite(field)]
        margin = 0.1 * (reached.max() - reached.min())
        φ = np.linspace(reached.min() - margin, reached.max() + margin, _DRAWN_POINTS)
        variables["potential_field"] = (("potential_field",), φ)
        variables["potential_curve"] = (
            ("potential_field",),
            _energies(model, jnp.asarray(φ)[:, None]),
        )
    return variables


def _shown_modes(result: PrimordialSpectra) -> Variables:
    """Some modes that are deep inside the horizon when the history starts, from their vacuum to the end."""
    deep = np.asarray(result.crossing) > np.log(_MODE_SETTINGS.start) + _SETTLING
    fit = np.flatnonzero((np.asarray(result.outcome) == ModeOutcome.DONE) & deep)
    if not fit.size:
        return {}
    shown = fit[np.unique(np.linspace(0, fit.size - 1, min(_SHOWN_MODES, fit.size)).round().astype(int))]
    log_k = result.log_wavenumber[shown]
    for shorter in (1, _SHORTER_STEPS):
        n, power, log_x = _followed(result.history, result.pivot_log_wavenumber + log_k, shorter)
        if (np.abs(power[-1] / result.scalar_power[shown] - 1) <= _AT_THE_SPECTRUM).all():
            break
    return {
        "mode_wavenumber": (("mode",), np.exp(log_k)),
        "mode_e_folds": (("mode", "stage"), n.T),
        "mode_scalar_power": (("mode", "stage"), power.T),
        "mode_wavenumber_over_ah": (("mode", "stage"), np.exp(log_x.T)),
    }


def _followed(
    history: InflationHistory, log_k: Float[Array, " modes"], shorter: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """N, power and ln(k/aH), stages first, in steps so many times shorter; as many stages outside the horizon."""
    settings = replace(
        _MODE_SETTINGS,
        longest_step=_MODE_SETTINGS.longest_step / shorter,
        steps_outside=shorter * _MODE_SETTINGS.steps_outside,
    )
    n, power, log_x = (np.asarray(x) for x in _modes(history, log_k, settings))
    inside = len(n) - settings.steps_outside // 2
    kept = np.r_[:inside, inside + shorter - 1 : len(n) : shorter]
    return n[kept], power[kept], log_x[kept]


@compiled
def _energies(model: Model, fields: Float[Array, "points fields"]) -> Float[Array, " points"]:
    return jax.vmap(model.energy)(fields)


@compiled
def _modes(
    history: InflationHistory, log_k: Float[Array, " modes"], settings: CovarianceSettings
) -> tuple[Array, Array, Array]:
    """N, power and ln(k/aH) along some modes."""
    n, power = curvature_evolution(history, log_k, settings)
    return n, power, log_k - n - history.continued_phase(n).log_hubble


def _attributes(
    specification: UniverseSpecification | TestFieldSpecification, potential: AbstractPotential | None = None
) -> dict[str, str]:
    """Name and specification, with every parameter of a named potential: defaults may change."""
    contents = specification.model_dump()
    if potential is not None and "name" in contents["potential"]:
        contents["potential"] |= {name: float(getattr(potential, name)) for name in parameters_of(type(potential))}
    return {"universe": specification.name, "specification": json.dumps(contents, ensure_ascii=False)}


def run_test_field(specification: TestFieldSpecification) -> xr.Dataset:
    """The Bunch–Davies mode of a test field in de Sitter space, in units of H, against k/aH."""
    x = np.geomspace(specification.first, specification.last, specification.count)
    mode = vacuum_mode(DeSitter(), 1.0, specification.mass_over_hubble_squared, -np.log(x), specification.accuracy)
    outcome = SpectatorOutcome(int(mode.outcome))
    if outcome != SpectatorOutcome.DONE:
        raise UserError(
            {
                SpectatorOutcome.NO_VACUUM: f"at k/aH = {specification.first:g} the vacuum is known to "
                f"{float(mode.vacuum_error):.1e} only, worse than the accuracy {specification.accuracy:g}. "
                "Start deeper inside the horizon (on the command line --wavenumbers 1e3:1e-2:201, in units of aH), or "
                "ask for less accuracy.",
                SpectatorOutcome.OUT_OF_STEPS: "the mode takes too many steps; ask for a smaller range of k/aH.",
                SpectatorOutcome.NOT_A_NUMBER: "the mode grows beyond all numbers; take a smaller range of k/aH.",
            }[outcome]
        )
    along = ("wavenumber_over_ah",)
    variables = {
        "wavenumber_over_ah": (along, x),
        "mode_real": (along, mode.value.real),
        "mode_imaginary": (along, mode.value.imag),
        "power": (along, mode.power(1.0)),
        "achieved_accuracy": ((), mode.achieved_accuracy),
    }
    return as_dataset(variables, _attributes(specification))
