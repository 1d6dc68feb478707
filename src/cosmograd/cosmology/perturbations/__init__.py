"""Perturbations: of inflating backgrounds, and of test fields in given ones."""

from cosmograd.cosmology.perturbations.crossing_modes import CrossingPower, CrossingSettings, crossing_power
from cosmograd.cosmology.perturbations.mode_table import ModeTable
from cosmograd.cosmology.perturbations.spectator_modes import (
    SpectatorMode,
    SpectatorOutcome,
    evolved_mode,
    vacuum_mode,
)
from cosmograd.cosmology.perturbations.vacuum import Vacuum, adiabatic_vacuum, vacuum_coefficients

__all__ = [
    "CrossingPower",
    "CrossingSettings",
    "ModeTable",
    "SpectatorMode",
    "SpectatorOutcome",
    "Vacuum",
    "adiabatic_vacuum",
    "crossing_power",
    "evolved_mode",
    "vacuum_coefficients",
    "vacuum_mode",
]
