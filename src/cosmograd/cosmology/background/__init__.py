"""Homogeneous backgrounds: inflation in e-folds, and any evolution that Friedmann's equation drives."""

from cosmograd.cosmology.background.attractor import attractor_velocity
from cosmograd.cosmology.background.equations import Model, Phase, acceleration, log_hubble_rate, slow_roll_ε
from cosmograd.cosmology.background.friedmann import (
    AbstractEvent,
    ElapsedEFolds,
    EndOfInflation,
    Evolution,
    EvolutionOutcome,
    FieldValue,
    HubbleRateValue,
    State,
    evolve,
)
from cosmograd.cosmology.background.inflation import InflationHistory, InflationSettings, Outcome, inflate

__all__ = [
    "AbstractEvent",
    "ElapsedEFolds",
    "EndOfInflation",
    "Evolution",
    "EvolutionOutcome",
    "FieldValue",
    "HubbleRateValue",
    "InflationHistory",
    "InflationSettings",
    "Model",
    "Outcome",
    "Phase",
    "State",
    "acceleration",
    "attractor_velocity",
    "evolve",
    "inflate",
    "log_hubble_rate",
    "slow_roll_ε",
]
