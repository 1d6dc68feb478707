"""What a user should know beside the numbers of a measurement."""

from typing import Literal, NamedTuple, get_args

import numpy as np

from cosmograd.measurement.recorded_trajectories import Trajectories
from cosmograd.measurement.universe_estimates import Estimates
from cosmograd.results import Estimate

# |ln| of a learning rate on the kernel's modes over the one given, beyond which it is worth a note.
_WRONG_STEP = 0.1
# Numbers that differ by less than this, relative, are written alike.
_SAME = 1e-3
# Members from which on the scatter of the members is known better than the noise is known to be white.
MEMBERS_FOR_BOOTSTRAP = 5
# Share of the motion along no mode that the user should know of.
_MUCH_LEFT_OUT = 0.5
# A kernel that changes by more than this has masses of its own at each time.
_MUCH_DRIFT = 0.1


OptimiserName = Literal["sgd", "nesterov", "adam", "rmsprop"]
OPTIMISERS: tuple[str, ...] = get_args(OptimiserName)
Convention = Literal["heavy-ball", "averaged"]
CONVENTIONS: tuple[str, ...] = get_args(Convention)
# Which optimisers a motion of other equations is one of.
_OF_KIND = {"nesterov": ("nesterov",), "preconditioner": ("adam", "rmsprop")}
_IN_WORDS = {"nesterov": "Nesterov's method", "preconditioner": "Adam, RMSProp or a similar method"}


class Given(NamedTuple):
    """What the user gave beside the record; learning_rate: of heavy ball, η(1 − β) where momentum averages
    gradients.
    """

    learning_rate: float
    momentum: float | None
    intervals: str
    optimiser: str | None = None
    convention: str | None = None


def notes_on(
    record: Trajectories,
    found: Estimates,
    given: Given,
    intervals: str,
    left_out: float,
    drift: Estimate | None,
    poor: str | None,
    kind: str | None,
) -> tuple[str, ...]:
    """intervals: what they were taken from; drift: of the kernel; poor: why the fit is poor, if it is; kind: of motion
    that was found, None for heavy ball.
    """
    notes = list(record.notes)
    members = record.outputs.shape[1]
    if given.intervals not in (intervals, "auto"):
        notes.append(
            f"Intervals are from the {intervals}, not the {given.intervals}: each mode shows one root, whose "
            "uncertainty is nearly normal."
        )
    if poor is not None:
        notes.append(f"Poor fit: {poor}.")
    if members == 1:
        source = {"jackknife": "stretches of its updates and what the model leaves"}.get(intervals, "its noise")
        notes.append(
            f"One network: intervals are from {source}; they do not include how networks from other random starts "
            "scatter."
        )
    elif members < MEMBERS_FOR_BOOTSTRAP and intervals != "bootstrap":
        notes.append(f"{members} members show little of how networks scatter; five or more show it well.")
    if record.first_update is None:
        notes.append("No update numbers: records are taken as one update apart, from the start of training on.")
    if record.spacing > 1:
        notes.append(
            f"Records are {record.spacing} updates apart: the recursion joins them exactly while the kernel is "
            "constant. A mode that oscillates by more than half a period between records cannot be told from a "
            "slower one."
        )
    if left_out > _MUCH_LEFT_OUT:
        notes.append(
            f"{100 * left_out:.0f} % of the motion lies along none of the modes that are fitted; the results hold "
            "for the others."
        )
    if record.targets is None:
        notes.append("Targets unknown: where each mode ends is fitted too.")
    if drift is not None and drift.value is not None and drift.value > _MUCH_DRIFT:
        notes.append(
            f"The kernel drifts by {100 * drift.value:.0f} % over the record; masses are those at the first record, "
            "and `eta_lambda_over_time` has them along the run."
        )
    return (*notes, *_of_optimiser(given, kind), *_contradictions(found, given))


def _of_optimiser(given: Given, kind: str | None) -> list[str]:
    """What was given of the optimiser beside what was found."""
    notes = []
    if given.convention == "averaged":
        notes.append(
            f"Momentum that averages gradients: heavy ball with the step η(1 − β) = {given.learning_rate:.4g}, which "
            "is what the measured step is compared with."
        )
    if given.optimiser is None:
        return notes
    if kind in _OF_KIND:
        agrees = given.optimiser in _OF_KIND[kind]
        notes.append(f"Optimiser: {given.optimiser} as given{', which the updates confirm' if agrees else ''}.")
        if not agrees:
            notes[-1] = (
                f"Optimiser: the updates are not those of {given.optimiser} as given, but those of {_IN_WORDS[kind]}."
            )
    elif given.optimiser != "sgd":
        alike = " (at small learning rates both look alike)" if given.optimiser == "nesterov" else ""
        notes.append(
            f"Optimiser: {given.optimiser} was given, but heavy ball describes the updates at least as well{alike}."
        )
    return notes


def _contradictions(found: Estimates, given: Given) -> list[str]:
    """Where the record excludes what was given."""
    (β,), (η,) = found["momentum"], found["step"]
    notes = []
    if given.momentum is not None and _excludes(β, given.momentum):
        notes.append(
            f"The updates show the momentum {β.value:.4g} [{β.low:.4g}, {β.high:.4g}], not {given.momentum:g} as "
            "given. Nesterov's method, schedules and missing records look like another momentum."
        )
    if η.value is not None and _excludes(η, given.learning_rate):
        ratio = η.value / given.learning_rate
        if abs(np.log(ratio)) > _WRONG_STEP:
            notes.append(
                f"On the kernel's modes the learning rate comes out {ratio:.3g} times as large as given: "
                f"{η.value:.4g}, not {given.learning_rate:g}.{_likely_cause(ratio, β)}"
            )
    return notes


def _likely_cause(ratio: float, momentum: Estimate) -> str:
    if momentum.identifiable and momentum.value is not None and momentum.value < 1:
        averaged = 1 - momentum.value
        if abs(np.log(ratio / averaged)) < _WRONG_STEP:
            return (
                " That is 1 − β: the momentum averages gradients (Keras, or dampening in PyTorch), so that the step "
                "is η(1 − β)."
            )
    return (
        " Is the loss a mean over points (then name the number of points as the loss's divisor), or the kernel "
        "scaled, the momentum dampened, or the learning rate a schedule?"
    )


def _excludes(measured: Estimate, given: float) -> bool:
    """Whether what was measured excludes what was given."""
    if not measured.identifiable or measured.low is None or measured.high is None:
        return False
    floor = _SAME * abs(given)
    return not measured.low - floor <= given <= measured.high + floor
