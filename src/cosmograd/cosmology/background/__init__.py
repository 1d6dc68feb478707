"""Homogeneous backgrounds: inflation in e-folds."""

from cosmograd.cosmology.background.attractor import attractor_velocity
from cosmograd.cosmology.background.equations import Model, Phase, acceleration, log_hubble_rate, slow_roll_ε
from cosmograd.cosmology.background.inflation import InflationHistory, InflationSettings, Outcome, inflate

__all__ = [
    "InflationHistory",
    "InflationSettings",
    "Model",
    "Outcome",
    "Phase",
    "acceleration",
    "attractor_velocity",
    "inflate",
    "log_hubble_rate",
    "slow_roll_ε",
]
