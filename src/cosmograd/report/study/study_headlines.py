"""What the page says first: which prediction works how well, which universe it is, where the duality fails."""

import math
from collections.abc import Sequence

import numpy as np

from cosmograd.experiments.training.point_noise import NOISE
from cosmograd.report.parts import PREDICTION_STYLES, KeyNumber, count, error_span, number, span
from cosmograd.report.study.study_points import ReportPoint, left_out_of_theory, reference_in_words


def key_numbers(points: Sequence[ReportPoint]) -> list[KeyNumber]:
    """The study in a few numbers."""
    canonical = {"scheme": "leapfrog", "time_unit": "canonical"}
    errors = {
        name: [point.typical("relative_error", prediction=name) for point in points] for name in PREDICTION_STYLES
    }
    over = f"median over members{', range over points' if len(points) > 1 else ''}"
    numbers = [
        KeyNumber(f"error, {style.name}", error_span(errors[name]), over) for name, style in PREDICTION_STYLES.items()
    ]
    heaviest = [float(p.data["mass_over_hubble_squared"].sel(scheme="leapfrog").values.max()) for p in points]
    when = reference_in_words(points)
    return [
        *numbers,
        KeyNumber(
            "Λ",
            span(point.value("cosmological_constant", **canonical) for point in points),
            f"1/T², V = L{when and ';' + when}",
        ),
        KeyNumber(
            "H", span(point.value("hubble_rate", **canonical) for point in points), f"1/T, V = L{when and ';' + when}"
        ),
        KeyNumber(
            "e-folds",
            span(float(point.data["e_folds"].sel(scheme="leapfrog").values[-1]) for point in points),
            "over the whole run, leapfrog scheme",
        ),
        KeyNumber("heaviest mode, m²/H²", span(heaviest), f"critical at 9/4 for the EFT{when and ';' + when}"),
    ]


def findings(points: Sequence[ReportPoint]) -> list[str]:
    """Sentences on what came out, in the numbers of this run."""
    sentences = (
        _comparison(points), _noise_in_errors(points), *_limits(points), _critical_damping(points), _noise(points),
    )  # fmt: skip
    return [sentence for sentence in sentences if sentence]


def _comparison(points: Sequence[ReportPoint]) -> str:
    flow, exact, drifting = (
        np.array([point.typical("relative_error", prediction=name) for point in points])
        for name in ("gradient_flow", "stroboscopic", "drifting")
    )
    known = ~np.isnan(flow) & ~np.isnan(exact) & (exact > 0)
    if not known.any():
        return "No prediction can be judged: at every point all members or all predictions diverged."
    fails = known & (exact > 1)
    holds = known & ~fails
    if not holds.any():
        return (
            f"The stroboscopic prediction is off by {error_span(exact[known])} of what was left to learn, more than "
            f"all of it; gradient flow by {error_span(flow[known])}."
        )
    known = holds
    sentence = (
        f"The stroboscopic prediction is off by {error_span(exact[known])} of what was left to learn, gradient flow by "
        f"{error_span(flow[known])}: a ratio of {span(flow[known] / exact[known], 2)}"
    )
    if fails.any():
        sentence += f" (but at {count(int(fails.sum()), 'further point')} by more than all of it)"
    both = known & np.isfinite(drifting) & (drifting > 0)
    if both.any():
        sentence += f". Following the kernel's drift as well leaves {error_span(drifting[both])}"
    return sentence + "."


def _noise_in_errors(points: Sequence[ReportPoint]) -> str:
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
        f" At the last update, over what there was to learn at the start, the predicted noise of the stiffest mode "
        f"alone is {span(levels[known], 2)}, and the best prediction is off by {span(left[known], 2)}{several}."
    )
    ratios = [
        point.value(f"{NOISE}temperature_ratio") for point in stirred if f"{NOISE}temperature_ratio" in point.data
    ]
    measured = [ratio for ratio in ratios if math.isfinite(ratio)]
    if measured:
        text += f" The temperature measured around the minimum is {span(measured, 3)} times the predicted one."
    return text


def _noise_level(point: ReportPoint) -> float:
    r"""$\sqrt{T/2L(0)}$: r.m.s. deviation of the stiffest mode at the end over all that there was to learn."""
    start = point.typical("loss", record=0)
    return math.sqrt(point.value("duality_limit", limit="minibatch noise") / 2 / start) if start > 0 else math.nan


def _error_at_the_end(point: ReportPoint) -> float:
    """The smaller of the errors with and without the kernel's drift, over all that there was to learn."""
    values = [point.of_intact("error_over_time", prediction=name) for name in ("stroboscopic", "drifting")]
    ends = [float(np.median(of_members[:, -1])) for of_members in values if len(of_members)]
    return min((end for end in ends if math.isfinite(end)), default=math.nan)


def _limits(points: Sequence[ReportPoint]) -> list[str]:
    step, width = (
        [point.value("duality_limit", limit=limit) for point in points] for limit in ("discretisation", "finite width")
    )
    sentences = []
    if not all(math.isnan(value) for value in (*step, *width)):
        sentences.append(
            f"The step itself puts {span(step, 2)} between the continuum's second-order theory and the updates; "
            f"{left_out_of_theory(points)} {'let' if any(p.by_minibatches for p in points) else 'lets'} the kernel "
            f"drift by {span(width, 2)}."
        )
    flipping = sum(bool(np.isin(p.data["regime"].values, ["period-two", "unstable"]).any()) for p in points)
    if flipping:
        where = "This run" if len(points) == 1 else f"{count(flipping, 'point')} of {len(points)}"
        sentences.append(
            f"{where} {'has' if flipping == 1 or len(points) == 1 else 'have'} modes without a continuum dual, which "
            "flip their sign at every update or grow in the linear theory."
        )
    return sentences


def _critical_damping(points: Sequence[ReportPoint]) -> str:
    plain = [point for point in points if point.value("momentum") == 0]
    if not plain:
        return ""
    misread = [int((p.data["regime"].values != p.data["continuum_regime"].values).sum()) for p in plain]
    return (
        "For β = 0 the second-order EFT puts critical damping at ηλ = ½, the real map at 1: there the analogy is "
        f"quantitatively wrong. It misreads the regime of {span(misread)} modes"
        f"{' per point' if len(plain) > 1 else ''}."
        + (
            " The momentum is not zero at every update of this schedule."
            if any(_leaves_zero(point) for point in plain)
            else ""
        )
    )


def _noise(points: Sequence[ReportPoint]) -> str:
    """Where the temperature of minibatches was asked for and could not be told."""
    without = [p for p in points if _verdict(p) and math.isnan(p.value(f"{NOISE}temperature_ratio"))]
    moving = [p for p in points if _verdict(p) and p not in without and int(p.data[f"{NOISE}stationary"].item()) != 1]
    sentences = []
    for found, what in (
        (without, "No temperature of minibatches could be measured"),
        (moving, "The temperature of minibatches counts for nothing"),
    ):
        where = "" if len(points) == 1 else f" at {count(len(found), 'point')} of {len(points)}"
        reasons = "; ".join(dict.fromkeys(_verdict(point).rstrip(".") for point in found))
        if found:
            sentences.append(f"{what}{where}: {reasons}.")
    return " ".join(sentences)


def _verdict(point: ReportPoint) -> str:
    return str(point.data[f"{NOISE}verdict"].item()) if f"{NOISE}verdict" in point.data else ""


def _leaves_zero(point: ReportPoint) -> bool:
    return bool((point.data["momentum_schedule"].values > 0).any())


def divergences(points: Sequence[ReportPoint]) -> list[str]:
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
            mean = number(point.value("eta_lambda_max"))
            sentences.append(
                f"{where} {int(point.data['member'].values[member])} diverged at update {update}. Its own initial "
                f"kernel has ηλ_max = {number(own[member])}, the ensemble's mean kernel {mean}; "
                f"the linear theory is stable up to {number(limit)}, so that this member started {explained}."
            )
    return sentences
