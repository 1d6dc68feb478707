from .analogue import AnalogueResults as AnalogueResults, run_analogue as run_analogue
from .analogue_models import build_box as build_box
from .analogue_specification import (
    AnalogueSpecification as AnalogueSpecification,
    BoxSection as BoxSection,
    parse_analogue as parse_analogue,
)
