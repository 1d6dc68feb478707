"""One study: ensembles over a sweep of hyperparameters, trained, predicted and read as universes."""

from cosmograd.errors import UserError
from cosmograd.studies.assembly import (
    Sources,
    build_dataset,
    build_network,
    build_optimiser,
    recorded_updates,
    snapshot_updates,
    source_digests,
)
from cosmograd.studies.ensemble_study import check_point, run_point
from cosmograd.studies.learning_curve import LearningCurve, predict_learning_curve
from cosmograd.studies.result_schema import SPLIT_PARTS, VARIABLES, combine_points
from cosmograd.studies.specification import StudyPoint, StudySpecification, parse_study, study_points

__all__ = [
    "SPLIT_PARTS",
    "VARIABLES",
    "LearningCurve",
    "Sources",
    "StudyPoint",
    "StudySpecification",
    "UserError",
    "build_dataset",
    "build_network",
    "build_optimiser",
    "check_point",
    "combine_points",
    "parse_study",
    "predict_learning_curve",
    "recorded_updates",
    "run_point",
    "snapshot_updates",
    "source_digests",
    "study_points",
]
