"""A universe measured by fitting whole trajectories at constant kernel, for records with noise on the outputs."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cosmograd.measurement.estimates import FittedModes
from cosmograd.measurement.identifiability import (
    changes_along,
    changes_learning_rate,
    could_hide_a_profile,
    differs,
    looks_ahead,
    on_the_attractor,
    two_roots,
    well_described,
    why_not,
)
from cosmograd.measurement.learning_rate_profile import knots_of_motion
from cosmograd.measurement.notes import MEMBERS_FOR_BOOTSTRAP
from cosmograd.measurement.output_modes import RecordedModes, kernel_modes_of, strongest_modes
from cosmograd.measurement.parameter_scatter import Interval
from cosmograd.measurement.quantities import TimeConvention
from cosmograd.measurement.recorded_trajectories import LEAST_RECORDS, Trajectories
from cosmograd.measurement.recursion_fit import RecursionFit, fit_recursion
from cosmograd.measurement.recursion_models import (
    ATTRACTOR,
    FREE,
    FROM_REST,
    AbstractRecursion,
    CoupledModes,
    Hypothesis,
    KnownModes,
)
from cosmograd.measurement.universe_estimates import Verdict
from cosmograd.measurement.universe_intervals import Question, intervals_of_fit, intervals_on_the_attractor

# Directions and modes that hold less than this share of the largest are left out.
_SHARE = 0.02
_MOST_DIRECTIONS, _MOST_MODES = 16, 8
# Steps of a search for one root only, or ahead, and |e|² over that of two at which it may end far from its minimum.
_FEW_STEPS, _FAR_OFF = 12, 10.0
# What is left may correlate by this, or by so many standard errors, and exceed the variance of the noise by this
# factor.
_WHITE, _ERRORS, _LARGER = 0.05, 4.0, 2.0


class TrajectoryMeasurement(NamedTuple):
    """question: with the intervals that were taken; fit: of the hypothesis that was believed; numbers: of all
    quantities; verdict: whether they are known.
    """

    question: Question
    fit: RecursionFit
    numbers: Interval
    verdict: Verdict

    @property
    def fitted(self) -> FittedModes:
        """The modes that decouple, as recorded and fitted."""
        turned = self.question.model.decoupled(self.fit.parameters).directions
        recorded = self.question.modes.values
        return FittedModes(np.arange(recorded.shape[1]), recorded @ turned, (recorded - self.fit.residuals) @ turned)


def leaves_noise(fit: RecursionFit, deviation: float) -> bool:
    """Whether what is left is white noise of no more than this standard deviation: nothing is missing."""
    freedom = max(fit.degrees_of_freedom, 1)
    white = fit.autocorrelation < max(_WHITE, _ERRORS / np.sqrt(freedom))  # what is missing comes in runs of one sign
    return bool(fit.converged and white and fit.noise_variance * fit.scale**2 < _LARGER * deviation**2)


def measure_by_trajectories(
    record: Trajectories,
    learning_rate: float,
    convention: TimeConvention,
    intervals: str,
    noise: float = 0.0,
    progress: Callable[[float], None] = lambda share: None,
) -> TrajectoryMeasurement:
    """intervals: "curvature", "bootstrap", "posterior", or "auto": from the curvature where nothing but noise is left,
    else from the bootstrap if there are members enough; noise: on the outputs, 0 where it is not known;
    progress: told of the share that is done.
    """
    modes = _recorded_modes(record, noise)
    in_motion = not record.at_rest
    model = _model(modes, record.targets is None or (record.kernel is None and in_motion))
    from_rest = fit_recursion(model, modes.values, FROM_REST)
    progress(0.2)
    free = fit_recursion(model, modes.values, FREE, near=None if in_motion else from_rest)
    progress(0.2)
    attractor = fit_recursion(model, modes.values, ATTRACTOR, most_steps=_FEW_STEPS)
    if not attractor.converged and attractor.residual_squares < _FAR_OFF * free.residual_squares:
        attractor = fit_recursion(model, modes.values, ATTRACTOR)
    roots = two_roots(free, from_rest, attractor, _first_step_off(model, modes.values, from_rest), in_motion)
    if roots.seen:
        best, hypothesis = (from_rest, FROM_REST) if roots.from_rest else (free, FREE)
    else:
        best, hypothesis = attractor, ATTRACTOR
        if intervals == "posterior":
            intervals = "curvature"  # one root for each mode: nearly Gaussian, and β is not there to be sampled
    if intervals == "auto":
        enough = len(modes.values) >= MEMBERS_FOR_BOOTSTRAP
        intervals = "bootstrap" if enough and not leaves_noise(best, noise) else "curvature"
    question = Question(model, modes, learning_rate, convention, intervals)
    progress(0.1)
    measured = intervals_of_fit(question, best, hypothesis, lambda share: progress(0.25 * share))
    along_line = None if roots.seen else intervals_on_the_attractor(question, measured)
    nonsense = None
    if roots.seen or along_line is not None:
        nonsense = _another_motion(model, modes.values, best, hypothesis)
    progress(0.15)
    if nonsense is None:
        nonsense = why_not(best, roots.seen)
    if nonsense is None and roots.seen and not leaves_noise(best, noise):
        nonsense = _against_halves(model, modes.values, best, hypothesis)
    progress(0.1)
    if nonsense is not None:
        verdict = Verdict(False, False, nonsense)
    elif roots.seen:
        verdict = Verdict(True, True, f"two roots are seen in the motion (F = {roots.evidence:.2g})")
    elif along_line is not None:
        measured = along_line
        verdict = Verdict(True, True, "on the attractor; identified from the roots of the known kernel's modes")
    else:
        verdict = Verdict(True, False, on_the_attractor(best))
    return TrajectoryMeasurement(question, best, measured, verdict)


def _recorded_modes(record: Trajectories, noise: float) -> RecordedModes:
    if record.kernel is not None:
        return kernel_modes_of(record, _SHARE, _MOST_MODES)
    updates, members, size = record.outputs.shape
    most = min(_MOST_DIRECTIONS, size)
    while most > 1 and members * most * (updates - 3) < 3 * (1 + most * (most + 1) // 2):
        most -= 1
    return strongest_modes(record, _SHARE if noise == 0 else 0.0, most, noise)


def _another_motion(
    model: AbstractRecursion, modes: np.ndarray, best: RecursionFit, hypothesis: Hypothesis
) -> str | None:
    """Whether the record is one of Nesterov's method, or learning rate or masses change along it."""
    others = []
    if hypothesis.momentum:
        nesterov = fit_recursion(model, modes, hypothesis._replace(ahead=True), near=best, most_steps=_FEW_STEPS)
        others.append((nesterov.residual_squares, looks_ahead(best, nesterov)))
    if could_hide_a_profile(best):
        profiled = fit_recursion(model, modes, hypothesis._replace(profile=True), near=best)
        others.append((profiled.residual_squares, changes_learning_rate(best, profiled, knots_of_motion(modes))))
    return min(((left, reason) for left, reason in others if reason is not None), default=(0.0, None))[1]


def _against_halves(
    model: AbstractRecursion, modes: np.ndarray, whole: RecursionFit, hypothesis: Hypothesis
) -> str | None:
    """Whether one half of the record contradicts the whole; nothing is said of short records."""
    updates = modes.shape[1]
    if updates < 2 * LEAST_RECORDS:
        return None
    first = (np.arange(updates) < (updates + 1) // 2).astype(float)
    for which, kept in {"first": first, "later": 1 - first}.items():
        if which == "later" and (not hypothesis.kick or well_described(whole)):  # at rest it cannot begin
            continue
        half = fit_recursion(model, modes, hypothesis, kept)
        if differs(whole, half):
            reason = changes_along(whole, half, fit_recursion(model, modes, ATTRACTOR, kept), which)
            if reason is not None:
                return reason
    return None


def _model(modes: RecordedModes, offset: bool) -> AbstractRecursion:
    """offset: whether the end of each mode is fitted too, where targets are unknown; or where, in the middle of a run,
    slow directions that are left out drive those that are fitted like a constant.
    """
    if modes.eigenvalues is None:
        return CoupledModes(size=modes.values.shape[2], offset=offset)
    return KnownModes(eigenvalues=modes.eigenvalues, offset=offset)


def _first_step_off(model: AbstractRecursion, modes: np.ndarray, fit: RecursionFit) -> float:
    """|d₁ − d₀ + K d₀| / |d₁ − d₀| over all members: small where networks were at rest; infinite without targets."""
    if model.offset:
        return np.inf
    step = modes[:, 1] - modes[:, 0]
    expected = -(model.driving(modes[:, :1])[:, 0] @ fit.parameters[1:])
    return float(np.linalg.norm(step - expected) / max(float(np.linalg.norm(step)), 1e-300))
