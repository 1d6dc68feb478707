"""The noise of one training by minibatches around a minimum: measured beside predicted temperatures."""

from typing import Any

import numpy as np
from jaxtyping import PRNGKeyArray

from cosmograd.learning import choose_mapping
from cosmograd.learning.batches import AbstractBatches, ShuffledEpochs
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import AbstractNetwork
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.measurement.noise import (
    LossModes,
    measure_noise,
    predict_noise,
    record_stationary_run,
    relaxation_updates,
    sampling_factor,
    shuffled_epochs_ratio,
    temperature_ratios,
)

# Updates before the record begins, in relaxation times of the slowest mode; what is left of the start is e^(−2·6).
_FORGOTTEN_AFTER = 6

# Members that are trained side by side.
_SIDE_BY_SIDE = 64


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

    The names are those of `NOISE_VARIABLES`. Only `stationary` and `verdict` where runs diverged or cannot be measured.
    """
    λ, points = modes.eigenvalues, len(dataset.inputs)
    mapping = choose_mapping("vmap", members, min(members, _SIDE_BY_SIDE))
    burn_in = int(np.ceil(_FORGOTTEN_AFTER * relaxation_updates(λ, optimiser).max()))
    run = record_stationary_run(
        network, dataset, loss, optimiser, batches, modes, key, members, burn_in, updates, mapping=mapping
    )
    try:
        measured = measure_noise(run.positions, λ, optimiser)
    except ValueError as error:
        return {"stationary": False, "verdict": str(error)}
    shuffled = isinstance(batches, ShuffledEpochs)
    σ2 = run.gradient_variance.mean(axis=0)
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
