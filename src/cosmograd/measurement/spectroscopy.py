r"""The dual universe of a recorded training: H, Λ and the masses, with intervals, or why they cannot be known.

Blind: a recursion with one β and a symmetric K is fitted to the strongest directions of the motion; the eigenvalues of
K are ηλ. With a known kernel its own modes are fitted, and η on them comes out too; H and Λ = Γ²/3c are then taken with
this η, so that neither is put in by hand.
"""

from typing import Literal, get_args

import jax.numpy as jnp
import numpy as np

from cosmograd.duality import check_names, dual_universe
from cosmograd.measurement.directions import RecordedModes, kernel_modes_of, strongest_directions
from cosmograd.measurement.estimates import FittedModes, MeasuredUniverse
from cosmograd.measurement.identifiability import (
    changes_along,
    changes_pace,
    could_hide_a_pace,
    differs,
    looks_ahead,
    on_the_attractor,
    two_roots,
    well_described,
    why_not,
)
from cosmograd.measurement.paced_recursion import knots_of_motion
from cosmograd.measurement.parameter_scatter import LEAST_MEMBERS
from cosmograd.measurement.quantities import TimeConvention
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
from cosmograd.measurement.trajectories import LEAST_RECORDS, Trajectories
from cosmograd.measurement.universe_estimates import MEMBERS_FOR_BOOTSTRAP, Verdict, notes_on, universe_estimates
from cosmograd.measurement.universe_intervals import Question, intervals_of_fit, intervals_on_the_attractor
from cosmograd.precision import require_float64

IntervalKind = Literal["auto", "curvature", "bootstrap", "posterior"]
INTERVALS: tuple[str, ...] = get_args(IntervalKind)

# Directions and modes that hold less than this share of the largest are left out.
_SHARE = 0.02
_MOST_DIRECTIONS, _MOST_MODES = 12, 8


def measure_universe(
    record: Trajectories,
    learning_rate: float,
    momentum: float | None = None,
    time_unit: str = "canonical",
    scheme: str = "leapfrog",
    intervals: str = "auto",
) -> MeasuredUniverse:
    """Measure the universe that a recorded training is dual to, at a level of 95 %.

    learning_rate: η of the run, which sets the unit of time where no kernel is known; momentum: β of the run, which is
    compared with and never used; time_unit, scheme: as in `dual_universe`; intervals: from the `curvature` at the best
    fit, for white noise on outputs of networks that share all parameters; from a `bootstrap` over members, whose
    parameters may scatter; from the full `posterior`, for white noise too, whose intervals need not be symmetric (the
    extra `posterior` brings blackjax); `auto`: the bootstrap from five members on, else the curvature. Needs float64.
    """
    require_float64("A measurement")
    check_names(scheme, time_unit)
    if intervals not in INTERVALS:
        raise ValueError(f"`intervals` is {intervals!r}; allowed: {', '.join(INTERVALS)}.")
    dual_universe(learning_rate, 0.0 if momentum is None else momentum)  # refuses what no run can have
    updates, members, _ = record.outputs.shape
    if intervals == "bootstrap" and members < LEAST_MEMBERS:
        raise ValueError(f"a bootstrap needs {LEAST_MEMBERS} members at least; the record holds {members}.")
    asked = intervals
    if intervals == "auto":
        intervals = "bootstrap" if members >= MEMBERS_FOR_BOOTSTRAP else "curvature"
    modes = _recorded_modes(record)
    in_motion = bool(record.first_update)
    model = _model(modes, record.targets is None or (record.kernel is None and in_motion))
    free, from_rest, attractor = (fit_recursion(model, modes.values, h) for h in (FREE, FROM_REST, ATTRACTOR))
    roots = two_roots(free, from_rest, attractor, _first_step_off(model, modes.values, from_rest), in_motion)
    if roots.seen:
        best, hypothesis = (from_rest, FROM_REST) if roots.from_rest else (free, FREE)
    else:
        best, hypothesis = attractor, ATTRACTOR
        if intervals == "posterior":
            intervals = "curvature"  # one root for each mode: nearly Gaussian, and β is not there to be sampled
    question = Question(model, modes, float(learning_rate), TimeConvention(time_unit, scheme), intervals)
    measured = intervals_of_fit(question, best, hypothesis)
    along_line = None if roots.seen else intervals_on_the_attractor(question, measured)
    nonsense = None
    if roots.seen or along_line is not None:
        nonsense = _another_motion(model, modes.values, best, hypothesis)
    if nonsense is None:
        nonsense = why_not(best, roots.seen)
    if nonsense is None and roots.seen:
        nonsense = _against_halves(model, modes.values, best, hypothesis)
    if nonsense is not None:
        verdict = Verdict(False, False, nonsense)
    elif roots.seen:
        verdict = Verdict(True, True, f"two roots are seen in the motion (F = {roots.evidence:.2g})")
    elif along_line is not None:
        measured = along_line
        verdict = Verdict(True, True, "on the attractor; told by the roots of the known kernel's modes")
    else:
        verdict = Verdict(True, False, on_the_attractor(best))
    found = universe_estimates(question, measured, best, verdict, momentum)
    blind = modes.eigenvalues is None
    return MeasuredUniverse(
        hubble_rate=found["hubble_rate"][0],
        cosmological_constant=found["cosmological_constant"][0],
        e_folds_per_update=found["e_folds_per_update"][0],
        masses_squared=found["masses_squared"],
        momentum=found["momentum"][0],
        step=None if blind else found["step"][0],
        eta_lambdas=found["eta_lambdas"],
        decay_rates=found["decay_rates"],
        goodness_of_fit=1 - best.residual_fraction**2,
        autocorrelation=best.autocorrelation,
        left_out=modes.left_out,
        scheme=scheme,
        time_unit=time_unit,
        kernel="blind" if blind else "known",
        interval=intervals,
        members=members,
        updates=updates - 1,
        notes=notes_on(question, record, found, best, momentum, asked),
        modes=_fitted_modes(question, best),
    )


def _recorded_modes(record: Trajectories) -> RecordedModes:
    if record.kernel is not None:
        return kernel_modes_of(record, _SHARE, _MOST_MODES)
    updates, members, size = record.outputs.shape
    most = min(_MOST_DIRECTIONS, size)
    while most > 1 and members * most * (updates - 3) < 3 * (1 + most * (most + 1) // 2):
        most -= 1
    return strongest_directions(record, _SHARE, most)


def _another_motion(
    model: AbstractRecursion, modes: np.ndarray, best: RecursionFit, hypothesis: Hypothesis
) -> str | None:
    """Whether the record is one of Nesterov's method, or learning rate or masses change along it."""
    others = []
    if hypothesis.momentum:
        nesterov = fit_recursion(model, modes, hypothesis._replace(ahead=1.0))
        others.append((nesterov.residual_squares, looks_ahead(best, nesterov)))
    if could_hide_a_pace(best):
        paced = fit_recursion(model, modes, hypothesis._replace(pace=1.0))
        others.append((paced.residual_squares, changes_pace(best, paced, knots_of_motion(modes))))
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
    return KnownModes(eigenvalues=jnp.asarray(modes.eigenvalues), offset=offset)


def _first_step_off(model: AbstractRecursion, modes: np.ndarray, fit: RecursionFit) -> float:
    """|d₁ − d₀ + K d₀| / |d₁ − d₀| over all members: small where networks were at rest; infinite without targets."""
    if model.offset:
        return np.inf
    step = modes[:, 1] - modes[:, 0]
    expected = -(model.driving(modes[:, :1])[:, 0] @ fit.parameters[1:])
    return float(np.linalg.norm(step - expected) / max(float(np.linalg.norm(step)), 1e-300))


def _fitted_modes(question: Question, fit: RecursionFit) -> FittedModes:
    turned, recorded = question.model.own_directions(fit.parameters), question.modes.values
    return FittedModes(recorded @ turned, (recorded - fit.residuals) @ turned)
