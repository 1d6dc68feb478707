from .experiment import (
    Experiment as Experiment,
    experiment as experiment,
    experiment_names as experiment_names,
    experiment_of as experiment_of,
    specified_experiments as specified_experiments,
)
