from . import (
    batches as batches,
    datasets as datasets,
    losses as losses,
    networks as networks,
    optimisers as optimisers,
    tangent_kernel as tangent_kernel,
)
from .batch_gradients import (
    TrainingPoints as TrainingPoints,
    batch_gradient as batch_gradient,
    batch_keys as batch_keys,
    full_gradient as full_gradient,
)
from .initial_ensembles import (
    check_network_fits as check_network_fits,
    initial_outputs as initial_outputs,
    mean_initial_kernel as mean_initial_kernel,
    member_keys as member_keys,
)
from .member_mapping import (
    STRATEGY_NAMES as STRATEGY_NAMES,
    MemberMapping as MemberMapping,
    StrategyName as StrategyName,
    choose_mapping as choose_mapping,
    run_members as run_members,
)
from .memory_budget import bytes_of_intermediates as bytes_of_intermediates
from .networks import as_model as as_model
from .optimisers import as_optimiser as as_optimiser
from .training import (
    DIVERGENCE_FACTOR as DIVERGENCE_FACTOR,
    EnsembleChunk as EnsembleChunk,
    plan_training as plan_training,
    train_ensemble as train_ensemble,
)
