"""The network's side: networks, data, losses, optimisers, tangent kernels, and ensembles in training."""

from cosmograd.learning import batches, datasets, losses, networks, optimisers, tangent_kernel
from cosmograd.learning.batch_gradients import TrainingPoints, batch_gradient, batch_keys, full_gradient
from cosmograd.learning.member_mapping import STRATEGY_NAMES, MemberMapping, StrategyName, choose_mapping, run_members
from cosmograd.learning.memory_budget import bytes_of_intermediates
from cosmograd.learning.training import (
    DIVERGENCE_FACTOR,
    EnsembleChunk,
    check_network_fits,
    initial_outputs,
    mean_initial_kernel,
    member_keys,
    plan_training,
    train_ensemble,
)

__all__ = [
    "DIVERGENCE_FACTOR",
    "STRATEGY_NAMES",
    "EnsembleChunk",
    "MemberMapping",
    "StrategyName",
    "TrainingPoints",
    "batch_gradient",
    "batch_keys",
    "batches",
    "bytes_of_intermediates",
    "check_network_fits",
    "choose_mapping",
    "datasets",
    "full_gradient",
    "initial_outputs",
    "losses",
    "mean_initial_kernel",
    "member_keys",
    "networks",
    "optimisers",
    "plan_training",
    "run_members",
    "tangent_kernel",
    "train_ensemble",
]
