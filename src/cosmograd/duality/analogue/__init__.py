"""The duality run backwards: a cosmological model becomes a training problem, and a network its universe."""

from cosmograd.duality.analogue.comparison import (
    AnalogueComparison,
    compare_with_direct,
    direct_path,
    error_at_step,
    error_of_amplitude,
    errors_of_networks,
)
from cosmograd.duality.analogue.compiler import (
    DEFAULT_AMPLITUDE,
    AnalogueProblem,
    PredictedError,
    compile_analogue,
    earlier_fields,
)
from cosmograd.duality.analogue.ensemble import (
    EnsembleSpectrum,
    ensemble_spectrum,
    evolve_ensemble,
    spectral_tilt,
    train_ensemble_of_universes,
)
from cosmograd.duality.analogue.field_theory import FieldHistory, FieldTheory, direct_solution
from cosmograd.duality.analogue.leapfrog_schedule import LeapfrogSchedule, fixed_kernel_path, leapfrog_schedule
from cosmograd.duality.analogue.network_universe import NetworkPath, network_universe
from cosmograd.duality.analogue.periodic_box import PeriodicBox, Wave, periodic_box
from cosmograd.duality.analogue.readout import Readout, readout_of
from cosmograd.duality.analogue.starts import (
    FieldStart,
    VacuumModes,
    mode_function_start,
    vacuum_draws,
    vacuum_modes,
)

__all__ = [
    "DEFAULT_AMPLITUDE",
    "AnalogueComparison",
    "AnalogueProblem",
    "EnsembleSpectrum",
    "FieldHistory",
    "FieldStart",
    "FieldTheory",
    "LeapfrogSchedule",
    "NetworkPath",
    "PeriodicBox",
    "PredictedError",
    "Readout",
    "VacuumModes",
    "Wave",
    "compare_with_direct",
    "compile_analogue",
    "direct_path",
    "direct_solution",
    "earlier_fields",
    "ensemble_spectrum",
    "error_at_step",
    "error_of_amplitude",
    "errors_of_networks",
    "evolve_ensemble",
    "fixed_kernel_path",
    "leapfrog_schedule",
    "mode_function_start",
    "network_universe",
    "periodic_box",
    "readout_of",
    "spectral_tilt",
    "train_ensemble_of_universes",
    "vacuum_draws",
    "vacuum_modes",
]
