"""The duality run backwards: a cosmological model becomes a training problem, and a network its universe."""

from cosmograd.duality.analogue.comparison import (
    AnalogueComparison,
    compare_with_direct,
    direct_history,
    direct_path,
    error_at_step,
    error_of_amplitude,
    errors_of_modes,
    errors_of_networks,
)
from cosmograd.duality.analogue.compiler import (
    DEFAULT_AMPLITUDE,
    AnalogueProblem,
    compile_analogue,
)
from cosmograd.duality.analogue.ensemble import (
    EnsembleForecast,
    EnsembleProblem,
    TrainingEnsemble,
    compile_ensemble,
    evolve_ensemble,
)
from cosmograd.duality.analogue.ensemble_spectrum import (
    EnsembleSpectrum,
    ensemble_spectrum,
    spectral_tilt,
    tilt_outside_horizon,
    vacuum_spectrum,
)
from cosmograd.duality.analogue.field_potential import field_potential
from cosmograd.duality.analogue.field_theory import (
    FieldHistory,
    FieldsLostError,
    FieldTheory,
    direct_solution,
    earlier_fields,
)
from cosmograd.duality.analogue.forecast import Forecast, PredictedError
from cosmograd.duality.analogue.leapfrog_schedule import LeapfrogSchedule, fixed_kernel_path, leapfrog_schedule
from cosmograd.duality.analogue.network_universe import NetworkPath, network_universe
from cosmograd.duality.analogue.periodic_box import MOST_POINTS, PeriodicBox, Wave, box_of_waves, periodic_box
from cosmograd.duality.analogue.readout import Readout, readout_of
from cosmograd.duality.analogue.starts import (
    FieldStart,
    VacuumModes,
    mode_function_start,
    vacuum_draws,
    vacuum_modes,
)
from cosmograd.duality.analogue.training_problem import TrainingProblem

__all__ = [
    "DEFAULT_AMPLITUDE",
    "MOST_POINTS",
    "AnalogueComparison",
    "AnalogueProblem",
    "EnsembleForecast",
    "EnsembleProblem",
    "EnsembleSpectrum",
    "FieldHistory",
    "FieldStart",
    "FieldTheory",
    "FieldsLostError",
    "Forecast",
    "LeapfrogSchedule",
    "NetworkPath",
    "PeriodicBox",
    "PredictedError",
    "Readout",
    "TrainingEnsemble",
    "TrainingProblem",
    "VacuumModes",
    "Wave",
    "box_of_waves",
    "compare_with_direct",
    "compile_analogue",
    "compile_ensemble",
    "direct_history",
    "direct_path",
    "direct_solution",
    "earlier_fields",
    "ensemble_spectrum",
    "error_at_step",
    "error_of_amplitude",
    "errors_of_modes",
    "errors_of_networks",
    "evolve_ensemble",
    "field_potential",
    "fixed_kernel_path",
    "leapfrog_schedule",
    "mode_function_start",
    "network_universe",
    "periodic_box",
    "readout_of",
    "spectral_tilt",
    "tilt_outside_horizon",
    "vacuum_draws",
    "vacuum_modes",
    "vacuum_spectrum",
]
