"""Measured universes of a study's points as the dictionary has them, with stated errors: nothing is trained."""

from typing import Any

import numpy as np

from cosmograd.duality import dual_universe
from cosmograd.results import ESTIMATE_PARTS
from cosmograd.solvers import recursion_roots

ERROR = 0.01
_BY_MODE = ("masses_squared", "eta_lambdas", "decay_rates")


def measured_variables(rates: Any, momenta: Any, error: float = ERROR, identifiable: bool = True) -> dict[str, Any]:
    """All `measured_…` variables for points of the given ηλ and momenta, at λ = 4; each with a relative error."""
    rates, momenta = np.asarray(rates, dtype=float), np.asarray(momenta, dtype=float)
    universe = dual_universe(rates / 4, momenta)
    larger, _ = recursion_roots(1 + momenta - rates, momenta)
    H = np.asarray(universe.hubble_rate)
    truth = {
        "momentum": momenta,
        "step": rates / 4,
        "hubble_rate": H,
        "cosmological_constant": np.asarray(universe.cosmological_constant),
        "e_folds_per_update": np.asarray(universe.e_folds_per_update),
        "masses_squared": H**2 * 4.5 * rates * (1 + momenta) / (1 - momenta) ** 2,
        "eta_lambdas": rates,
        "decay_rates": -np.log(np.abs(larger)),
    }
    variables: dict[str, Any] = {"measured_goodness_of_fit": ("study_point", np.ones(len(rates)))}
    for name, value in truth.items():
        spread = error * np.abs(value)
        parts = {
            "value": value, "low": value - 1.96 * spread, "high": value + 1.96 * spread, "standard_error": spread,
            "predicted": value, "identifiable": np.full(len(value), identifiable), "reason": np.full(len(value), ""),
        }  # fmt: skip
        for part, (suffix, *_) in ESTIMATE_PARTS.items():
            along = ("study_point", "measured_mode") if name in _BY_MODE else ("study_point",)
            variables[f"measured_{name}{suffix}"] = (along, parts[part].reshape(-1, *(1,) * (len(along) - 1)))
    return variables
