"""What figures need besides the numbers: modes on their way, what follows inflation, and the potential."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.compilation import compiled
from cosmograd.cosmology.background import InflationHistory, Model, evolve
from cosmograd.cosmology.perturbations import CovarianceSettings, curvature_evolution
from cosmograd.cosmology.spectra import ModeOutcome, PrimordialSpectra

Variables = dict[str, tuple[tuple[str, ...], Any]]

_SHOWN_MODES, _DRAWN_POINTS = 5, 301
_POINTS_AFTER_THE_END = 901  # of fields that oscillate
_AFTER_THE_END = 2.5  # e-folds
_SETTLING = 0.2  # e-folds between the start of the history and the first vacuum of a shown mode
_MODE_SETTINGS = CovarianceSettings(start=30.0, longest_step=0.05, phase_step=0.6, steps_outside=1200)
_SHORTER_STEPS = 10  # where the modes so followed do not come to the spectrum: masses that oscillate fast
_AT_THE_SPECTRUM = 0.01


def pictures(model: Model, result: PrimordialSpectra) -> Variables:
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
