from .comparison import (
    AnalogueComparison as AnalogueComparison,
    compare_with_direct as compare_with_direct,
    direct_history as direct_history,
    direct_path as direct_path,
    error_at_step as error_at_step,
    error_of_amplitude as error_of_amplitude,
    errors_of_modes as errors_of_modes,
    errors_of_networks as errors_of_networks,
)
from .compiler import (
    DEFAULT_AMPLITUDE as DEFAULT_AMPLITUDE,
    AnalogueProblem as AnalogueProblem,
    compile_analogue as compile_analogue,
)
from .ensemble import (
    EnsembleForecast as EnsembleForecast,
    EnsembleProblem as EnsembleProblem,
    TrainingEnsemble as TrainingEnsemble,
    compile_ensemble as compile_ensemble,
    evolve_ensemble as evolve_ensemble,
)
from .ensemble_spectrum import (
    EnsembleSpectrum as EnsembleSpectrum,
    ensemble_spectrum as ensemble_spectrum,
    spectral_tilt as spectral_tilt,
    tilt_outside_horizon as tilt_outside_horizon,
    vacuum_spectrum as vacuum_spectrum,
)
from .field_potential import field_potential as field_potential
from .field_theory import (
    FieldHistory as FieldHistory,
    FieldsLostError as FieldsLostError,
    FieldTheory as FieldTheory,
    direct_solution as direct_solution,
    earlier_fields as earlier_fields,
)
from .forecast import (
    Forecast as Forecast,
    PredictedError as PredictedError,
)
from .leapfrog_schedule import (
    LeapfrogSchedule as LeapfrogSchedule,
    fixed_kernel_path as fixed_kernel_path,
    leapfrog_schedule as leapfrog_schedule,
)
from .network_universe import (
    NetworkPath as NetworkPath,
    network_universe as network_universe,
)
from .periodic_box import (
    MOST_POINTS as MOST_POINTS,
    PeriodicBox as PeriodicBox,
    Wave as Wave,
    box_of_waves as box_of_waves,
    periodic_box as periodic_box,
)
from .readout import (
    Readout as Readout,
    readout_of as readout_of,
)
from .starts import (
    FieldStart as FieldStart,
    VacuumModes as VacuumModes,
    mode_function_start as mode_function_start,
    vacuum_draws as vacuum_draws,
    vacuum_modes as vacuum_modes,
)
from .training_problem import TrainingProblem as TrainingProblem
