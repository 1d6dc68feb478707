from .estimate_arrays import (
    estimate_arrays as estimate_arrays,
    estimated_quantities as estimated_quantities,
)
from .estimates import (
    EtaLambdasOverTime as EtaLambdasOverTime,
    FittedModes as FittedModes,
    MeasuredUniverse as MeasuredUniverse,
)
from .notes import CONVENTIONS as CONVENTIONS, OPTIMISERS as OPTIMISERS
from .output_modes import (
    RecordedModes as RecordedModes,
    kernel_modes_of as kernel_modes_of,
    strongest_modes as strongest_modes,
)
from .parameter_scatter import (
    Interval as Interval,
    bootstrap_interval as bootstrap_interval,
    curvature_interval as curvature_interval,
)
from .quantities import ESTIMATED as ESTIMATED, QUANTITIES as QUANTITIES
from .recorded_trajectories import (
    LEAST_RECORDS as LEAST_RECORDS,
    Trajectories as Trajectories,
    ensemble_of as ensemble_of,
    trajectories as trajectories,
)
from .recursion_fit import (
    MemberFits as MemberFits,
    RecursionFit as RecursionFit,
    fit_each_member as fit_each_member,
    fit_recursion as fit_recursion,
)
from .recursion_models import (
    ATTRACTOR as ATTRACTOR,
    FREE as FREE,
    FROM_REST as FROM_REST,
    AbstractRecursion as AbstractRecursion,
    CoupledModes as CoupledModes,
    Hypothesis as Hypothesis,
    KnownModes as KnownModes,
)
from .spectroscopy import (
    ESTIMATORS as ESTIMATORS,
    INTERVALS as INTERVALS,
    check_settings as check_settings,
    measure_universe as measure_universe,
)
