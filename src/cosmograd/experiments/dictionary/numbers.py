"""Both sides of the dictionary in numbers, for the command and for files.

Loads neither pydantic nor, unless for modes, JAX.
"""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from cosmograd.duality.dictionary import dual_universe, mass_over_hubble_squared, mass_squared, training_step


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


def of_mode(
    eigenvalue: Any, learning_rate: Any, momentum: Any, time_unit: str, scheme: str, points: int
) -> dict[str, Any]:
    """The mode of a kernel eigenvalue: its ηλ, its mass and the regime of its updates."""
    from cosmograd.duality.regimes import recursion_regimes  # loads JAX

    ηλ = learning_rate * eigenvalue / points
    return {
        "eigenvalue": eigenvalue,
        "eta_lambda": ηλ,
        "mass_squared": mass_squared(eigenvalue, learning_rate, momentum, time_unit, scheme, points),
        "mass_over_hubble_squared": mass_over_hubble_squared(eigenvalue, learning_rate, momentum, scheme, points),
        "regime": recursion_regimes(1 + np.asarray(momentum, float) - ηλ, momentum),
    }
