"""Homogeneous backgrounds: inflation in e-folds, in given expansions, and as Friedmann's equation
has it past the end of inflation.
"""

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
from cosmograd.cosmology.background.given_expansion import FieldHistory, FieldOutcome, evolve_field
from cosmograd.cosmology.background.inflation import InflationHistory, InflationSettings, Outcome, inflate
from cosmograd.cosmology.background.inflation_expansion import expansion_of_inflation
from cosmograd.cosmology.background.inflation_failures import failure_of_inflation
from cosmograd.cosmology.background.starts import InflationError, checked_start

__all__ = [
    "AbstractEvent",
    "ElapsedEFolds",
    "EndOfInflation",
    "Evolution",
    "EvolutionOutcome",
    "FieldHistory",
    "FieldOutcome",
    "FieldValue",
    "HubbleRateValue",
    "InflationError",
    "InflationHistory",
    "InflationSettings",
    "Model",
    "Outcome",
    "Phase",
    "State",
    "acceleration",
    "attractor_velocity",
    "checked_start",
    "evolve",
    "evolve_field",
    "expansion_of_inflation",
    "failure_of_inflation",
    "inflate",
    "log_hubble_rate",
    "slow_roll_ε",
]
