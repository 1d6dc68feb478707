"""What the dictionary says of a training step and of a mode."""

from cosmograd.results import Quantity

UNITS_OF_TIME = {"canonical": "V = L", "gradient-flow": "δ = η", "sqrt-learning-rate": "δ = √η", "update": "one update"}

_OF_MODES = (
    Quantity("eigenvalue", "eigenvalue λN of the tangent kernel", symbol="λN"),
    Quantity("eta_lambda", "ηλ of the mode", symbol="ηλ"),
    Quantity("mass_squared", "mass squared m² of the mode", "1/T²", symbol="m²"),
    Quantity("mass_over_hubble_squared", "m²/H² of the mode", symbol="m²/H²"),
    Quantity("regime", "regime of the mode's updates, by ηλ", ""),
)
_OF_STEPS = (
    Quantity("learning_rate", "learning rate η", symbol="η"),
    Quantity("momentum", "momentum β", symbol="β"),
    Quantity("time_step", "duration δ of an update", "T", symbol="δ"),
    Quantity("hubble_rate", "Hubble rate H", "1/T", symbol="H"),
    Quantity("cosmological_constant", "cosmological constant Λ = 3H²", "1/T²", symbol="Λ"),
    Quantity("e_folds_per_update", "e-folds per update Hδ", symbol="Hδ"),
    Quantity("potential_scale", "potential over loss, V/L", symbol="V/L"),
    Quantity("critical_eta_lambda", "ηλ above which modes oscillate"),
    Quantity("period_two_eta_lambda", "ηλ above which modes flip sign at every update"),
    Quantity("largest_stable_eta_lambda", "ηλ above which modes diverge"),
)
_OF_OPTIMISERS = (
    Quantity("effective_learning_rate", "learning rate η of the heavy ball that it is"),
    Quantity("effective_momentum", "momentum of the heavy ball that it is"),
    Quantity("largest_stable_eigenvalue", "eigenvalue λ above which modes diverge"),
)

NEEDED = tuple(quantity.name for quantity in _OF_STEPS)
QUANTITIES = (*_OF_STEPS, *_OF_OPTIMISERS, *_OF_MODES)


def unit_of(quantity: Quantity, time_unit: str) -> str:
    """Its unit in the named unit of time; empty where it has none."""
    named = "update" if time_unit == "update" else f"T ({UNITS_OF_TIME[time_unit]})"
    return "" if quantity.unit == "1" else quantity.unit.replace("T", named)
