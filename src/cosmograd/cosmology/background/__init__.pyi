from .attractor import attractor_velocity as attractor_velocity
from .equations import (
    Model as Model,
    Phase as Phase,
    acceleration as acceleration,
    log_hubble_rate as log_hubble_rate,
    slow_roll_ε as slow_roll_ε,
)
from .friedmann import (
    AbstractEvent as AbstractEvent,
    ElapsedEFolds as ElapsedEFolds,
    EndOfInflation as EndOfInflation,
    Evolution as Evolution,
    EvolutionOutcome as EvolutionOutcome,
    FieldValue as FieldValue,
    HubbleRateValue as HubbleRateValue,
    State as State,
    evolve as evolve,
)
from .given_expansion import (
    FieldHistory as FieldHistory,
    FieldOutcome as FieldOutcome,
    evolve_field as evolve_field,
)
from .inflation import (
    InflationHistory as InflationHistory,
    InflationSettings as InflationSettings,
    Outcome as Outcome,
    inflate as inflate,
)
from .inflation_expansion import expansion_of_inflation as expansion_of_inflation
from .inflation_failures import failure_of_inflation as failure_of_inflation
from .starts import (
    InflationError as InflationError,
    checked_start as checked_start,
)
