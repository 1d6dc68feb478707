from .block_statistics import (
    Stationarity as Stationarity,
    ValueWithError as ValueWithError,
    autocorrelation_time as autocorrelation_time,
    check_stationarity as check_stationarity,
)
from .fluctuation_regression import (
    FluctuationOscillator as FluctuationOscillator,
    regress_fluctuations as regress_fluctuations,
)
from .kernel_mode_noise import kernel_mode_variance as kernel_mode_variance
from .loss_modes import (
    MOST_PARAMETERS as MOST_PARAMETERS,
    LossModes as LossModes,
    check_parameters as check_parameters,
    gradient_variance as gradient_variance,
    loss_modes as loss_modes,
    nearest_minimum as nearest_minimum,
    silent_modes as silent_modes,
)
from .noise_measurement import (
    NoiseMeasurement as NoiseMeasurement,
    TemperatureRatios as TemperatureRatios,
    check_fluctuations as check_fluctuations,
    measure_noise as measure_noise,
    temperature_ratios as temperature_ratios,
)
from .noise_prediction import (
    NoisePrediction as NoisePrediction,
    ShuffledRatios as ShuffledRatios,
    predict_noise as predict_noise,
    relaxation_updates as relaxation_updates,
    sampling_factor as sampling_factor,
    shuffled_epochs_ratio as shuffled_epochs_ratio,
    small_step_temperature as small_step_temperature,
)
from .stationary_run import (
    VARIANCE_EVERY as VARIANCE_EVERY,
    StationaryRun as StationaryRun,
    record_stationary_run as record_stationary_run,
)
