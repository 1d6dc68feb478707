"""Background and spectra of a potential."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from cosmograd.compilation import compiled
from cosmograd.cosmology.background import Model, Phase, slow_roll_ε
from cosmograd.cosmology.perturbations import isocurvature_transfer
from cosmograd.cosmology.potentials import AbstractPotential
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
from cosmograd.experiments.sources import Sources
from cosmograd.experiments.universe.model import build_model, refuse_other_numbers_of_fields
from cosmograd.experiments.universe.pictures import Variables, pictures
from cosmograd.experiments.universe.quantities import QUANTITIES
from cosmograd.experiments.universe.specification import Specification, parameters_of
from cosmograd.results import Result

# Outcomes of wavenumbers as they stand in the results.
OUTCOMES = {outcome: outcome.name.lower().replace("_", " ") for outcome in ModeOutcome}


def run(
    specification: Specification,
    sources: Sources,
    progress: Callable[[float], None] = lambda fraction: None,
    pictured: bool = False,
) -> Result:
    """Background, spectra and the numbers at the pivot; `UserError` where nothing can be computed.

    pictured: with what figures need besides, some modes on their way and what follows the end of inflation.
    """
    model = build_model(specification, sources.model)
    refuse_other_numbers_of_fields(specification, model)
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
    progress(0.7)
    found = spectra_result(model, result, pictured, _said(specification, model.potential, sources))
    progress(0.3)
    return found


def spectra_result(
    model: Model, spectra: PrimordialSpectra, pictured: bool = False, said: dict[str, str] | None = None
) -> Result:
    """Spectra and their background as a result; pictured: with what figures need besides; said: its attributes."""
    variables = _variables(model, spectra)
    if pictured:
        variables |= pictures(model, spectra)
    return Result.of("universe", QUANTITIES, variables, said)


def _said(specification: Specification, potential: AbstractPotential, sources: Sources) -> dict[str, str]:
    """Name and specification, with every parameter of a named potential, since defaults may change; the user's file."""
    contents = specification.model_dump()
    if "name" in contents["potential"]:
        contents["potential"] |= {name: float(getattr(potential, name)) for name in parameters_of(type(potential))}
    said = {"name": specification.name, "specification": json.dumps(contents, ensure_ascii=False)}
    files = {"potential_source": contents["potential"].get("file"), "metric_source": contents["field_space"]["file"]}
    return said | {name: sources.text(file) for name, file in files.items() if file is not None}


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
        variables["isocurvature_amplitude"] = (
            number,
            power_at_pivot(np.asarray(result.log_wavenumber), np.asarray(result.isocurvature.power)),
        )
    return variables


_NEIGHBOURS = 4


def power_at_pivot(log_wavenumber: Float[np.ndarray, " k"], power: Float[np.ndarray, " k"]) -> float:
    """By the polynomial in ln k through ln P at the nearest wavenumbers that have a power; NaN outside of these.

    log_wavenumber: ln(k/k_pivot).
    """
    known = np.isfinite(power)
    log_k, log_p = log_wavenumber[known], np.log(power[known])
    if not known.any() or not log_k.min() <= 0 <= log_k.max():
        return np.nan
    nearest = np.argsort(np.abs(log_k))[:_NEIGHBOURS]
    x, y = log_k[nearest], log_p[nearest]
    weights = [np.prod([b / (b - a) for b in x if b != a]) for a in x]  # Lagrange's, at the pivot
    return float(np.exp(np.dot(weights, y)))


def _exponential(logarithm: ArrayLike) -> np.ndarray:
    """Infinite, without a word, where a history is so long that no number is as large."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(np.asarray(logarithm)))


# Not numbers for several fields.
_OF_ONE_FIELD = ("slow_roll_scalar_power", "slow_roll_scalar_tilt", "slow_roll_running")


def machine(specification: Specification) -> dict[str, Any]:
    """What of this process decides the bits of a universe."""
    del specification
    return {"backend": jax.default_backend()}
