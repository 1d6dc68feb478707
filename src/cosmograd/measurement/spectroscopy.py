r"""The dual universe of a recorded training: H, Λ and the masses, with intervals, or why they cannot be known.

Outputs that are recorded exactly are measured by one-step regressions in which every network has a kernel of its own
that drifts (`drift_regression`). Where white noise on the outputs would move their answer, whole trajectories are
fitted at constant kernel instead (`recursion_fit`). Blind: the eigenvalues of the mean kernel are ηλ, and the learning
rate as given sets the unit of time. With a known kernel η comes out too; H and Λ = Γ²/3c are then taken with this η,
so that neither is put in by hand.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float

from cosmograd.duality import check_names, dual_universe
from cosmograd.measurement.estimates import EtaLambdasOverTime, FittedModes, MeasuredUniverse
from cosmograd.measurement.identifiability import poorly_described, structured_misfit
from cosmograd.measurement.notes import CONVENTIONS, OPTIMISERS, Given, notes_on
from cosmograd.measurement.other_motions import other_motion
from cosmograd.measurement.output_noise import is_biased, output_noise, shift_by_noise
from cosmograd.measurement.parameter_scatter import LEAST_MEMBERS, Interval
from cosmograd.measurement.quantities import TimeConvention, entries
from cosmograd.measurement.recorded_trajectories import Trajectories
from cosmograd.measurement.regression_measurement import (
    RegressionMeasurement,
    measure_by_regression,
    with_single_roots,
)
from cosmograd.measurement.regression_verdict import regression_verdict
from cosmograd.measurement.trajectory_measurement import TrajectoryMeasurement, leaves_noise, measure_by_trajectories
from cosmograd.measurement.universe_estimates import Verdict, predicted_quantities, universe_estimates
from cosmograd.results import Estimate
from cosmograd.solvers import fixed_blas_threads

IntervalKind = Literal["auto", "curvature", "bootstrap", "posterior"]
INTERVALS: tuple[str, ...] = get_args(IntervalKind)
Estimator = Literal["auto", "regression", "trajectory"]
ESTIMATORS: tuple[str, ...] = get_args(Estimator)

# Noise of so many times the rounding of the numbers as recorded is rounding.
_ROUNDING = 4.0
# Share of the work that the trajectory fit takes, where both estimators are asked.
_OF_TRAJECTORIES = 0.8
# Regressions that know friction to this share of itself, noise included, answer where no constant kernel does.
_WELL_KNOWN = 0.25
_NO_END = "the search for the best fit did not come to an end"


class _Found(NamedTuple):
    """What either estimator says."""

    estimator: str
    numbers: Interval
    verdict: Verdict
    eigenvalues: Float[np.ndarray, " modes"] | None
    misfit: float
    goodness_of_fit: float
    autocorrelation: float
    left_out: float
    intervals: str
    poor: str | None
    over_time: EtaLambdasOverTime
    drift: Estimate
    fitted: FittedModes
    kind: str | None = None
    notes: tuple[str, ...] = ()


def check_settings(
    learning_rate: float,
    momentum: float | None,
    time_unit: str,
    scheme: str,
    intervals: str,
    estimator: str,
    optimiser: str | None,
    convention: str | None,
) -> None:
    """`ValueError` for settings of `measure_universe` that no record can be measured with."""
    check_names(scheme, time_unit)
    for name, value, names in (
        ("intervals", intervals, INTERVALS),
        ("estimator", estimator, ESTIMATORS),
        ("optimiser", optimiser, (*OPTIMISERS, None)),
        ("convention", convention, (*CONVENTIONS, None)),
    ):
        if value not in names:
            raise ValueError(f"`{name}` is {value!r}; allowed: {', '.join(filter(None, names))}.")
    dual_universe(learning_rate, 0.0 if momentum is None else momentum)  # refuses what no run can have
    if intervals != "auto" and estimator == "regression":
        raise ValueError("`intervals` belong to the trajectory fit; leave them out, or take another `estimator`.")
    if convention == "averaged" and momentum is None:
        raise ValueError("`convention` averaged needs the `momentum` β: the step is η(1 − β).")


def measure_universe(
    record: Trajectories,
    learning_rate: float,
    momentum: float | None = None,
    time_unit: str = "canonical",
    scheme: str = "leapfrog",
    intervals: str = "auto",
    estimator: str = "auto",
    optimiser: str | None = None,
    convention: str | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> MeasuredUniverse:
    """Measure the universe that a recorded training is dual to, at a level of 95 %.

    learning_rate: η of the run, which sets the unit of time where no kernel is known; momentum: β of the run, which is
    compared with and never used; time_unit, scheme: as in `dual_universe`; estimator: `regression` for outputs recorded
    exactly, `trajectory` for outputs with noise, `auto`: by the noise that is seen; intervals of the trajectory fit:
    from the `curvature` at the best fit, for white noise on outputs of networks that share all parameters; from a
    `bootstrap` over members, whose parameters may scatter; from the full `posterior`, for white noise too, whose
    intervals need not be symmetric (the extra `posterior` brings blackjax); `auto`: the bootstrap from five members
    on where more than noise is left, else the curvature. Any of these but `auto` asks for the trajectory fit.
    optimiser: one of `OPTIMISERS`, compared with what is found; convention: `heavy-ball`, v ← βv + g (PyTorch, Optax),
    or `averaged`, v ← βv + (1 − β)g (Keras, `dampening` = β), which needs `momentum`. progress: called with the share
    of the work that was done since.
    """
    check_settings(learning_rate, momentum, time_unit, scheme, intervals, estimator, optimiser, convention)
    members = record.outputs.shape[1]
    if intervals == "bootstrap" and members < LEAST_MEMBERS:
        raise ValueError(f"a bootstrap needs {LEAST_MEMBERS} members at least; the record holds {members}.")
    times = TimeConvention(time_unit, scheme, record.spacing)
    if record.spacing > 1 and record.kernel is not None:  # its powers, not the kernel itself, join such records
        record = record.with_note("The kernel is not used: it joins records one update apart only.").without_kernel()
    η = float(learning_rate) * (1 - momentum if convention == "averaged" and momentum is not None else 1.0)
    wanted = estimator
    if intervals != "auto" and estimator == "auto":
        wanted = "trajectory"
        record = record.with_note(
            "Intervals as asked belong to the trajectory fit, which takes the kernel as constant."
        )
    with fixed_blas_threads():  # the same bits on any number of cores, and no threads that wait for each other
        found = _measured(record, η, times, intervals, wanted, progress)
    modes = found.fitted.recorded.shape[2]
    predicted = predicted_quantities(momentum, η, found.eigenvalues, modes, times)
    estimates = universe_estimates(found.numbers, predicted, modes, found.verdict, found.misfit)
    given = Given(η, momentum, intervals, optimiser, convention)
    notes = notes_on(record, estimates, given, found.intervals, found.left_out, found.drift, found.poor, found.kind)
    blind = found.eigenvalues is None
    return MeasuredUniverse(
        hubble_rate=estimates["hubble_rate"][0],
        cosmological_constant=estimates["cosmological_constant"][0],
        e_folds_per_update=estimates["e_folds_per_update"][0],
        masses_squared=estimates["masses_squared"],
        momentum=estimates["momentum"][0],
        step=None if blind else estimates["step"][0],
        eta_lambdas=estimates["eta_lambdas"],
        decay_rates=estimates["decay_rates"],
        kernel_drift=found.drift,
        eta_lambda_over_time=found.over_time,
        goodness_of_fit=found.goodness_of_fit,
        autocorrelation=found.autocorrelation,
        left_out=found.left_out,
        scheme=scheme,
        time_unit=time_unit,
        kernel="blind" if blind else "known",
        estimator=found.estimator,
        interval=found.intervals,
        members=members,
        updates=(len(record.outputs) - 1) * record.spacing,
        first_update=(record.first_update or 0) + record.stood_still * record.spacing,
        spacing=record.spacing,
        notes=(*found.notes, *notes),
        modes=found.fitted,
    )


def _measured(
    record: Trajectories,
    learning_rate: float,
    convention: TimeConvention,
    intervals: str,
    estimator: str,
    progress: Callable[[float], None],
) -> _Found:
    noise = output_noise(record)
    noise = noise if noise > _ROUNDING * record.rounding else 0.0
    if estimator == "trajectory":
        found = measure_by_trajectories(record, learning_rate, convention, intervals, noise, progress)
        return _of_trajectories(found, record)
    both = noise > 0 and estimator == "auto"
    share = 1 - _OF_TRAJECTORIES if both else 1.0
    by_regression = measure_by_regression(record, learning_rate, convention, noise, lambda done: progress(share * done))
    if record.kernel is not None and not by_regression.chosen.knows_step:
        blind = record.without_kernel()
        by_regression = measure_by_regression(blind, learning_rate, convention, noise)
        found = _of_regression(by_regression, blind, learning_rate, convention)
        notes = (*found.notes, "The motion does not tell the step on the kernel: measured without it.")
        found = found._replace(notes=notes)
    else:
        found = _of_regression(by_regression, record, learning_rate, convention)
    if not both or (found.verdict.known and not is_biased(by_regression.rows, by_regression.chosen, noise)):
        return found
    by_trajectories = measure_by_trajectories(
        record, learning_rate, convention, intervals, noise, lambda done: progress(_OF_TRAJECTORIES * done)
    )
    told = _of_trajectories(by_trajectories, record)
    if leaves_noise(by_trajectories.fit, noise):
        return told
    if told.verdict.known:
        return told._replace(notes=_disagreement(by_trajectories, by_regression, noise))
    friction = abs(1 - float(by_regression.chosen.coefficients[0]))
    if found.verdict.known and by_regression.chosen.reach_of_momentum < _WELL_KNOWN * friction:
        return found
    if found.kind == "batches" and not told.verdict.described:
        return found
    if not told.verdict.described:
        reason = (
            f"{told.verdict.reason}; white noise of {noise:.2g} on the outputs hides what drifting kernels would show"
        )
        return told._replace(verdict=told.verdict._replace(reason=reason))
    return told


def _of_regression(
    found: RegressionMeasurement, record: Trajectories, learning_rate: float, convention: TimeConvention
) -> _Found:
    other = other_motion(record, found.rows)
    verdict = regression_verdict(found, record, other)
    named = (other.reason[0].upper() + other.reason[1:] + ".",) if other is not None and verdict.known else ()
    regression = found.chosen.regression
    if not verdict.known:
        found = with_single_roots(found, record, learning_rate, convention)
    modes, reach = found.modes, found.eta_lambda_reach
    verdict = verdict._replace(hidden=found.hidden)
    drift = Estimate(None, None, None, None, False, found.hidden or verdict.reason)
    if verdict.described and found.hidden is None:
        low, high = max(modes.drift - found.drift_reach, 0.0), modes.drift + found.drift_reach
        drift = Estimate(modes.drift, low, high, found.drift_reach / 2, True, "of the mean kernel, at this β")
    else:
        reach = np.full_like(reach, np.nan)
    return _Found(
        "regression",
        found.numbers,
        verdict,
        found.eigenvalues,
        0.0,
        1 - regression.residual_fraction**2,
        regression.autocorrelation,
        found.rows.left_out,
        "bootstrap" if found.rows.members >= LEAST_MEMBERS else "jackknife",
        None,
        EtaLambdasOverTime(modes.eta_lambdas + 0 * reach, modes.eta_lambdas - reach, modes.eta_lambdas + reach),
        drift,
        found.fitted,
        None if other is None else other.kind,
        named,
    )


def _of_trajectories(found: TrajectoryMeasurement, record: Trajectories) -> _Found:
    fit, λ = found.fit, found.question.modes.eigenvalues
    verdict = found.verdict if fit.converged else Verdict(False, False, _NO_END)
    count = found.question.modes.values.shape[2]
    κ = np.stack([entries(row, "eta_lambdas", count) for row in found.numbers[:3]])
    constant = np.broadcast_to(κ[:, None], (3, len(record.outputs), count))
    return _Found(
        "trajectory",
        found.numbers,
        verdict,
        None if λ is None else λ.mean(axis=0),
        structured_misfit(fit),
        1 - fit.residual_fraction**2,
        fit.autocorrelation,
        found.question.modes.left_out,
        found.question.intervals,
        poorly_described(fit),
        EtaLambdasOverTime(*constant),
        Estimate(None, None, None, None, False, "the trajectory fit takes the kernel as constant"),
        found.fitted,
    )


def _disagreement(
    by_trajectories: TrajectoryMeasurement, by_regression: RegressionMeasurement, noise: float
) -> tuple[str, ...]:
    """A note where the two estimators exclude each other, noise taken into account."""
    if not by_trajectories.verdict.known:
        return ()
    β, low, high = (float(row[0]) for row in by_trajectories.numbers[:3])
    shift = shift_by_noise(by_regression.rows, by_regression.chosen.regression, noise)
    other = float(by_regression.chosen.coefficients[0]) - shift
    reach = float(np.hypot(by_regression.chosen.reach_of_momentum, shift))
    if abs(β - other) <= np.hypot(max(high - β, β - low), reach):
        return ()
    return (
        f"The estimators disagree: the trajectory fit says β = {β:.4g} [{low:.4g}, {high:.4g}], regressions with "
        f"drifting kernels {other:.4g} ± {reach:.2g} after noise of {noise:.2g} on the outputs is taken into account.",
    )
