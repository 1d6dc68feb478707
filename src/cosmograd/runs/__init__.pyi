from .atomic_files import write_atomically as write_atomically, write_bytes as write_bytes, write_text as write_text
from .datasets_on_disk import read_results as read_results, write_results as write_results
from .result_folder import ResultFolder as ResultFolder, result_in as result_in
from .study_files import (
    StudyFile as StudyFile,
    default_study_file as default_study_file,
    read_study_file as read_study_file,
    sources_from as sources_from,
)
from .study_folder import StudyFolder as StudyFolder
from .sweep_runs import PointsDone as PointsDone, run_study as run_study
from .trajectory_files import (
    TRAJECTORY_SUFFIXES as TRAJECTORY_SUFFIXES,
    read_kernel as read_kernel,
    read_trajectories as read_trajectories,
)
from .user_models import load_model as load_model, model_source as model_source
from .user_tables import TABLE_SUFFIXES as TABLE_SUFFIXES, read_columns as read_columns
