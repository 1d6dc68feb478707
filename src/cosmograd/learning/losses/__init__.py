"""Losses."""

from cosmograd.learning.losses.abstract import NORMALISATIONS, AbstractLoss, Normalisation
from cosmograd.learning.losses.pseudo_huber import PseudoHuberLoss
from cosmograd.learning.losses.squared import SquaredLoss

__all__ = ["NORMALISATIONS", "AbstractLoss", "Normalisation", "PseudoHuberLoss", "SquaredLoss"]
