"""The universe that a training is: its constants, its expansion, and the mass and regime of every mode."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike, Float

from cosmograd.duality.dictionary import SCHEMES, TIME_UNITS
from cosmograd.duality.expansion_schedules import ExpansionOfSchedule, expansion_of_schedule
from cosmograd.duality.oscillators_of_modes import mode_oscillators
from cosmograd.duality.regimes import (
    continuum_critical_eta_lambda,
    continuum_regimes,
    largest_stable_eigenvalue,
    mode_regimes,
    regime_boundaries,
    updates_to_learn,
)
from cosmograd.learning.optimisers import AbstractOptimiser


class UniverseOfTraining(NamedTuple):
    r"""What an optimiser, run for a number of updates on modes of known eigenvalues, is on the other side.

    reference_update: the one halfway through the run, which constants, masses and regimes belong to; under constant
    learning rate and momentum they hold throughout. learning_rate, momentum: at it. time_step, hubble_rate,
    cosmological_constant: in every scheme and unit of time; e_folds_per_update: per scheme, in the canonical unit.
    expansions: a(t) of the whole run per scheme, in canonical time. mass_squared (canonical), mass_over_hubble_squared:
    per scheme and mode. regimes, continuum_regimes: by the real map, and as the second-order effective theory takes
    them. boundaries: the ηλ at which modes turn critical, period-two and unstable, with the leapfrog m²/H² there;
    continuum_critical: the ηλ that the second-order theory puts critical damping at. largest_stable_eigenvalue: above
    it some update of the run amplifies. updates_to_learn: per mode.
    """

    reference_update: int
    learning_rate: float
    momentum: float
    time_step: Float[np.ndarray, "schemes units"]
    hubble_rate: Float[np.ndarray, "schemes units"]
    cosmological_constant: Float[np.ndarray, "schemes units"]
    e_folds_per_update: Float[np.ndarray, " schemes"]
    expansions: tuple[ExpansionOfSchedule, ...]
    mass_squared: Float[np.ndarray, "schemes modes"]
    mass_over_hubble_squared: Float[np.ndarray, "schemes modes"]
    regimes: np.ndarray
    continuum_regimes: np.ndarray
    boundaries: Float[np.ndarray, " 3"]
    boundary_masses: Float[np.ndarray, " 3"]
    continuum_critical: float
    largest_stable_eigenvalue: float
    updates_to_learn: Float[np.ndarray, " modes"]


def schedule_of_optimiser(
    optimiser: AbstractOptimiser, run: int
) -> tuple[Float[np.ndarray, " updates"], Float[np.ndarray, " updates"]]:
    """Learning rate and momentum of each update of a run, as light modes feel them.

    The momentum is b of their recursion: that of the update itself for heavy ball, that of the next one for Nesterov's
    method, which extrapolates with it before the outputs are looked at.
    """

    def of_update(update: jax.Array) -> tuple[jax.Array, jax.Array]:
        η = optimiser.learning_rate_at(update)
        return η, optimiser.mode_recursion(jnp.zeros_like(η), update)[1]

    rates, momenta = jax.vmap(of_update)(jnp.arange(run))
    return np.asarray(rates, dtype=np.float64), np.asarray(momenta, dtype=np.float64)


def universe_of_training(
    optimiser: AbstractOptimiser, eigenvalues: Float[ArrayLike, " modes"], run: int
) -> UniverseOfTraining:
    """Read a training of `run` updates as a universe; eigenvalues are those of the loss's Hessian, λ."""
    if run < 1:
        raise ValueError(f"`run` must be ≥ 1 update, got {run}.")
    λ = np.asarray(eigenvalues, dtype=np.float64)
    rates, momenta = schedule_of_optimiser(optimiser, run)
    reference = run // 2 if run > 1 else 0
    histories = [
        [expansion_of_schedule(rates, momenta, None, unit, scheme) for unit in TIME_UNITS] for scheme in SCHEMES
    ]
    time_step, hubble_rate = (
        np.array([[getattr(history, name)[reference] for history in of_scheme] for of_scheme in histories])
        for name in ("time_step", "hubble_rate")
    )
    canonical = TIME_UNITS.index("canonical")
    leapfrog = SCHEMES.index("leapfrog")
    e_folds = hubble_rate[:, canonical] * time_step[:, canonical]
    masses, ratios = [], []
    for index, scheme in enumerate(SCHEMES):
        per_update = mode_oscillators(λ, optimiser, reference, scheme).mass_squared
        masses.append(per_update / time_step[index, canonical] ** 2)
        ratios.append(per_update / e_folds[index] ** 2)
    boundaries = regime_boundaries(optimiser, reference)
    at_boundaries = mode_oscillators(boundaries / rates[reference], optimiser, reference).mass_squared
    return UniverseOfTraining(
        reference_update=reference,
        learning_rate=float(rates[reference]),
        momentum=float(momenta[reference]),
        time_step=time_step,
        hubble_rate=hubble_rate,
        cosmological_constant=3 * hubble_rate**2,
        e_folds_per_update=e_folds,
        expansions=tuple(of_scheme[canonical] for of_scheme in histories),
        mass_squared=np.array(masses),
        mass_over_hubble_squared=np.array(ratios),
        regimes=mode_regimes(λ, optimiser, reference),
        continuum_regimes=continuum_regimes(λ, optimiser, reference),
        boundaries=boundaries,
        boundary_masses=at_boundaries / e_folds[leapfrog] ** 2,
        continuum_critical=continuum_critical_eta_lambda(optimiser, reference),
        largest_stable_eigenvalue=largest_stable_eigenvalue(optimiser, run),
        updates_to_learn=updates_to_learn(λ, optimiser, run),
    )
