"""Optimisers: first-order methods, each with its discrete update and its continuous limit."""

from cosmograd.learning.optimisers.abstract import AbstractOptimiser, tabulated, value_at
from cosmograd.learning.optimisers.adaptive import AbstractAdaptive, Adam, RMSProp
from cosmograd.learning.optimisers.as_method import as_method
from cosmograd.learning.optimisers.as_optimiser import as_optimiser
from cosmograd.learning.optimisers.conventions import named_optimiser, sgd
from cosmograd.learning.optimisers.corrected_heavy_ball import CorrectedHeavyBall
from cosmograd.learning.optimisers.gradient_descent import GradientDescent
from cosmograd.learning.optimisers.heavy_ball import HeavyBall
from cosmograd.learning.optimisers.nesterov import Nesterov
from cosmograd.learning.optimisers.optax_checks import NoModesError
from cosmograd.learning.optimisers.torch_settings import check_trains
from cosmograd.learning.optimisers.weight_decay import CoupledWeightDecay, DecoupledWeightDecay

__all__ = [
    "AbstractAdaptive",
    "AbstractOptimiser",
    "Adam",
    "CorrectedHeavyBall",
    "CoupledWeightDecay",
    "DecoupledWeightDecay",
    "GradientDescent",
    "HeavyBall",
    "Nesterov",
    "NoModesError",
    "RMSProp",
    "as_method",
    "as_optimiser",
    "check_trains",
    "named_optimiser",
    "sgd",
    "tabulated",
    "value_at",
]
