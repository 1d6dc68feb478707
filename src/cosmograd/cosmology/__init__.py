"""The universe's side: expansion histories a(t) of a flat universe, in units ħ = c = 8πG = 1."""

from cosmograd.cosmology.expansion import (
    AbstractExpansion,
    DeSitter,
    FunctionExpansion,
    PowerLawExpansion,
    cosmological_constant,
)

__all__ = [
    "AbstractExpansion",
    "DeSitter",
    "FunctionExpansion",
    "PowerLawExpansion",
    "cosmological_constant",
]
