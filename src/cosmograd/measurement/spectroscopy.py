r"""The dual universe of a recorded training: H, Λ and the masses, with intervals, or why they cannot be known.

Blind: a recursion with one β and a symmetric K is fitted to the strongest directions of the motion; the eigenvalues of
K are ηλ. With a known kernel its own modes are fitted, and η on them comes out too; H and Λ = Γ²/3c are then taken with
this η, so that neither is put in by hand.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.compilation import compiled
from cosmograd.duality import check_names, dual_universe, mass_squared
from cosmograd.measurement.directions import RecordedModes, kernel_modes_of, strongest_directions
from cosmograd.measurement.estimates import Estimate, FittedModes, MeasuredUniverse
from cosmograd.measurement.identifiability import (
    ON_THE_ATTRACTOR,
    excess_variance,
    poorly_described,
    structured_misfit,
    two_roots,
    useless,
    why_not,
)
from cosmograd.measurement.known_kernel import common_step, momentum_from_roots
from cosmograd.measurement.parameter_scatter import (
    LEAST_MEMBERS,
    Interval,
    bootstrap_interval,
    curvature_interval,
    no_narrower,
    quantile_interval,
    widened,
)
from cosmograd.measurement.posterior import sample_posterior
from cosmograd.measurement.recursion_fit import RecursionFit, fit_each_member, fit_recursion, fitted_motion
from cosmograd.measurement.recursion_models import (
    ATTRACTOR,
    FREE,
    FROM_REST,
    AbstractRecursion,
    CoupledModes,
    Hypothesis,
    KnownModes,
)
from cosmograd.measurement.trajectories import Trajectories
from cosmograd.precision import require_float64
from cosmograd.solvers import recursion_roots

IntervalKind = Literal["auto", "curvature", "bootstrap", "posterior"]
INTERVALS: tuple[str, ...] = get_args(IntervalKind)

# Directions and modes that hold less than this share of the largest are left out.
_SHARE = 0.02
_MOST_DIRECTIONS, _MOST_MODES = 6, 8
# Members from which on the scatter of the members is known better than the noise is known to be white.
_MEMBERS_FOR_BOOTSTRAP = 5
# |ln| of a learning rate on the kernel's modes over the one given, beyond which a wrong divisor is the likely cause.
_WRONG_STEP = 0.1


class Quantities(NamedTuple):
    """What is asked of β and the ηλ, in one order for values, intervals and predictions."""

    momentum: Float[Array, ""]
    step: Float[Array, ""]
    hubble_rate: Float[Array, ""]
    cosmological_constant: Float[Array, ""]
    e_folds_per_update: Float[Array, ""]
    eta_lambdas: Float[Array, " modes"]
    masses_squared: Float[Array, " modes"]
    decay_rates: Float[Array, " modes"]


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
    members = record.outputs.shape[1]
    if intervals == "bootstrap" and members < LEAST_MEMBERS:
        raise ValueError(f"a bootstrap needs {LEAST_MEMBERS} members at least; the record holds {members}.")
    modes = _recorded_modes(record)
    model: AbstractRecursion = (
        CoupledModes(size=modes.values.shape[2], offset=record.targets is None)
        if modes.eigenvalues is None
        else KnownModes(eigenvalues=jnp.asarray(modes.eigenvalues), offset=record.targets is None)
    )
    free, from_rest, attractor = (fit_recursion(model, modes.values, h) for h in (FREE, FROM_REST, ATTRACTOR))
    roots = two_roots(free, from_rest, attractor, _first_step_off(model, modes.values, from_rest))
    if intervals == "auto":
        intervals = "bootstrap" if members >= _MEMBERS_FOR_BOOTSTRAP else "curvature"
    if intervals == "posterior" and not roots.seen:
        intervals = "curvature"  # one root for each mode: nearly Gaussian, and β is not there to be sampled
    question = _Question(model, float(learning_rate), time_unit, scheme, modes, intervals)
    if roots.seen:
        best, hypothesis = (from_rest, FROM_REST) if roots.from_rest else (free, FREE)
        reason = f"two roots are seen in the motion (F = {roots.evidence:.2g})"
    else:
        best, hypothesis = attractor, ATTRACTOR
        reason = why_not(attractor, False) or ON_THE_ATTRACTOR
    measured = _measured(question, best, hypothesis)
    along_line = None if roots.seen or modes.eigenvalues is None else _on_the_attractor(question, measured)
    if along_line is not None:
        measured, reason = along_line, "on the attractor; told by the roots of the known kernel's modes"
    nonsense = why_not(best, roots.seen)
    known = nonsense is None and (roots.seen or along_line is not None)
    reason = nonsense or reason
    modes_with_fit = _fitted_modes(question, best, hypothesis)
    return _report(question, record, momentum, measured, best, known, reason, modes_with_fit)


def _first_step_off(model: AbstractRecursion, modes: np.ndarray, fit: RecursionFit) -> float:
    """|d₁ − d₀ + K d₀| / |d₁ − d₀| over all members: small where networks were at rest; infinite without targets."""
    if model.offset:
        return np.inf
    step = modes[:, 1] - modes[:, 0]
    expected = -(model.driving(modes[:, :1])[:, 0] @ fit.parameters[1:])
    return float(np.linalg.norm(step - expected) / max(float(np.linalg.norm(step)), 1e-300))


class _Question(NamedTuple):
    model: AbstractRecursion
    learning_rate: float
    time_unit: str
    scheme: str
    modes: RecordedModes
    intervals: str


def _recorded_modes(record: Trajectories) -> RecordedModes:
    if record.kernel is not None:
        return kernel_modes_of(record, _SHARE, _MOST_MODES)
    updates, members, size = record.outputs.shape
    most = min(_MOST_DIRECTIONS, size)
    while most > 1 and members * most * (updates - 3) < 3 * (1 + most * (most + 1) // 2):
        most -= 1
    return strongest_directions(record, _SHARE, most)


@compiled
def _evaluated(
    model: AbstractRecursion,
    parameters: Float[Array, "sets parameters"],
    step: Float[Array, ""],
    weights: Float[Array, " modes"] | None,
    time_unit: str,
    scheme: str,
) -> tuple[Float[Array, "sets quantities"], Float[Array, "sets quantities parameters"]]:
    """The quantities as one row for each set of parameters, and their derivatives."""

    def row(p: Array) -> Array:
        η = step if weights is None else weights @ p[1:]
        return _as_row(_quantities(p[0], η, model.eta_lambdas(p), time_unit, scheme))

    return jax.vmap(row)(parameters), jax.vmap(jax.jacfwd(row))(parameters)


def _quantities(momentum: Array, step: Array, eta_lambdas: Array, time_unit: str, scheme: str) -> Quantities:
    universe = dual_universe(step, momentum, time_unit, scheme)
    larger, _ = recursion_roots(1 + momentum - eta_lambdas, jnp.broadcast_to(momentum, eta_lambdas.shape))
    return Quantities(
        momentum,
        step,
        universe.hubble_rate,
        universe.cosmological_constant,
        universe.e_folds_per_update,
        eta_lambdas,
        mass_squared(eta_lambdas / step, step, momentum, time_unit, scheme),
        -jnp.log(jnp.abs(larger)),
    )


def _as_row(quantities: Quantities) -> Array:
    return jnp.concatenate([jnp.atleast_1d(jnp.asarray(value, dtype=float)) for value in quantities])


def _measured(question: _Question, fit: RecursionFit, hypothesis: Hypothesis) -> Interval:
    """All quantities with intervals, from one fit.

    Residuals that come in runs shift the parameters of all members alike; what that may amount to is added.
    """
    model, modes = question.model, question.modes
    step = jnp.asarray(question.learning_rate)
    by_members = question.intervals == "bootstrap"
    each = fit_each_member(model, modes.values, fit, hypothesis) if by_members else None
    covariance = fit.covariance
    if hypothesis.momentum == 0:
        covariance = covariance.copy()
        covariance[0], covariance[:, 0] = 0.0, 0.0
    weights = None
    if modes.eigenvalues is not None:
        errors = covariance[1:, 1:]
        if each is not None and len(each.parameters) > 1:
            errors = np.cov(each.parameters[:, 1:].T, ddof=1) / len(each.parameters)
        weights = jnp.asarray(common_step(fit.parameters[1:], np.atleast_2d(errors)))
    if question.intervals == "posterior":
        samples = sample_posterior(model, modes.values, fit, hypothesis).samples
        rows, _ = _evaluated(model, jnp.asarray(samples), step, weights, question.time_unit, question.scheme)
        return quantile_interval(np.asarray(rows))
    sets = fit.parameters[None] if each is None else np.concatenate([fit.parameters[None], each.parameters])
    values, gradients = map(
        np.asarray,
        _evaluated(model, jnp.asarray(sets), step, weights, question.time_unit, question.scheme),
    )
    common = curvature_interval(values[0], gradients[0], covariance, fit.degrees_of_freedom)
    if each is None:
        found = common
    else:
        variances = np.einsum("mgp,mpq,mgq->mg", gradients[1:], each.covariances, gradients[1:])
        found = bootstrap_interval(values[1:], np.sqrt(np.maximum(variances, 0.0)))
        found = no_narrower(found, common)
    return widened(found, np.sqrt(excess_variance(fit)) * common.standard_error)


def _on_the_attractor(question: _Question, single: Interval) -> Interval | None:
    """β and η from the line through the roots of known modes; None where there is no line."""
    assert question.modes.eigenvalues is not None
    λ = question.modes.eigenvalues.mean(axis=0)
    count = len(λ)
    κ, errors = (_part(row, "eta_lambdas", count) for row in (single.value, single.standard_error))
    line = momentum_from_roots(κ / λ, errors / λ, λ)
    if line is None:
        return None

    @compiled
    def evaluated(p: Array) -> tuple[Array, Array]:
        def row(p: Array) -> Array:
            β, η, shown = p[0], p[1], p[2:]
            return _as_row(_quantities(β, η, shown * (1 - β / (1 - shown)), question.time_unit, question.scheme))

        return row(p), jax.jacfwd(row)(p)

    values, gradients = map(np.array, evaluated(jnp.asarray(np.concatenate([[line.momentum, line.step], κ]))))
    covariance = np.zeros((count + 2, count + 2))
    covariance[:2, :2], covariance[2:, 2:] = line.covariance, np.diag(errors**2)
    error = np.sqrt(np.maximum(np.einsum("gp,pq,gq->g", gradients, covariance, gradients), 0.0))
    reach = line.quantile * error
    # What the attractor shows itself needs no line.
    shown = slice(len(values) - count, None)
    low, high = values - reach, values + reach
    values[shown], low[shown], high[shown] = single.value[shown], single.low[shown], single.high[shown]
    error[shown] = single.standard_error[shown]
    return Interval(values, low, high, error)


def _part(row: np.ndarray, name: str, modes: int) -> np.ndarray:
    """The entries of one quantity in a row."""
    place = Quantities._fields.index(name)
    if place < 5:
        return row[place : place + 1]
    first = 5 + (place - 5) * modes
    return row[first : first + modes]


def _report(
    question: _Question,
    record: Trajectories,
    momentum: float | None,
    measured: Interval,
    fit: RecursionFit,
    known: bool,
    reason: str,
    modes: FittedModes,
) -> MeasuredUniverse:
    count = question.modes.values.shape[2]
    blind = question.modes.eigenvalues is None
    predicted = _predicted(question, momentum)
    misfit = structured_misfit(fit)

    def estimates(name: str, power: float = 1.0, always: bool = False) -> tuple[Estimate, ...]:
        value, low, high, error = (_part(row, name, count) for row in measured)
        expected = [None] * len(value) if predicted is None else _part(predicted, name, count)
        widen = misfit * power * np.abs(value)
        if name == "momentum":
            widen = misfit * np.abs(1 - value**2) / 2
        low = value - np.hypot(value - low, widen)
        high = value + np.hypot(high - value, widen)
        return tuple(
            _estimate(numbers, known or always, fit.converged, reason, name == "momentum")
            for numbers in zip(value, low, high, error, map(_or_none, expected), strict=True)
        )

    (β,) = estimates("momentum")
    if known and not β.identifiable:  # nothing that is made of β is known better
        known, reason = False, f"the momentum is not known: {β.reason}"
    (η,) = estimates("step")
    (H,), (Λ,), (e_folds,) = (
        estimates("hubble_rate"),
        estimates("cosmological_constant", 2.0),
        estimates("e_folds_per_update"),
    )
    return MeasuredUniverse(
        H,
        Λ,
        e_folds,
        estimates("masses_squared"),
        β,
        None if blind else η,
        estimates("eta_lambdas"),
        estimates("decay_rates", always=True),
        1 - fit.residual_fraction**2,
        fit.autocorrelation,
        question.modes.left_out,
        question.scheme,
        question.time_unit,
        "blind" if blind else "known",
        question.intervals,
        record.outputs.shape[1],
        record.outputs.shape[0] - 1,
        _notes(question, record, momentum, β, None if blind else η, fit),
        modes,
    )


def _fitted_modes(question: _Question, fit: RecursionFit, hypothesis: Hypothesis) -> FittedModes:
    turned = question.model.own_directions(fit.parameters)
    motion = fitted_motion(question.model, question.modes.values, fit, hypothesis)
    return FittedModes(question.modes.values @ turned, motion @ turned)


def _or_none(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _estimate(numbers: Sequence[float | None], known: bool, converged: bool, reason: str, signed: bool) -> Estimate:
    value, low, high, error, predicted = numbers
    if not known:
        return Estimate(None, None, None, None, False, reason, predicted)
    if not converged:
        return Estimate(None, None, None, None, False, "the search for the best fit did not come to an end", predicted)
    if value is None or low is None or high is None or error is None:
        raise AssertionError("a quantity that is known has numbers")
    # What goes with momentum is 1 − β: friction, and with it H.
    says_nothing = useless(1 - value, 1 - high, 1 - low) if signed else useless(value, low, high)
    if says_nothing is not None and not np.isfinite([value, low, high]).all():
        return Estimate(None, None, None, None, False, says_nothing, predicted)
    return Estimate(
        float(value), float(low), float(high), float(error), says_nothing is None, says_nothing or reason, predicted
    )


def _predicted(question: _Question, momentum: float | None) -> np.ndarray | None:
    """By the dictionary, in the order of the quantities; NaN for masses without a kernel."""
    if momentum is None:
        return None
    λ = question.modes.eigenvalues
    count = question.modes.values.shape[2]
    eta_lambdas = np.full(count, np.nan) if λ is None else question.learning_rate * λ.mean(axis=0)
    β, η, κ = (jnp.asarray(x, dtype=float) for x in (momentum, question.learning_rate, eta_lambdas))
    return np.asarray(_as_row(_quantities(β, η, κ, question.time_unit, question.scheme)))


def _contradicts(measured: Estimate, given: float) -> bool:
    """Whether what was measured excludes what was given."""
    if not measured.identifiable or measured.low is None or measured.high is None:
        return False
    return not measured.low <= given <= measured.high


def _notes(
    question: _Question,
    record: Trajectories,
    momentum: float | None,
    measured: Estimate,
    step: Estimate | None,
    fit: RecursionFit,
) -> tuple[str, ...]:
    notes = []
    poor = poorly_described(fit)
    if poor is not None:
        notes.append(f"Poor fit: {poor}.")
    if record.outputs.shape[1] < _MEMBERS_FOR_BOOTSTRAP and question.intervals != "bootstrap":
        notes.append(
            f"{record.outputs.shape[1]} members are too few to see how networks scatter; the intervals are those of "
            "white noise on the outputs."
        )
    if record.targets is None:
        notes.append("Targets unknown: where each mode ends is fitted too.")
    if momentum is not None and _contradicts(measured, momentum):
        notes.append(
            f"The updates show the momentum {measured.value:.4g} [{measured.low:.4g}, {measured.high:.4g}], not "
            f"{momentum:g} as given."
        )
    if step is not None and step.value is not None and _contradicts(step, question.learning_rate):
        ratio = step.value / question.learning_rate
        if abs(np.log(ratio)) > _WRONG_STEP:
            notes.append(
                f"On the kernel's modes the learning rate comes out {ratio:.3g} times as large as given. Is the loss a "
                "mean over points (then name the number of points as the loss's divisor), or the kernel scaled?"
            )
    return tuple(notes)
