from .analogue import AnalogueResults as AnalogueResults, run_analogue as run_analogue
from .analogue_models import build_box as build_box
from .analogue_specification import (
    AnalogueSpecification as AnalogueSpecification,
    BoxSection as BoxSection,
    parse_analogue as parse_analogue,
)
from .universe import run_test_field as run_test_field, run_universe as run_universe
from .universe_specification import (
    TestFieldSpecification as TestFieldSpecification,
    UniverseSpecification as UniverseSpecification,
    parameters_of as parameters_of,
    parse_test_field as parse_test_field,
    parse_universe as parse_universe,
    potentials_by_name as potentials_by_name,
)
