from .directions import (
    RecordedModes as RecordedModes,
    kernel_modes_of as kernel_modes_of,
    strongest_directions as strongest_directions,
)
from .estimates import (
    Estimate as Estimate,
    EtaLambdasOverTime as EtaLambdasOverTime,
    FittedModes as FittedModes,
    MeasuredUniverse as MeasuredUniverse,
)
from .measurement_datasets import (
    ESTIMATE_PARTS as ESTIMATE_PARTS,
    estimate_attributes as estimate_attributes,
    estimate_variables as estimate_variables,
    measurement_dataset as measurement_dataset,
)
from .measurement_summaries import (
    estimate_in as estimate_in,
    measurement_summary as measurement_summary,
    notes_of as notes_of,
    why_not_identifiable as why_not_identifiable,
)
from .notes import CONVENTIONS as CONVENTIONS, OPTIMISERS as OPTIMISERS
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
from .spectroscopy import ESTIMATORS as ESTIMATORS, INTERVALS as INTERVALS, measure_universe as measure_universe
