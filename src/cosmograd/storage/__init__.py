"""Files: study files, the user's tables and models, results as NetCDF, the folder of a study."""

from cosmograd.storage.analogue_folder import AnalogueFolder
from cosmograd.storage.atomic_files import write_atomically, write_bytes, write_text
from cosmograd.storage.datasets_on_disk import read_results, write_results
from cosmograd.storage.measurement_folder import MeasurementFolder
from cosmograd.storage.results_folder import ResultsFolder
from cosmograd.storage.study_files import StudyFile, default_study_file, read_study_file, sources_from
from cosmograd.storage.study_folder import StudyFolder
from cosmograd.storage.study_runs import PointsDone, run_study
from cosmograd.storage.trajectory_files import TRAJECTORY_SUFFIXES, read_kernel, read_trajectories
from cosmograd.storage.universe_folder import UniverseFolder
from cosmograd.storage.user_models import load_model
from cosmograd.storage.user_tables import TABLE_SUFFIXES, read_columns

__all__ = [
    "TABLE_SUFFIXES",
    "TRAJECTORY_SUFFIXES",
    "AnalogueFolder",
    "MeasurementFolder",
    "PointsDone",
    "ResultsFolder",
    "StudyFile",
    "StudyFolder",
    "UniverseFolder",
    "default_study_file",
    "load_model",
    "read_columns",
    "read_kernel",
    "read_results",
    "read_study_file",
    "read_trajectories",
    "run_study",
    "sources_from",
    "write_atomically",
    "write_bytes",
    "write_results",
    "write_text",
]
