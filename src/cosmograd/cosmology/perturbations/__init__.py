"""Perturbations of inflating backgrounds."""

from cosmograd.cosmology.perturbations.crossing_modes import CrossingPower, CrossingSettings, crossing_power
from cosmograd.cosmology.perturbations.mode_table import ModeTable
from cosmograd.cosmology.perturbations.vacuum import Vacuum, adiabatic_vacuum, vacuum_coefficients

__all__ = [
    "CrossingPower",
    "CrossingSettings",
    "ModeTable",
    "Vacuum",
    "adiabatic_vacuum",
    "crossing_power",
    "vacuum_coefficients",
]
