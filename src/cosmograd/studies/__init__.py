"""One study: ensembles over a sweep of hyperparameters, trained, predicted and read as universes."""

from cosmograd.errors import UserError
from cosmograd.studies.assembly import (
    Sources,
    build_dataset,
    build_network,
    build_optimiser,
    columns_left_out,
    recorded_updates,
    snapshot_updates,
    source_digests,
)
from cosmograd.studies.ensemble_study import check_point, machine_settings, run_point
from cosmograd.studies.learning_curve import LearningCurve, predict_learning_curve
from cosmograd.studies.result_schema import SETTINGS, SPLIT_PARTS, VARIABLES, combine_points
from cosmograd.studies.specification import LONGEST_RUN, StudyPoint, StudySpecification, parse_study, study_points

__all__ = [
    "LONGEST_RUN",
    "SETTINGS",
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
    "columns_left_out",
    "combine_points",
    "machine_settings",
    "parse_study",
    "predict_learning_curve",
    "recorded_updates",
    "run_point",
    "snapshot_updates",
    "source_digests",
    "study_points",
]
