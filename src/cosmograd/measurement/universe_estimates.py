"""From intervals to what is said: estimates with their reasons."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.measurement.identifiability import useless
from cosmograd.measurement.parameter_scatter import Interval
from cosmograd.measurement.quantities import QUANTITIES, TimeConvention, entries, quantities_of
from cosmograd.results import Estimate

Estimates = dict[str, tuple[Estimate, ...]]


class Verdict(NamedTuple):
    """described: whether the recursion describes the motion; known: whether it tells β; reason: in words; hidden: why
    nothing is known of the modes, where β may be.
    """

    described: bool
    known: bool
    reason: str
    hidden: str | None = None


def universe_estimates(
    intervals: Interval, predicted: Float[np.ndarray, " quantities"], modes: int, verdict: Verdict, misfit: float = 0.0
) -> Estimates:
    """One estimate for each entry of each quantity. What is made of β is known no better than β itself.

    misfit: share of the motion that is left unexplained and not in the intervals yet.
    """
    found: Estimates = {}
    for name in QUANTITIES:  # momentum comes first
        value, low, high, error, expected = (entries(row, name, modes) for row in (*intervals, predicted))
        further = misfit * _sensitivity(name, value)
        low, high = value - np.hypot(value - low, further), value + np.hypot(high - value, further)
        known = verdict.described if name == "decay_rates" else verdict.known
        hidden = verdict.hidden if QUANTITIES[name].dimensions and known else None
        found[name] = tuple(
            _estimate(numbers, known and hidden is None, hidden or verdict.reason, friction=name == "momentum")
            for numbers in np.stack([value, low, high, error, expected], axis=1)
        )
        if name == "momentum" and known and not found[name][0].identifiable:
            verdict = verdict._replace(known=False, reason=f"the momentum is not known: {found[name][0].reason}")
    return found


def _sensitivity(name: str, value: Float[np.ndarray, " entries"]) -> Float[np.ndarray, " entries"]:
    """By how much a quantity changes where Γ = 2(1 − β)/(1 + β), or ηλ, changes by all of itself."""
    if name == "momentum":
        return np.abs(1 - value**2) / 2
    return (2.0 if name == "cosmological_constant" else 1.0) * np.abs(value)


def _estimate(numbers: Float[np.ndarray, "5"], known: bool, reason: str, friction: bool) -> Estimate:
    """friction: the quantity is β, of which 1 − β is what counts: friction, and with it H."""
    value, low, high, error = map(float, numbers[:4])
    predicted = float(numbers[4]) if np.isfinite(numbers[4]) else None
    if not known:
        return Estimate(None, None, None, None, False, reason, predicted)
    says_nothing = useless(1 - value, 1 - high, 1 - low) if friction else useless(value, low, high)
    if friction and value >= 1:
        says_nothing = f"a momentum of {value:.3g} is negative friction; are the records in the order of the updates?"
    if not np.isfinite([value, low, high]).all():
        return Estimate(None, None, None, None, False, says_nothing or reason, predicted)
    return Estimate(value, low, high, error, says_nothing is None, says_nothing or reason, predicted)


def predicted_quantities(
    momentum: float | None,
    learning_rate: float,
    eigenvalues: Float[np.ndarray, " modes"] | None,
    modes: int,
    convention: TimeConvention,
) -> Float[np.ndarray, " quantities"]:
    """By the dictionary; NaN throughout without a momentum, and for modes without a kernel."""
    eta_lambdas = np.full(modes, np.nan) if eigenvalues is None else learning_rate * eigenvalues
    each_update = convention._replace(spacing=1)
    row = quantities_of(0.0 if momentum is None else momentum, learning_rate, eta_lambdas, each_update)
    return row if momentum is not None else np.full_like(row, np.nan)
