from .crossing_modes import (
    CrossingPower as CrossingPower,
    CrossingSettings as CrossingSettings,
    crossing_power as crossing_power,
)
from .field_covariance import (
    CovarianceSettings as CovarianceSettings,
    CovarianceSteps as CovarianceSteps,
    FieldCovariance as FieldCovariance,
    curvature_evolution as curvature_evolution,
    curvature_power as curvature_power,
    field_covariance as field_covariance,
)
from .isocurvature_transfer import (
    IsocurvatureTransfer as IsocurvatureTransfer,
    isocurvature_transfer as isocurvature_transfer,
)
from .mass_matrix import mass_matrix as mass_matrix
from .mode_functions import (
    ModeFunctions as ModeFunctions,
    mode_functions as mode_functions,
)
from .mode_table import ModeTable as ModeTable
from .spectator_modes import (
    SpectatorMode as SpectatorMode,
    SpectatorOutcome as SpectatorOutcome,
    evolved_mode as evolved_mode,
    vacuum_mode as vacuum_mode,
)
from .trajectory_frame import (
    TrajectoryFrame as TrajectoryFrame,
    trajectory_frame as trajectory_frame,
)
from .vacuum import (
    Vacuum as Vacuum,
    adiabatic_vacuum as adiabatic_vacuum,
    vacuum_coefficients as vacuum_coefficients,
)
