"""Perturbations of inflating backgrounds."""

from cosmograd.cosmology.perturbations.crossing_modes import (
    CrossingPower,
    CrossingSettings,
    CrossingTable,
    crossing_power,
)
from cosmograd.cosmology.perturbations.vacuum import Vacuum, adiabatic_vacuum

__all__ = [
    "CrossingPower",
    "CrossingSettings",
    "CrossingTable",
    "Vacuum",
    "adiabatic_vacuum",
    "crossing_power",
]
