"""Optimisers: first-order methods, each with its discrete update and its continuous limit."""

from cosmograd.learning.optimisers.abstract import AbstractOptimiser, tabulated, value_at
from cosmograd.learning.optimisers.gradient_descent import GradientDescent
from cosmograd.learning.optimisers.heavy_ball import HeavyBall
from cosmograd.learning.optimisers.nesterov import Nesterov

__all__ = [
    "AbstractOptimiser",
    "GradientDescent",
    "HeavyBall",
    "Nesterov",
    "tabulated",
    "value_at",
]
