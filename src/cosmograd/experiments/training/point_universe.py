"""The universe of one point of a study, and by how much the two sides differ there, as variables of its results."""

import math
from typing import Any

import numpy as np
import xarray as xr

from cosmograd.duality import (
    LIMITS,
    SCHEMES,
    TIME_UNITS,
    gradient_slope,
    mode_wavenumbers,
    schedule_of_optimiser,
    start_from_rest_error,
    universe_of_training,
)
from cosmograd.experiments.training.ensemble_comparison import LEADING_MODES
from cosmograd.experiments.training.member_analysis import AnalysisSetting
from cosmograd.experiments.training.quantities import BOUNDARIES


def describe_universe(setting: AnalysisSetting, method: str, schedule: str, base_learning_rate: float) -> xr.Dataset:
    """The dual universe: its constants in every unit and scheme, its expansion, and the masses of all modes."""
    optimiser, updates = setting.optimiser, setting.updates
    λ = np.asarray(setting.mean_modes.eigenvalues)
    run = int(updates[-1])
    rates, momenta = schedule_of_optimiser(optimiser, run)
    universe = universe_of_training(optimiser, λ, run)
    history = universe.expansions
    by_unit = ("scheme", "time_unit")
    return xr.Dataset(
        {
            "method": ((), np.array(method, dtype=object)),
            "schedule": ((), np.array(schedule, dtype=object)),
            "reference_update": ((), universe.reference_update),
            "base_learning_rate": ((), base_learning_rate),
            "learning_rate": ((), universe.learning_rate),
            "momentum": ((), universe.momentum),
            "lambda_max": ((), λ[0]),
            "eta_lambda_max": ((), base_learning_rate * λ[0]),
            "largest_stable_eta_lambda": ((), base_learning_rate * universe.largest_stable_eigenvalue),
            "regime_boundary": ("boundary", universe.boundaries),
            "regime_boundary_mass": ("boundary", universe.boundary_masses),
            "continuum_critical_eta_lambda": ((), universe.continuum_critical),
            "learning_rate_schedule": ("update", rates),
            "momentum_schedule": ("update", momenta),
            "time_step": (by_unit, universe.time_step),
            "hubble_rate": (by_unit, universe.hubble_rate),
            "cosmological_constant": (by_unit, universe.cosmological_constant),
            "e_folds_per_update": ("scheme", universe.e_folds_per_update),
            "e_folds": (("scheme", "record"), np.stack([h.log_scale_factor[updates] for h in history])),
            "canonical_time": (("scheme", "record"), np.stack([h.time[updates] for h in history])),
            "canonical_time_of_update": (("scheme", "update"), np.stack([h.time[:-1] for h in history])),
            "hubble_rate_over_time": (("scheme", "update"), np.stack([h.hubble_rate for h in history])),
            "eigenvalue": ("mode", λ),
            "eta_lambda": ("mode", universe.learning_rate * λ),
            "mass_squared": (("scheme", "mode"), universe.mass_squared),
            "mass_over_hubble_squared": (("scheme", "mode"), universe.mass_over_hubble_squared),
            "regime": ("mode", universe.regimes.astype(object)),
            "continuum_regime": ("mode", universe.continuum_regimes.astype(object)),
            "updates_to_learn": ("mode", universe.updates_to_learn),
            "mode_wavenumber": (
                "mode",
                mode_wavenumbers(np.asarray(setting.mean_modes.vectors), setting.dataset.inputs),
            ),
            "target_amplitude": ("mode", setting.dataset.targets.ravel() @ np.asarray(setting.mean_modes.vectors)),
        },
        {
            "scheme": list(SCHEMES),
            "time_unit": list(TIME_UNITS),
            "record": updates,
            "update": np.arange(run),
            "mode": 1 + np.arange(len(λ)),
            "boundary": list(BOUNDARIES),
            "leading_mode": 1 + np.arange(min(LEADING_MODES, len(λ))),
        },
    )


def measure_limits(setting: AnalysisSetting, result: xr.Dataset, noise_temperature: float) -> xr.Dataset:
    """One number for each of the seven places where the two sides differ, in the order of `LIMITS`."""
    modes, updates = setting.mean_modes, setting.updates
    λ, vectors = np.asarray(modes.eigenvalues), np.asarray(modes.vectors)
    intact = result["diverged_at"].values < 0
    # Every mode starts with its share of the mean initial deviation, over the members that stood.
    if "background" in result:
        points = len(setting.dataset.inputs)
        start = (result["background"].values[0, :points] - setting.dataset.targets).ravel() @ vectors
    else:
        start = np.full(len(λ), np.nan)

    def median(name: str, **where: Any) -> float:
        values = result[name].isel(**where).values[intact]
        known = values[~np.isnan(values)]
        return float(np.median(known)) if known.size else math.nan

    canonical = {"scheme": "leapfrog", "time_unit": "canonical"}
    values = {
        "discretisation": median("discretisation"),
        "finite width": median("final_kernel_drift"),
        "no gradient term": gradient_slope(λ, vectors, setting.dataset.inputs),
        "spurious fast root": start_from_rest_error(λ, start, setting.optimiser, updates),
        "non-quadratic loss": median("initial_mass_deficit"),
        "minibatch noise": noise_temperature,
        "no back-reaction": median("loss", record=0) / float(result["cosmological_constant"].sel(canonical)),
    }
    return xr.Dataset({"duality_limit": ("limit", [values[name] for name in LIMITS])}, {"limit": list(LIMITS)})
