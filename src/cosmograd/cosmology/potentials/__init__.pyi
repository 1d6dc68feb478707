from .abstract import (
    AbstractPotential as AbstractPotential,
    Parameter as Parameter,
    positive as positive,
    real as real,
)
from .axions import (
    AxionMonodromy as AxionMonodromy,
    NaturalPotential as NaturalPotential,
)
from .function import (
    FunctionPotential as FunctionPotential,
    check_function as check_function,
)
from .hilltop import HilltopPotential as HilltopPotential
from .monomials import (
    MonomialPotential as MonomialPotential,
    QuadraticPotential as QuadraticPotential,
    QuarticPotential as QuarticPotential,
)
from .plateaus import (
    AlphaAttractorE as AlphaAttractorE,
    AlphaAttractorT as AlphaAttractorT,
    PlateauWithBump as PlateauWithBump,
    PlateauWithStep as PlateauWithStep,
    StarobinskyPotential as StarobinskyPotential,
)
from .two_fields import (
    DoubleQuadraticPotential as DoubleQuadraticPotential,
    HybridPotential as HybridPotential,
)
