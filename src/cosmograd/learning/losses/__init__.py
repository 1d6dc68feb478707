"""Losses."""

from cosmograd.learning.losses.squared import NORMALISATIONS, Normalisation, SquaredLoss

__all__ = ["NORMALISATIONS", "Normalisation", "SquaredLoss"]
