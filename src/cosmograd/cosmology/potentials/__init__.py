"""Potentials of scalar fields: one function of the fields each, in reduced Planck units."""

from cosmograd.cosmology.potentials.abstract import AbstractPotential, Parameter, positive, real
from cosmograd.cosmology.potentials.axions import AxionMonodromy, NaturalPotential
from cosmograd.cosmology.potentials.function import FunctionPotential, check_function
from cosmograd.cosmology.potentials.hilltop import HilltopPotential
from cosmograd.cosmology.potentials.monomials import MonomialPotential, QuadraticPotential, QuarticPotential
from cosmograd.cosmology.potentials.plateaus import (
    AlphaAttractorE,
    AlphaAttractorT,
    PlateauWithBump,
    PlateauWithStep,
    StarobinskyPotential,
)
from cosmograd.cosmology.potentials.two_fields import DoubleQuadraticPotential, HybridPotential

__all__ = [
    "AbstractPotential",
    "AlphaAttractorE",
    "AlphaAttractorT",
    "AxionMonodromy",
    "DoubleQuadraticPotential",
    "FunctionPotential",
    "HilltopPotential",
    "HybridPotential",
    "MonomialPotential",
    "NaturalPotential",
    "Parameter",
    "PlateauWithBump",
    "PlateauWithStep",
    "QuadraticPotential",
    "QuarticPotential",
    "StarobinskyPotential",
    "check_function",
    "positive",
    "real",
]
