"""Both sides of the dictionary in numbers, for the command and for files.

Loads neither pydantic nor, unless for modes, JAX.
"""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from cosmograd.duality.dictionary import (
    dual_universe,
    mass_over_hubble_squared,
    mass_squared,
    stroboscopic_mass_per_update,
    training_step,
)
from cosmograd.duality.optimiser_steps import OptimiserStep, optimiser_step
from cosmograd.learning.optimiser_names import check_named


def contradiction(given: Collection[str], time_unit: str, key: Callable[[str], str]) -> str | None:
    """What is wrong with the names of the numbers that are given, or None; `key`: how a message calls a name."""
    η, β, H, δ = map(key, ("learning_rate", "momentum", "hubble_rate", "time_step"))
    backwards, by_update = "hubble_rate" in given or "time_step" in given, time_unit == "update"
    if not backwards:
        return None if "learning_rate" in given else f"give {η} (and {β}), or {H} and {δ}"
    if "momentum" in given or ("learning_rate" in given and not by_update):
        return f"give either {η} (and {β}), or {H} and {δ}, not both"
    if by_update:
        needed = {"hubble_rate", "learning_rate"} <= set(given)
        return None if needed else f"in units of one update a universe needs both {H} and {η}"
    return None if {"hubble_rate", "time_step"} <= set(given) else f"a universe needs both {H} and {δ}"


def both_sides(
    *,
    learning_rate: Any = None,
    momentum: Any = None,
    hubble_rate: Any = None,
    time_step: Any = None,
    time_unit: str = "canonical",
    scheme: str = "leapfrog",
) -> dict[str, Any]:
    """Step and universe, from either; `ValueError` where one is out of range. An update lasts 1 in units of itself."""
    if hubble_rate is not None:
        δ = 1.0 if time_step is None else time_step
        η, β = training_step(hubble_rate, δ, time_unit, scheme, learning_rate)
    else:
        η, β = learning_rate, 0.0 if momentum is None else momentum
    return {"learning_rate": η, "momentum": β} | dual_universe(η, β, time_unit, scheme)._asdict()


def momentum_of(
    momentum: Any,
    *,
    optimiser: str = "sgd",
    dampening: float = 0.0,
    weight_decay: float | None = None,
    averaged: bool = False,
) -> Any:
    """The momentum, or that of PyTorch's optimiser of this name where it is left out; `ValueError` as `check_named`."""
    return check_named(optimiser, momentum, dampening, weight_decay, averaged)[0]


def of_optimiser(
    learning_rate: Any,
    momentum: Any,
    time_unit: str,
    scheme: str,
    *,
    optimiser: str = "sgd",
    dampening: float = 0.0,
    weight_decay: float | None = None,
    averaged: bool = False,
) -> tuple[dict[str, Any], OptimiserStep]:
    """The universe of an optimiser with these numbers, with the heavy ball that it is and its regimes in ηλ of that."""
    step = optimiser_step(optimiser, learning_rate, momentum, dampening, weight_decay, averaged)
    universe = dual_universe(step.learning_rate, step.momentum, time_unit, scheme)._asdict()
    meet, part = step.regime_boundaries()
    stable = step.largest_stable_eigenvalue()
    return universe | {
        "effective_learning_rate": step.learning_rate,
        "effective_momentum": step.momentum,
        "critical_eta_lambda": step.learning_rate * meet,
        "period_two_eta_lambda": step.learning_rate * part,
        "largest_stable_eta_lambda": step.learning_rate * stable,
        "largest_stable_eigenvalue": stable,
    }, step


def of_mode(
    eigenvalue: Any, step: OptimiserStep, universe: dict[str, Any], time_unit: str, scheme: str, points: int
) -> dict[str, Any]:
    """The mode of a kernel eigenvalue: its ηλ, its mass and the regime of its updates.

    Friction and mass are the mode's own, in units of the universe's δ and H.
    """
    from cosmograd.duality.regimes import recursion_regimes  # loads JAX

    η, β = step.learning_rate, step.momentum
    ηλ = η * eigenvalue / points
    a, b = step.recursion(eigenvalue / points)
    if np.any(step.correction) or np.any(step.pull):
        per_update = 2 * (1 + b - a) / (1 + b) if scheme == "leapfrog" else stroboscopic_mass_per_update(1 + b - a, b)
        masses = per_update / universe["time_step"] ** 2, per_update / universe["e_folds_per_update"] ** 2
    else:
        masses = (
            mass_squared(eigenvalue, η, β, time_unit, scheme, points),
            mass_over_hubble_squared(eigenvalue, η, β, scheme, points),
        )
    return {
        "eigenvalue": eigenvalue,
        "eta_lambda": ηλ,
        "mass_squared": masses[0],
        "mass_over_hubble_squared": masses[1],
        "regime": recursion_regimes(a, b),
    }
