from .assembly import (
    Sources as Sources,
    build_dataset as build_dataset,
    build_network as build_network,
    build_optimiser as build_optimiser,
    columns_left_out as columns_left_out,
    recorded_updates as recorded_updates,
    snapshot_updates as snapshot_updates,
    source_digests as source_digests,
)
from .ensemble_study import (
    check_point as check_point,
    checked_alike as checked_alike,
    machine_settings as machine_settings,
    run_point as run_point,
)
from .learning_curve import LearningCurve as LearningCurve, predict_learning_curve as predict_learning_curve
from .noise_studies import NOISE_VARIABLES as NOISE_VARIABLES, noise_study as noise_study
from .point_combination import combine_points as combine_points
from .point_measurement import MEASURED as MEASURED
from .point_noise import NOISE as NOISE
from .result_schema import (
    FULL_BATCH as FULL_BATCH,
    SETTINGS as SETTINGS,
    SPLIT_PARTS as SPLIT_PARTS,
    VARIABLES as VARIABLES,
)
from .specification import (
    LONGEST_RUN as LONGEST_RUN,
    StudyPoint as StudyPoint,
    StudySpecification as StudySpecification,
    parse_study as parse_study,
    points_asked_for as points_asked_for,
    study_points as study_points,
)
from .sweep import MOST_POINTS as MOST_POINTS
from .universe import run_test_field as run_test_field, run_universe as run_universe
from .universe_specification import (
    TestFieldSpecification as TestFieldSpecification,
    UniverseSpecification as UniverseSpecification,
    parameters_of as parameters_of,
    parse_test_field as parse_test_field,
    parse_universe as parse_universe,
    potentials_by_name as potentials_by_name,
)
