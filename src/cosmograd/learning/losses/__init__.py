"""Losses."""

from cosmograd.learning.losses.abstract import NORMALISATIONS, AbstractDeviationLoss, AbstractLoss, Normalisation
from cosmograd.learning.losses.cross_entropy import CrossEntropyLoss, LogisticLoss
from cosmograd.learning.losses.huber import HuberLoss
from cosmograd.learning.losses.mean_squared_error import MeanSquaredError
from cosmograd.learning.losses.pseudo_huber import PseudoHuberLoss
from cosmograd.learning.losses.squared import SquaredLoss

__all__ = [
    "NORMALISATIONS",
    "AbstractDeviationLoss",
    "AbstractLoss",
    "CrossEntropyLoss",
    "HuberLoss",
    "LogisticLoss",
    "MeanSquaredError",
    "Normalisation",
    "PseudoHuberLoss",
    "SquaredLoss",
]
