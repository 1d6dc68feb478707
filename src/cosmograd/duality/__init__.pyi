from .dictionary import (
    SCHEMES as SCHEMES,
    TIME_UNITS as TIME_UNITS,
    DualUniverse as DualUniverse,
    TrainingStep as TrainingStep,
    check_names as check_names,
    dual_universe as dual_universe,
    e_folds_per_update as e_folds_per_update,
    mass_over_hubble_squared as mass_over_hubble_squared,
    mass_squared as mass_squared,
    stroboscopic_mass_per_update as stroboscopic_mass_per_update,
    time_step_per_update as time_step_per_update,
    training_step as training_step,
)
from .effective_theory import (
    PREDICTIONS as PREDICTIONS,
    RESPONSES as RESPONSES,
    KernelModes as KernelModes,
    ModeResponse as ModeResponse,
    drifting_prediction as drifting_prediction,
    gradient_flow_response as gradient_flow_response,
    kernel_modes as kernel_modes,
    predict_outputs as predict_outputs,
    second_order_response as second_order_response,
    second_order_response_from_attractor as second_order_response_from_attractor,
    second_order_response_from_rest as second_order_response_from_rest,
    stroboscopic_response as stroboscopic_response,
)
from .expansion_schedules import (
    ExpansionOfSchedule as ExpansionOfSchedule,
    expansion_of_schedule as expansion_of_schedule,
    schedule_of_expansion as schedule_of_expansion,
)
from .limits import (
    LIMITS as LIMITS,
    gradient_slope as gradient_slope,
    mass_deficit as mass_deficit,
    mode_wavenumbers as mode_wavenumbers,
    start_from_rest_error as start_from_rest_error,
)
from .loss_potential import LossPotential as LossPotential
from .optimiser_steps import OptimiserStep as OptimiserStep, optimiser_step as optimiser_step
from .oscillators_of_modes import ModeOscillators as ModeOscillators, mode_oscillators as mode_oscillators
from .perturbations import (
    BackgroundSplit as BackgroundSplit,
    EnsembleMoments as EnsembleMoments,
    split_background as split_background,
)
from .regimes import (
    REGIMES as REGIMES,
    continuum_critical_eta_lambda as continuum_critical_eta_lambda,
    continuum_regimes as continuum_regimes,
    largest_stable_eigenvalue as largest_stable_eigenvalue,
    largest_stable_eta_lambda as largest_stable_eta_lambda,
    mode_regimes as mode_regimes,
    recursion_regimes as recursion_regimes,
    regime_boundaries as regime_boundaries,
    updates_to_learn as updates_to_learn,
)
from .relative_errors import (
    norm_ratio as norm_ratio,
    norm_ratio_over_time as norm_ratio_over_time,
    relative_error as relative_error,
    relative_error_over_time as relative_error_over_time,
    update_weights as update_weights,
)
from .training_universe import (
    UniverseOfTraining as UniverseOfTraining,
    schedule_of_optimiser as schedule_of_optimiser,
    universe_of_training as universe_of_training,
)
