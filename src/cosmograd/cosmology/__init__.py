"""The universe's side: expansion histories a(t) of a flat universe, in units ħ = c = 8πG = 1; units of mass."""

from cosmograd.cosmology.expansion import (
    AbstractExpansion,
    DeSitter,
    FunctionExpansion,
    PowerLawExpansion,
    TabulatedExpansion,
    cosmological_constant,
)
from cosmograd.cosmology.units import MassUnit, convert_units

__all__ = [
    "AbstractExpansion",
    "DeSitter",
    "FunctionExpansion",
    "MassUnit",
    "PowerLawExpansion",
    "TabulatedExpansion",
    "convert_units",
    "cosmological_constant",
]
