from .atomic_files import write_bytes as write_bytes, write_text as write_text
from .datasets_on_disk import read_results as read_results, write_results as write_results
from .result_folder import ResultFolder as ResultFolder, result_in as result_in
from .study_files import (
    StudyFile as StudyFile,
    default_study_file as default_study_file,
    read_study_file as read_study_file,
    sources_from as sources_from,
)
from .study_folder import StudyFolder as StudyFolder
from .sweep_runs import run_study as run_study
from .trajectory_files import (
    read_kernel as read_kernel,
    read_trajectories as read_trajectories,
    recorded_settings as recorded_settings,
)
from .user_models import load_model as load_model
from .user_tables import read_columns as read_columns
