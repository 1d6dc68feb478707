"""How what is measured depends on the hyperparameters of a study."""

from cosmograd.report.study.dependence.onsets import Onset, measured_onsets
from cosmograd.report.study.dependence.quantities import Dependent, dependent_quantities, heaviest
from cosmograd.report.study.dependence.slopes import Slope, dependence_slopes
from cosmograd.report.study.dependence.swept_axes import (
    Group,
    SweptAxis,
    comparable,
    groups_of,
    is_hyperparameter,
    swept_axis,
    told_apart,
)

__all__ = [
    "Dependent",
    "Group",
    "Onset",
    "Slope",
    "SweptAxis",
    "comparable",
    "dependence_slopes",
    "dependent_quantities",
    "groups_of",
    "heaviest",
    "is_hyperparameter",
    "measured_onsets",
    "swept_axis",
    "told_apart",
]
