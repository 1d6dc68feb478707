"""Findings in sentences: which prediction works how well, and where the duality fails; a short function each."""

import math
from collections.abc import Sequence

import numpy as np

from cosmograd.experiments.training.analysis.back_reaction import hubble_ratios
from cosmograd.experiments.training.analysis.regimes import measured_regimes
from cosmograd.experiments.training.analysis.study import Study, StudyPoint
from cosmograd.experiments.training.figures.catapult import points_near_the_limit
from cosmograd.experiments.training.figures.limits import (
    masses_over_wavenumbers,
    point_with_gradient_power,
    points_of_bent_losses,
)
from cosmograd.experiments.training.findings.tables import noise_verdict
from cosmograd.experiments.training.point_noise import NOISE
from cosmograd.measurement.power_laws import error_of_power, power_of
from cosmograd.results.number_format import between, count, error, error_span, number, span

# A power law of H(t) is named where it holds to this.
_FOLLOWS = 0.02
_LEAST_UPDATES = 8


def findings(study: Study) -> list[str]:
    """Sentences on what came out, in the numbers of this run."""
    points = study.points
    sentences = (
        _comparison(points), _noise_in_errors(points), _limits(points), _critical_damping(points),
        _without_continuum_dual(points), _regimes(study), _beyond_the_limit(study), _bent_losses(study),
        _back_reaction(study), _gradient_term(study), _changing_expansion(points), _noise(points),
    )  # fmt: skip
    return [sentence for sentence in sentences if sentence]


def _comparison(points: Sequence[StudyPoint]) -> str:
    flow, second, exact, drifting = (
        np.array([point.typical("relative_error", prediction=name) for point in points])
        for name in ("gradient_flow", "second_order", "stroboscopic", "drifting")
    )
    known = ~np.isnan(flow) & ~np.isnan(exact) & (exact > 0)
    if not known.any():
        return "No prediction can be judged: at every point all members or all predictions diverged."
    fails = known & (exact > 1)
    holds = known & ~fails
    if not holds.any():
        return (
            f"The stroboscopic prediction is off by {error_span(exact[known])} of the distance left to learn, more "
            f"than all of it; gradient flow by {error_span(flow[known])}."
        )
    text = (
        f"The stroboscopic prediction is off by {error_span(exact[holds])} of the distance left to learn, gradient "
        f"flow by {error_span(flow[holds])}: a ratio of {span(flow[holds] / exact[holds], 2)}"
    )
    if fails.any():
        text += f" (but at {count(int(fails.sum()), 'further point')} by more than all of it)"
    both = holds & np.isfinite(drifting) & (drifting > 0)
    if both.any():
        text += f". Following the kernel's drift as well leaves {error_span(drifting[both])}"
    fixed = np.stack([flow, second, exact], axis=1)
    fixed = fixed[~np.isnan(fixed).any(axis=1)]
    if len(points) > 1 and len(fixed):
        best = int((np.argmin(fixed, axis=1) == 2).sum())
        text += f". The stroboscopic prediction is the best at fixed kernel at {best} of {count(len(fixed), 'point')}"
    return text + "."


def _noise_in_errors(points: Sequence[StudyPoint]) -> str:
    """Where batches are not full: the noise that predictions leave out, beside the error that they end with."""
    stirred = [point for point in points if point.by_minibatches]
    if not stirred:
        return ""
    where = "" if len(stirred) == len(points) else f" at {count(len(stirred), 'point')} of {len(points)}"
    text = (
        f"The updates{where} are those of minibatches, the predictions those of full batches: the noise of the batches "
        "is part of the errors there, beside finite width."
    )
    levels = np.array([_noise_level(point) for point in stirred])
    left = np.array([_error_at_the_end(point) for point in stirred])
    known = np.isfinite(levels) & np.isfinite(left)
    if not known.any():
        return text
    several = "; medians over members, range over points" if known.sum() > 1 else "; median over members"
    text += (
        f" At the last update, over the initial distance to the targets, the predicted noise of the stiffest mode "
        f"alone is {span(levels[known], 2)}, and the best prediction is off by {span(left[known], 2)}{several}."
    )
    ratios = [p.value(f"{NOISE}temperature_ratio") for p in stirred if f"{NOISE}temperature_ratio" in p.data]
    measured = [ratio for ratio in ratios if math.isfinite(ratio)]
    if measured:
        text += f" The temperature measured around the minimum is {span(measured, 3)} times the predicted one."
    return text


def _noise_level(point: StudyPoint) -> float:
    r"""$\sqrt{T/2L(0)}$: r.m.s. deviation of the stiffest mode at the end over the initial distance to the targets."""
    start = point.typical("loss", record=0)
    return math.sqrt(point.limit("minibatch noise") / 2 / start) if start > 0 else math.nan


def _error_at_the_end(point: StudyPoint) -> float:
    """The smaller of the errors with and without the kernel's drift, over the initial distance to the targets."""
    values = [point.of_intact("error_over_time", prediction=name) for name in ("stroboscopic", "drifting")]
    ends = [float(np.median(of_members[:, -1])) for of_members in values if len(of_members)]
    return min((end for end in ends if math.isfinite(end)), default=math.nan)


def _limits(points: Sequence[StudyPoint]) -> str:
    step, width = ([point.limit(limit) for point in points] for limit in ("discretisation", "finite width"))
    if all(math.isnan(value) for value in (*step, *width)):
        return ""
    stirred = [point.by_minibatches for point in points]
    left_out = "finite width lets"
    if any(stirred):
        left_out = (
            f"finite width and the noise of minibatches{'' if all(stirred) else ' where batches are not full'} let"
        )
    return (
        f"The step itself puts {span(step, 2)} between the continuum's second-order theory and the updates; {left_out} "
        f"the kernel drift by {span(width, 2)}."
    )


def _without_continuum_dual(points: Sequence[StudyPoint]) -> str:
    flipping = sum(bool(point.flipping.any()) for point in points)
    if not flipping:
        return ""
    where = "This run" if len(points) == 1 else f"{count(flipping, 'point')} of {len(points)}"
    return (
        f"{where} {'has' if flipping == 1 else 'have'} modes without a continuum dual, which flip their sign at every "
        "update or grow in the linear theory."
    )


def _critical_damping(points: Sequence[StudyPoint]) -> str:
    plain = [point for point in points if point.value("momentum") == 0]
    if not plain:
        return ""
    leaves_zero = any((point.values("momentum_schedule") > 0).any() for point in plain)
    return (
        "For β = 0 the second-order EFT puts critical damping at ηλ = ½, the real map at 1: there the analogy is "
        f"quantitatively wrong. It misreads the regime of {span(int(p.misread.sum()) for p in plain)} modes"
        f"{' per point' if len(plain) > 1 else ''}."
        + (" The momentum is not zero at every update of this schedule." if leaves_zero else "")
    )


def _regimes(study: Study) -> str:
    found = measured_regimes(study.results)
    if found is None or not len(found.measured):
        return ""
    agree = int((found.measured == found.predicted).sum())
    return (
        f"The measured regime of the heaviest mode is the predicted one at {agree} of "
        f"{count(len(found.measured), 'point')}."
    )


def _beyond_the_limit(study: Study) -> str:
    """Networks that learned although the linear theory says they cannot."""
    beyond = [(p, p.intact & (p.own_eta_lambda_max > p.value("largest_stable_eta_lambda"))) for p in study.points]
    beyond = [(point, which) for point, which in beyond if which.any()]
    if not beyond:
        return ""
    found = sum(int(which.sum()) for _, which in beyond)
    largest = max(float(point.own_eta_lambda_max[which].max()) for point, which in beyond)
    limits = span(point.value("largest_stable_eta_lambda") for point, _ in beyond)
    kept = span(np.concatenate([point.kept_eigenvalue[which] for point, which in beyond]), 2)
    text = (
        f"{count(found, 'network')} started beyond the limit of the linear theory (ηλ_max of their own kernel up to "
        f"{number(largest)} against {limits}) and did not diverge, though their stroboscopic predictions grow without "
        f"bound: the kernel moved, and λ_max ended at {kept} of its start."
    )
    near = [point for point in points_near_the_limit(study) if point.share_of_limit > 1]
    if near:
        members, stood = sum(p.intact.size for p in near), sum(int(p.intact.sum()) for p in near)
        growth = max(float(np.nanmax(p.first_growth)) for p in near)
        learned = sum(int((p.of_intact("final_loss") < p.of_intact("loss", record=0)).sum()) for p in near)
        text += (
            f" Where the mean kernel is beyond it, {stood} of {count(members, 'network')} did not diverge; the loss "
            f"grew by up to {number(growth)} times first, and {learned} ended below their first loss."
        )
    return text


def _bent_losses(study: Study) -> str:
    chosen = points_of_bent_losses(study)
    if len(chosen) < 2:
        return ""
    light, heavy = (of(chosen, key=lambda p: p.limit("non-quadratic loss")) for of in (min, max))
    errors = " and ".join(error(p.typical("relative_error", prediction="stroboscopic")) for p in (light, heavy))
    missing = " and ".join(f"{number(100 * p.limit('non-quadratic loss'), 2)} %" for p in (light, heavy))
    return (
        f"With losses that are not quadratic the stroboscopic prediction is off by {errors} where {missing} of the "
        "heaviest mode's m² are missing at the start."
    )


def _back_reaction(study: Study) -> str:
    found = hubble_ratios(study.results)
    if found is None:
        return ""
    largest = float(np.sqrt(1 + found.loss_over_lambda.max()))
    return (
        f"Training does not feel its loss: over {count(len(found.ratio), 'point')} the measured Hubble rate is "
        f"{between(*found.mean)} times the dictionary's, where a universe with this loss as potential would begin with "
        f"up to {number(largest)} times."
    )


def _gradient_term(study: Study) -> str:
    point = point_with_gradient_power(study)
    if point is None or "mode_wavenumber" not in point.data:
        return ""
    (k, masses), power = masses_over_wavenumbers(point), point.limit("no gradient term")
    written = number(power)
    if len(k) > 2:
        written += f" ± {number(error_of_power(k, masses, power), 2)}"
    return (
        f"The network's squared masses go as the wavenumber k to the power {written} ({point.title}), where a universe "
        "adds k²/a²: a plain network is a universe far outside the horizon, k ≪ aH."
    )


def _changing_expansion(points: Sequence[StudyPoint]) -> str:
    changing = [point for point in points if point.rate_changes]
    if not changing:
        return ""
    rates = [point.values("hubble_rate_over_time", scheme="leapfrog") for point in changing]
    powers = [_power_of_expansion(point) for point in changing]
    known = [power for power in powers if power is not None]
    slope = ""
    if len(known) == len(powers):
        slope = f"; over the second half of the run it goes as t to the power of {span(known, 2)}"
    return (
        f"The schedule changes the Hubble rate from {span(rate[0] for rate in rates)} at the first update to "
        f"{span(rate[-1] for rate in rates)} at the last, in units of 1/T{slope}."
    )


def _power_of_expansion(point: StudyPoint) -> float | None:
    """The power of t in H(t) over the last half of the run; None where there is none."""
    time, rate = (
        point.values(name, scheme="leapfrog") for name in ("canonical_time_of_update", "hubble_rate_over_time")
    )
    half = slice(len(time) // 2, None)
    return power_of(time[half], rate[half], _FOLLOWS) if len(time) >= _LEAST_UPDATES else None


def _noise(points: Sequence[StudyPoint]) -> str:
    """Where the temperature of minibatches was asked for and could not be measured."""
    asked = [point for point in points if noise_verdict(point)]
    without = [point for point in asked if math.isnan(point.value(f"{NOISE}temperature_ratio"))]
    moving = [point for point in asked if point not in without and int(point.data[f"{NOISE}stationary"].item()) != 1]
    sentences = []
    for found, fault in (
        (without, "No temperature of minibatches could be measured"),
        (moving, "The temperature of minibatches does not count"),
    ):
        where = "" if len(points) == 1 else f" at {count(len(found), 'point')} of {len(points)}"
        reasons = "; ".join(dict.fromkeys(noise_verdict(point).rstrip(".") for point in found))
        if found:
            sentences.append(f"{fault}{where}: {reasons}.")
    return " ".join(sentences)


def divergences(points: Sequence[StudyPoint]) -> list[str]:
    """Every member that diverged: when, and the ηλ_max that explains it."""
    sentences = []
    for point in points:
        own, limit = point.own_eta_lambda_max, point.value("largest_stable_eta_lambda")
        where = f"{point.label}: member" if point.label else "Member"
        for member in np.flatnonzero(~point.intact):
            update = int(point.data["diverged_at"].values[member])
            beyond = "this the linear theory cannot explain"
            if point.by_minibatches:
                beyond = "the noise of the minibatches, which the linear theory leaves out, may explain it"
            explained = "above that limit" if own[member] > limit else f"below it: {beyond}"
            sentences.append(
                f"{where} {int(point.data['member'].values[member])} diverged at update {update}. Its own initial "
                f"kernel has ηλ_max = {number(own[member])}, the ensemble's mean kernel {number(point.rate)}; "
                f"the linear theory is stable up to {number(limit)}, so that this member started {explained}."
            )
    return sentences
