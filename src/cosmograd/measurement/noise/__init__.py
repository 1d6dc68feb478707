"""The noise of minibatches: temperature, effective mass and friction of modes, predicted and measured."""

from cosmograd.measurement.noise.block_statistics import (
    Stationarity,
    ValueWithError,
    autocorrelation_time,
    check_stationarity,
)
from cosmograd.measurement.noise.fluctuation_regression import FluctuationOscillator, regress_fluctuations
from cosmograd.measurement.noise.kernel_mode_noise import kernel_mode_variance
from cosmograd.measurement.noise.loss_modes import (
    MOST_PARAMETERS,
    LossModes,
    check_parameters,
    gradient_variance,
    loss_modes,
    nearest_minimum,
    silent_modes,
)
from cosmograd.measurement.noise.noise_measurement import (
    NoiseMeasurement,
    TemperatureRatios,
    check_fluctuations,
    measure_noise,
    temperature_ratios,
)
from cosmograd.measurement.noise.noise_prediction import (
    NoisePrediction,
    ShuffledRatios,
    predict_noise,
    relaxation_updates,
    sampling_factor,
    shuffled_epochs_ratio,
    small_step_temperature,
)
from cosmograd.measurement.noise.stationary_run import VARIANCE_EVERY, StationaryRun, record_stationary_run

__all__ = [
    "MOST_PARAMETERS",
    "VARIANCE_EVERY",
    "FluctuationOscillator",
    "LossModes",
    "NoiseMeasurement",
    "NoisePrediction",
    "ShuffledRatios",
    "Stationarity",
    "StationaryRun",
    "TemperatureRatios",
    "ValueWithError",
    "autocorrelation_time",
    "check_fluctuations",
    "check_parameters",
    "check_stationarity",
    "gradient_variance",
    "kernel_mode_variance",
    "loss_modes",
    "measure_noise",
    "nearest_minimum",
    "predict_noise",
    "record_stationary_run",
    "regress_fluctuations",
    "relaxation_updates",
    "sampling_factor",
    "shuffled_epochs_ratio",
    "silent_modes",
    "small_step_temperature",
    "temperature_ratios",
]
