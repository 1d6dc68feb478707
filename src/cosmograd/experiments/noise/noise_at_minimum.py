"""The noise of one training by minibatches around a minimum: measured beside predicted temperatures."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from cosmograd.learning import TrainingPoints, choose_mapping
from cosmograd.learning.batches import AbstractBatches, ShuffledEpochs, WithReplacement
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import AbstractNetwork, Parameters
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.measurement.noise import (
    LossModes,
    StationaryRun,
    check_fluctuations,
    check_parameters,
    gradient_variance,
    loss_modes,
    measure_noise,
    nearest_minimum,
    predict_noise,
    record_stationary_run,
    relaxation_updates,
    sampling_factor,
    shuffled_epochs_ratio,
    silent_modes,
    temperature_ratios,
)

# Updates before the record begins, in relaxation times of the slowest mode; what is left of the start is e^(−2·6).
_FORGOTTEN_AFTER = 6

# Members forget their start in so many updates, or are not waited for: minutes, of a small network.
_LONGEST_BURN_IN = 10**6

# Members that are trained side by side.
SIDE_BY_SIDE = 64


def stiffest_modes(
    network: AbstractNetwork, dataset: Dataset, loss: SquaredLoss, start: Parameters, modes: int
) -> LossModes:
    """The stiffest modes of the loss at the minimum nearest to `start`; `ValueError` where there are none to be had."""
    check_parameters(start)  # before a long search
    return loss_modes(network, dataset, loss, nearest_minimum(network, dataset, loss, start), modes)


def noise_at_minimum(
    network: AbstractNetwork,
    dataset: Dataset,
    loss: SquaredLoss,
    optimiser: AbstractOptimiser,
    batches: AbstractBatches,
    modes: LossModes,
    key: PRNGKeyArray,
    members: int,
    updates: int,
) -> dict[str, Any]:
    """Train from the minimum of `modes`, and measure the noise; the key is that of the batches.

    The names are those of `QUANTITIES`, and `mean_temperature` with `_error`, the mean over modes, and `cells`,
    how many independent ones the errors come from. Only `stationary` and `verdict` where there is no noise, no
    stationary state, or no end of the wait for it, and where runs diverged or are too short.
    """
    mapping = choose_mapping("vmap", members, min(members, SIDE_BY_SIDE))
    try:
        burn_in = _burn_in(network, dataset, loss, optimiser, batches, modes)
    except ValueError as error:
        return _nothing(error)
    run = record_stationary_run(
        network, dataset, loss, optimiser, batches, modes, key, members, burn_in, updates, mapping=mapping
    )
    try:
        return _measured(run, dataset, loss, optimiser, batches, modes.eigenvalues)
    except ValueError as error:
        return _nothing(error)


def _nothing(error: ValueError) -> dict[str, Any]:
    return {"stationary": False, "verdict": str(error)}


def _burn_in(
    network: AbstractNetwork,
    dataset: Dataset,
    loss: SquaredLoss,
    optimiser: AbstractOptimiser,
    batches: AbstractBatches,
    modes: LossModes,
) -> int:
    """Updates until the start is forgotten; `ValueError` where no noise can be expected, or not soon enough."""
    λ, points = modes.eigenvalues, len(dataset.inputs)
    if batches.size >= points and not isinstance(batches, WithReplacement):
        raise ValueError(
            f"every update sees all {points} points, so that there is no noise and no temperature; take a smaller "
            'batch, or draw "with-replacement".'
        )
    all_points = TrainingPoints(jnp.asarray(dataset.inputs), jnp.asarray(dataset.targets))
    σ2 = _variance_at(network, loss, modes.minimum, all_points, jnp.asarray(modes.directions))
    if silent_modes(np.asarray(σ2), λ, dataset, loss).all():
        raise ValueError(
            "the network fits every point at its minimum, so that all examples agree there: no noise and no "
            "temperature. Take more points, or a network with fewer parameters than there are targets."
        )
    predict_noise(λ, np.asarray(σ2), optimiser, batches.size)  # raises for modes that are not stable
    burn_in = int(np.ceil(_FORGOTTEN_AFTER * relaxation_updates(λ, optimiser).max()))
    if burn_in > _LONGEST_BURN_IN:
        raise ValueError(
            f"the slowest of the {len(λ)} modes (λ = {λ[-1]:.3g} beside {λ[0]:.3g}) forgets its start only after "
            f"{burn_in} updates, more than {_LONGEST_BURN_IN}; follow fewer modes, or raise the learning rate."
        )
    return burn_in


@eqx.filter_jit
def _variance_at(
    network: AbstractNetwork, loss: SquaredLoss, minimum: Parameters, points: TrainingPoints, directions: Array
) -> Array:
    return gradient_variance(network, loss, minimum, points, directions)


def _measured(
    run: StationaryRun,
    dataset: Dataset,
    loss: SquaredLoss,
    optimiser: AbstractOptimiser,
    batches: AbstractBatches,
    λ: np.ndarray,
) -> dict[str, Any]:
    points = len(dataset.inputs)
    measured = measure_noise(run.positions, λ, optimiser)
    σ2 = run.gradient_variance.mean(axis=0)
    check_fluctuations(silent_modes(σ2, λ, dataset, loss))
    shuffled = isinstance(batches, ShuffledEpochs)
    factor = 1.0 if shuffled else sampling_factor(batches, points)
    prediction = predict_noise(λ, σ2, optimiser, batches.size, factor)
    ratios = temperature_ratios(run.positions, λ, optimiser, prediction)
    oscillator = measured.oscillator
    expected = np.nan
    if shuffled and points % batches.size == 0:
        expected = float(shuffled_epochs_ratio(λ, optimiser, batches.size, points).position.mean())
    return {
        "gradient_variance": σ2,
        "temperature": measured.temperature.value,
        "temperature_error": measured.temperature.standard_error,
        "mean_temperature": float(measured.mean_temperature.value[0]),
        "mean_temperature_error": float(measured.mean_temperature.standard_error[0]),
        "cells": measured.cells,
        "velocity_temperature": measured.velocity_temperature.value,
        "velocity_temperature_error": measured.velocity_temperature.standard_error,
        "predicted_temperature": prediction.temperature,
        "effective_samples": measured.effective_samples,
        "temperature_ratio": float(ratios.position.value[0]),
        "temperature_ratio_error": float(ratios.position.standard_error[0]),
        "velocity_ratio": float(ratios.velocity.value[0]),
        "velocity_ratio_error": float(ratios.velocity.standard_error[0]),
        "shuffled_ratio": expected,
        "effective_eta_lambda": oscillator.eta_lambda.value,
        "effective_eta_lambda_error": oscillator.eta_lambda.standard_error,
        "effective_momentum": oscillator.momentum.value,
        "effective_momentum_error": oscillator.momentum.standard_error,
        "stationary": bool(measured.stationarity.stationary.all()),
        "verdict": measured.stationarity.verdict,
    }
