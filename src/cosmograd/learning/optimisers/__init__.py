"""Optimisers: first-order methods, each with its discrete update and its continuous limit."""

from cosmograd.learning.optimisers.abstract import AbstractOptimiser, tabulated, value_at
from cosmograd.learning.optimisers.as_optimiser import as_optimiser
from cosmograd.learning.optimisers.corrected_heavy_ball import CorrectedHeavyBall
from cosmograd.learning.optimisers.gradient_descent import GradientDescent
from cosmograd.learning.optimisers.heavy_ball import HeavyBall
from cosmograd.learning.optimisers.nesterov import Nesterov
from cosmograd.learning.optimisers.optax_checks import NoModesError

__all__ = [
    "AbstractOptimiser",
    "CorrectedHeavyBall",
    "GradientDescent",
    "HeavyBall",
    "Nesterov",
    "NoModesError",
    "as_optimiser",
    "tabulated",
    "value_at",
]
