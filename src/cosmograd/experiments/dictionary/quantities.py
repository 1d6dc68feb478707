"""What the dictionary says of a training step."""

from cosmograd.results import Quantity

UNITS_OF_TIME = {"canonical": "V = L", "gradient-flow": "δ = η", "sqrt-learning-rate": "δ = √η", "update": "one update"}

QUANTITIES = (
    Quantity("learning_rate", "learning rate η", symbol="η"),
    Quantity("momentum", "momentum β", symbol="β"),
    Quantity("time_step", "duration δ of an update", "T", symbol="δ"),
    Quantity("hubble_rate", "Hubble rate H", "1/T", symbol="H"),
    Quantity("cosmological_constant", "cosmological constant Λ = 3H²", "1/T²", symbol="Λ"),
    Quantity("e_folds_per_update", "e-folds per update Hδ", symbol="Hδ"),
    Quantity("potential_scale", "potential over loss, V/L"),
    Quantity("critical_eta_lambda", "ηλ at which modes turn from overdamped to oscillating, (1 − √β)²"),
    Quantity("period_two_eta_lambda", "ηλ above which modes flip sign at every update, (1 + √β)²"),
    Quantity("largest_stable_eta_lambda", "ηλ above which modes diverge, 2(1 + β)"),
)

NEEDED = tuple(quantity.name for quantity in QUANTITIES)
