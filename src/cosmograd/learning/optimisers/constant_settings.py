"""Constant settings behind a recursion of steps: the shortest numbers that make the same steps."""

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
from jaxtyping import Float

from cosmograd.learning.optimisers.step_recursion import StepRecursion, steps_of

# Steps that agree to this, relative to the largest, are the same: some hundred roundings.
SAME = 1e-13
# A number with more decimals than these is taken as it was found.
_MOST_DIGITS = 10
_LARGEST_DENOMINATOR = 99
_UPDATES_FOR_DIGITS = 48

Rule = Callable[..., tuple[float, float, float]]


def constant(η: float, β: float, ν: float, updates: int) -> StepRecursion:
    """The recursion with these settings at every update."""
    return StepRecursion(*(np.full(updates, value) for value in (η, β, ν, 0.0)))


def makes(
    recursion: StepRecursion,
    steps: Float[np.ndarray, "updates directions"],
    gradients: Float[np.ndarray, "updates directions"],
) -> bool:
    """Whether the recursion makes these steps, to round-off."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.abs(steps_of(recursion, gradients) - steps).max() <= SAME * np.abs(steps).max())


def shortest_settings(
    rule: Rule,
    settings: tuple[float, ...],
    steps: Float[np.ndarray, "updates directions"],
    gradients: Float[np.ndarray, "updates directions"],
) -> tuple[float, ...] | None:
    """Of the numbers near `settings` those with the fewest digits for which `rule` makes the steps; None without any.

    `rule(*settings)` gives η, β and ν. Numbers that the steps cannot tell apart are the same optimiser.
    """
    few, their_gradients = steps[:_UPDATES_FOR_DIGITS], gradients[:_UPDATES_FOR_DIGITS]
    for candidate in _candidates(settings):
        if makes(constant(*rule(*candidate), len(few)), few, their_gradients):
            return candidate if makes(constant(*rule(*candidate), len(steps)), steps, gradients) else None
    return None


def nearest_short(value: float, accuracy: float = SAME) -> float:
    """The number with the fewest digits that agrees with this one, to some hundred roundings unless told otherwise."""
    return next((number for number in _near(value) if abs(number - value) <= accuracy * abs(value)), value)


def _candidates(settings: tuple[float, ...]) -> Iterator[tuple[float, ...]]:
    """Combinations of short decimals, simple fractions and float32 numbers near the settings, which come last."""
    choices = [_near(value) for value in settings]
    combinations = np.array(np.meshgrid(*(range(len(choice)) for choice in choices), indexing="ij"))
    combinations = combinations.reshape(len(settings), -1).T
    for indices in combinations[np.argsort(combinations.sum(axis=1), kind="stable")]:
        yield tuple(choice[index] for choice, index in zip(choices, indices, strict=True))


def _near(value: float) -> list[float]:
    decimals = [float(f"{value:.{digits}e}") for digits in range(_MOST_DIGITS)]
    fraction = float(Fraction(value).limit_denominator(_LARGEST_DENOMINATOR))
    return list(dict.fromkeys([*decimals, fraction, float(np.float32(value)), value]))
