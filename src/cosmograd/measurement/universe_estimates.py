"""From intervals to what is said: estimates with their reasons, and notes to the user."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.measurement.estimates import Estimate
from cosmograd.measurement.identifiability import poorly_described, structured_misfit, useless
from cosmograd.measurement.parameter_scatter import Interval
from cosmograd.measurement.quantities import QUANTITIES, entries, quantities_of
from cosmograd.measurement.recursion_fit import RecursionFit
from cosmograd.measurement.trajectories import Trajectories
from cosmograd.measurement.universe_intervals import Question

# |ln| of a learning rate on the kernel's modes over the one given, beyond which a wrong divisor is the likely cause.
_WRONG_STEP = 0.1
# Numbers that differ by less than this, relative, are written alike.
_SAME = 1e-3
# Members from which on the scatter of the members is known better than the noise is known to be white.
MEMBERS_FOR_BOOTSTRAP = 5
# Share of the motion along no mode that the user should know of.
_MUCH_LEFT_OUT = 0.5
_NO_END = "the search for the best fit did not come to an end"

Estimates = dict[str, tuple[Estimate, ...]]


class Verdict(NamedTuple):
    """described: whether the recursion describes the motion; known: whether it tells β; reason: in words."""

    described: bool
    known: bool
    reason: str


def universe_estimates(
    question: Question, intervals: Interval, fit: RecursionFit, verdict: Verdict, momentum: float | None
) -> Estimates:
    """One estimate for each entry of each quantity. What is made of β is known no better than β itself.

    momentum: as given, for the predictions only.
    """
    if not fit.converged:
        verdict = Verdict(False, False, _NO_END)
    modes = question.modes.values.shape[2]
    misfit, predicted = structured_misfit(fit), _predicted(question, momentum)
    found: Estimates = {}
    for name in QUANTITIES:  # momentum comes first
        value, low, high, error, expected = (entries(row, name, modes) for row in (*intervals, predicted))
        further = misfit * _sensitivity(name, value)
        low, high = value - np.hypot(value - low, further), value + np.hypot(high - value, further)
        known = verdict.described if name == "decay_rates" else verdict.known
        found[name] = tuple(
            _estimate(numbers, known, verdict.reason, friction=name == "momentum")
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


def _predicted(question: Question, momentum: float | None) -> Float[np.ndarray, " quantities"]:
    """By the dictionary; NaN throughout without a momentum, and for modes without a kernel."""
    λ = question.modes.eigenvalues
    modes = question.modes.values.shape[2]
    eta_lambdas = np.full(modes, np.nan) if λ is None else question.learning_rate * λ.mean(axis=0)
    β = 0.0 if momentum is None else momentum
    row = quantities_of(β, question.learning_rate, eta_lambdas, question.convention)
    return row if momentum is not None else np.full_like(row, np.nan)


def notes_on(
    question: Question, record: Trajectories, found: Estimates, fit: RecursionFit, momentum: float | None, asked: str
) -> tuple[str, ...]:
    """What the user should know beside the numbers. asked: the kind of intervals that was asked for."""
    notes = []
    if asked != question.intervals and asked != "auto":
        notes.append(
            f"Each mode shows one root, whose uncertainty is nearly normal: intervals are from the "
            f"{question.intervals}, not the {asked}."
        )
    poor = poorly_described(fit)
    if poor is not None:
        notes.append(f"Poor fit: {poor}.")
    members = record.outputs.shape[1]
    if members < MEMBERS_FOR_BOOTSTRAP and question.intervals != "bootstrap":
        notes.append(
            f"{members} members are too few to see how networks scatter; the intervals are those of white noise on the "
            "outputs."
        )
    if record.first_update is None:
        notes.append("No update numbers: records are taken as one update apart, from the start of training on.")
    if question.modes.left_out > _MUCH_LEFT_OUT:
        notes.append(
            f"{100 * question.modes.left_out:.0f} % of the motion lies along none of the modes that are fitted; what "
            "is said holds for the others."
        )
    if record.targets is None:
        notes.append("Targets unknown: where each mode ends is fitted too.")
    (β,), (η,) = found["momentum"], found["step"]
    if momentum is not None and _contradicts(β, momentum):
        notes.append(
            f"The updates show the momentum {β.value:.4g} [{β.low:.4g}, {β.high:.4g}], not {momentum:g} as given. "
            "Nesterov's method, schedules and missing records look like another momentum."
        )
    if η.value is not None and _contradicts(η, question.learning_rate):
        ratio = η.value / question.learning_rate
        if abs(np.log(ratio)) > _WRONG_STEP:
            notes.append(
                f"On the kernel's modes the learning rate comes out {ratio:.3g} times as large as given. Is the loss a "
                "mean over points (then name the number of points as the loss's divisor), or the kernel scaled, the "
                "momentum dampened, or the learning rate a schedule?"
            )
    return tuple(notes)


def _contradicts(measured: Estimate, given: float) -> bool:
    """Whether what was measured excludes what was given."""
    if not measured.identifiable or measured.low is None or measured.high is None:
        return False
    floor = _SAME * abs(given)
    return not measured.low - floor <= given <= measured.high + floor
