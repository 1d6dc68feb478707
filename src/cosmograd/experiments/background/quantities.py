"""What comes out of a background. Units: M_Pl = 1/√(8πG), ħ = c = 1; a = 1 at the start."""

from cosmograd.experiments.universe.quantities import QUANTITIES as OF_UNIVERSE

NEEDED = (
    "e_folds", "field", "field_velocity", "hubble_rate", "potential_energy", "epsilon_1", "epsilon_2", "e_folds_total",
    "friedmann_violation",
)  # fmt: skip

QUANTITIES = tuple(quantity for quantity in OF_UNIVERSE if quantity.name in NEEDED)
