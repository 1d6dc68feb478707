"""Where training and the universe meet: dictionary, regimes, expansion schedules, the effective theory of training."""

from cosmograd.duality.dictionary import (
    SCHEMES,
    TIME_UNITS,
    DualUniverse,
    TrainingStep,
    dual_universe,
    mass_over_hubble_squared,
    mass_squared,
    training_step,
)
from cosmograd.duality.effective_theory import (
    PREDICTIONS,
    RESPONSES,
    KernelModes,
    ModeResponse,
    drifting_prediction,
    gradient_flow_response,
    kernel_modes,
    predict_outputs,
    second_order_response,
    stroboscopic_response,
)
from cosmograd.duality.expansion_schedules import (
    ExpansionOfSchedule,
    expansion_of_schedule,
    schedule_of_expansion,
)
from cosmograd.duality.limits import LIMITS, gradient_slope, mode_wavenumbers, start_from_rest_error
from cosmograd.duality.mode_oscillators import ModeOscillators, mode_oscillators
from cosmograd.duality.perturbations import BackgroundSplit, EnsembleMoments, split_background
from cosmograd.duality.regimes import (
    REGIMES,
    continuum_critical_eta_lambda,
    continuum_regimes,
    largest_stable_eta_lambda,
    mode_regimes,
    recursion_regimes,
    regime_boundaries,
    updates_to_learn,
)
from cosmograd.duality.relative_errors import relative_error, relative_error_over_time, update_weights
from cosmograd.duality.universe_of_training import UniverseOfTraining, schedule_of_optimiser, universe_of_training

__all__ = [
    "LIMITS",
    "PREDICTIONS",
    "REGIMES",
    "RESPONSES",
    "SCHEMES",
    "TIME_UNITS",
    "BackgroundSplit",
    "DualUniverse",
    "EnsembleMoments",
    "ExpansionOfSchedule",
    "KernelModes",
    "ModeOscillators",
    "ModeResponse",
    "TrainingStep",
    "UniverseOfTraining",
    "continuum_critical_eta_lambda",
    "continuum_regimes",
    "drifting_prediction",
    "dual_universe",
    "expansion_of_schedule",
    "gradient_flow_response",
    "gradient_slope",
    "kernel_modes",
    "largest_stable_eta_lambda",
    "mass_over_hubble_squared",
    "mass_squared",
    "mode_oscillators",
    "mode_regimes",
    "mode_wavenumbers",
    "predict_outputs",
    "recursion_regimes",
    "regime_boundaries",
    "relative_error",
    "relative_error_over_time",
    "schedule_of_expansion",
    "schedule_of_optimiser",
    "second_order_response",
    "split_background",
    "start_from_rest_error",
    "stroboscopic_response",
    "training_step",
    "universe_of_training",
    "update_weights",
    "updates_to_learn",
]
