"""One study: ensembles over a sweep of hyperparameters, trained, predicted and read as universes."""

from cosmograd.errors import UserError
from cosmograd.studies.analogue import AnalogueResults, run_analogue
from cosmograd.studies.analogue_models import build_box
from cosmograd.studies.analogue_specification import AnalogueSpecification, BoxSection, parse_analogue
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
from cosmograd.studies.ensemble_study import check_point, checked_alike, machine_settings, run_point
from cosmograd.studies.learning_curve import LearningCurve, predict_learning_curve
from cosmograd.studies.noise_study import NOISE_VARIABLES, noise_study
from cosmograd.studies.point_combination import combine_points
from cosmograd.studies.point_measurement import MEASURED
from cosmograd.studies.point_noise import NOISE
from cosmograd.studies.result_schema import FULL_BATCH, SETTINGS, SPLIT_PARTS, VARIABLES
from cosmograd.studies.specification import (
    LONGEST_RUN,
    StudyPoint,
    StudySpecification,
    parse_study,
    points_asked_for,
    study_points,
)
from cosmograd.studies.sweep import MOST_POINTS
from cosmograd.studies.universe import run_test_field, run_universe
from cosmograd.studies.universe_specification import (
    TestFieldSpecification,
    UniverseSpecification,
    parameters_of,
    parse_test_field,
    parse_universe,
    potentials_by_name,
)
from cosmograd.studies.validation import with_values

__all__ = [
    "FULL_BATCH",
    "LONGEST_RUN",
    "MEASURED",
    "MOST_POINTS",
    "NOISE",
    "NOISE_VARIABLES",
    "SETTINGS",
    "SPLIT_PARTS",
    "VARIABLES",
    "AnalogueResults",
    "AnalogueSpecification",
    "BoxSection",
    "LearningCurve",
    "Sources",
    "StudyPoint",
    "StudySpecification",
    "TestFieldSpecification",
    "UniverseSpecification",
    "UserError",
    "build_box",
    "build_dataset",
    "build_network",
    "build_optimiser",
    "check_point",
    "checked_alike",
    "columns_left_out",
    "combine_points",
    "machine_settings",
    "noise_study",
    "parameters_of",
    "parse_analogue",
    "parse_study",
    "parse_test_field",
    "parse_universe",
    "points_asked_for",
    "potentials_by_name",
    "predict_learning_curve",
    "recorded_updates",
    "run_analogue",
    "run_point",
    "run_test_field",
    "run_universe",
    "snapshot_updates",
    "source_digests",
    "study_points",
    "with_values",
]
