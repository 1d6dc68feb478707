r"""Whether the trajectories tell momentum and masses apart at all.

A mode on the slow-roll attractor shows one root, $m^2/3H$ to leading order, and every H comes with a mass that fits. A
finite network on its attractor is no help: its drifting kernel bends the decay a little, a second root describes the
bend, and a careless fit takes it for friction with great confidence. So two roots must describe the motion *much*
better than one, beyond what the fit leaves unexplained anyway:

$$F = \frac{(|e_1|^2 - |e_2|^2)/p}{|e_2|^2/\nu}$$

with residuals $e_1$ of one root and $e_2$ of two, p further parameters, and ν degrees of freedom less what the
residuals share from update to update, $\nu = \nu_0(1-\rho)/(1+\rho)$ for their autocorrelation ρ.

Where the networks start from rest, as training does, the two differ in β alone: p = 1. This test is sharp: a drifting
kernel gives F of order one. Records that begin in the middle of a run have a kick for each mode and member besides,
which drift and mixing feed on. Where residuals are white, F decides between the two; where they are not, the first
recorded step does: $d_1 - d_0 = -Kd_0$ for networks at rest, whatever their kernels do later. Where the records are
numbered, a first number above zero tells it all the better. At width 256, β = 0.3
and ηλ_max = 0.08 a blind fit with free kicks finds β = 0.74, one from rest 0.298.
"""

from typing import NamedTuple

import numpy as np

from cosmograd.measurement.recursion_fit import RecursionFit

_DECISIVE, _STARTS_FROM_REST = 20.0, 10.0
# Where records do not begin at rest: the largest autocorrelation of white residuals, and the gain that stands without.
_WHITE, _GREAT_GAIN = 0.3, 10.0
# Kicks that gain no more than this over a start at rest describe what drift does, and bend β after it.
_LITTLE_GAIN = 2.0
# Largest relative difference of the first step from −K d₀ that drift and mixing make; kicks make it of order one.
_FIRST_STEP = 0.3
# What rounding, and the end of a search, leave of a motion without noise.
_EXACT = 1e-6
# Beyond this share of structured rest, or of any rest, a recursion is no description at all.
_NO_DESCRIPTION, _MOSTLY_NOISE = 0.3, 0.5
# White noise on the outputs is as strong at the end of a record as at its beginning, up to this factor.
_FADES = 4.0
# Half of an interval over its value beyond which a number says nothing.
_LARGEST_RELATIVE_REACH = 0.5
_STRUCTURED = 0.1
# Drift that leaves less than this of the motion may rule what little moves later on, and does not touch β.
_LITTLE_DRIFT = 0.01
# A fit of half of the record may differ by so many standard errors, and by this share of 1 − β besides.
_ERRORS_APART, _SHARE_APART = 3.0, 0.1
# Less than this share of the motion leaves no room for a learning-rate profile that bends β; a profile may change by so
# much.
_EVEN, _PROFILE_APART = 0.002, 0.25

_ON_THE_ATTRACTOR = "the run never leaves the slow-roll attractor: only m²/3H is visible"


class TwoRoots(NamedTuple):
    """Whether a second root is seen; evidence: F; from_rest: whether the records begin with networks at rest."""

    seen: bool
    evidence: float
    from_rest: bool


def two_roots(
    free: RecursionFit, from_rest: RecursionFit, attractor: RecursionFit, first_step_off: float, in_motion: bool = False
) -> TwoRoots:
    """Compare the fits with one root and with two.

    first_step_off: by how much, relative, the first recorded step differs from that of networks at rest; in_motion:
    whether the records are known to begin in the middle of a run.
    """
    if attractor.residual_fraction < _EXACT:
        return TwoRoots(False, 0.0, not in_motion)
    kicks = max(from_rest.degrees_of_freedom - free.degrees_of_freedom, 1)
    white = free.autocorrelation < _WHITE
    little_gained = from_rest.residual_fraction < _LITTLE_GAIN * free.residual_fraction
    at_rest = (
        _evidence(from_rest, free, kicks) < _STARTS_FROM_REST
        if white
        else little_gained and first_step_off < _FIRST_STEP
    )
    evidence = _evidence(attractor, from_rest, 1)
    if not in_motion and (at_rest or from_rest.residual_fraction < _EXACT):
        return TwoRoots(evidence > _DECISIVE, evidence, True)
    evidence = _evidence(attractor, free, kicks + 1)
    kicked = _FIRST_STEP <= first_step_off < np.inf  # no training without momentum begins like this
    described = white or kicked or attractor.residual_fraction > _GREAT_GAIN * free.residual_fraction
    return TwoRoots(evidence > _DECISIVE and described, evidence, False)


def _evidence(simple: RecursionFit, rich: RecursionFit, parameters: int) -> float:
    freedom = max(rich.degrees_of_freedom, 1) / shared_updates(rich)
    gained = max(simple.residual_squares - rich.residual_squares, 0.0)
    return gained / parameters / max(rich.residual_squares / max(freedom, 1.0), 1e-300)


def shared_updates(fit: RecursionFit) -> float:
    """How many updates in a row leave one independent residual: (1 + ρ)/(1 − ρ)."""
    ρ = float(np.clip(fit.autocorrelation, 0.0, 0.999))
    return (1 + ρ) / (1 - ρ)


def excess_variance(fit: RecursionFit) -> float:
    """How many times the variance of the parameters grows, less one, since residuals come in runs: 2ρ/(1 − ρ)."""
    ρ = float(np.clip(fit.autocorrelation - _chance(fit), 0.0, 0.999))
    return 2 * ρ / (1 - ρ)


def _chance(fit: RecursionFit) -> float:
    """Three standard errors of an autocorrelation that is zero."""
    return 3 / np.sqrt(max(fit.degrees_of_freedom, 1))


def structured_misfit(fit: RecursionFit) -> float:
    """|residual that is not white| / |motion|: what the recursion leaves unexplained, kernel drift above all.

    Autocorrelation within three standard errors of zero counts as white.
    """
    return fit.residual_fraction * float(np.sqrt(np.clip(abs(fit.autocorrelation) - _chance(fit), 0.0, 1.0)))


def why_not(fit: RecursionFit, seen: bool) -> str | None:
    """Why the fit is none of a training at constant kernel, None where it may be one."""
    if structured_misfit(fit) > _NO_DESCRIPTION:
        left = f"{100 * fit.residual_fraction:.0f} %"
        return f"a recursion with constant kernel does not describe the motion, of which it leaves {left}"
    if fit.residual_fraction > _NO_DESCRIPTION and fading(fit) > _FADES:
        return (
            f"what the recursion leaves, {100 * fit.residual_fraction:.0f} % of the motion, fades as the motion does: "
            "no noise on the outputs (are the members in the same order at every update? are the batches small?)"
        )
    if not seen and fit.residual_fraction > _MOSTLY_NOISE:
        return f"{100 * fit.residual_fraction:.0f} % of the motion are noise, which hides the roots"
    return None


def on_the_attractor(fit: RecursionFit) -> str:
    """What is said where two roots are not seen; fit: with one root for each mode."""
    if structured_misfit(fit) < _STRUCTURED:
        return _ON_THE_ATTRACTOR
    return (
        f"one root for each mode leaves {100 * fit.residual_fraction:.0f} % of the motion, and two describe it hardly "
        "better: it is no training at constant kernel, or the targets are those of another"
    )


def fading(fit: RecursionFit) -> float:
    """Mean square of the residuals in the first third of the record over that in the last; one for noise on outputs."""
    squares = np.square(fit.residuals).sum(axis=(0, 2))
    third = max(1, len(squares) // 3)
    return float(squares[:third].mean() / max(squares[-third:].mean(), 1e-300))


def differs(whole: RecursionFit, half: RecursionFit) -> bool:
    """Whether half of the record, or all of it with a learning-rate profile, shows another momentum than the whole.

    A schedule of the learning rate or momentum, or directions that mix into those that are fitted, bends one fitted
    recursion into the shape of many; each stretch then shows another momentum.
    """
    if whole.residual_fraction < _EXACT:
        return False
    variance = sum(shared_updates(fit) * float(fit.covariance[0, 0]) for fit in (whole, half))
    tolerance = _ERRORS_APART * np.sqrt(max(variance, 0.0)) + _SHARE_APART * abs(1 - float(whole.parameters[0]))
    return bool(abs(float(whole.parameters[0] - half.parameters[0])) > tolerance)


def well_described(fit: RecursionFit) -> bool:
    """Whether the recursion leaves so little that a later stretch, of small motion, need not look the same."""
    return structured_misfit(fit) < _LITTLE_DRIFT


def changes_along(whole: RecursionFit, half: RecursionFit, single: RecursionFit, which: str) -> str | None:
    """What is wrong where half of the record differs, and shows two roots itself; None where it shows none.

    single: the fit of this half with one root; which: the half in words.
    """
    if _evidence(single, half, max(single.degrees_of_freedom - half.degrees_of_freedom, 1)) < _DECISIVE:
        return None
    β, of_half = float(whole.parameters[0]), float(half.parameters[0])
    return (
        f"the motion changes along the record: all of it shows the momentum {β:.3g}, its {which} half {of_half:.3g} (a "
        "schedule of the learning rate or momentum, or more directions than are fitted)"
    )


def could_hide_a_profile(fit: RecursionFit) -> bool:
    """Whether so much is left that a learning-rate profile which bends β may be behind it."""
    return fit.residual_fraction > _EVEN


def looks_ahead(heavy_ball: RecursionFit, nesterov: RecursionFit) -> str | None:
    """What is wrong where Nesterov's method describes the record decisively better: it has no H that modes share."""
    if heavy_ball.residual_fraction < _EXACT or why_not(nesterov, seen=True) is not None:
        return None
    if _evidence(heavy_ball, nesterov, 1) < _DECISIVE:
        return None
    return (
        f"the updates are those of Nesterov's method, with the momentum {float(nesterov.parameters[0]):.3g}: its "
        "friction depends on the mass of each mode, so that there is no common H (smaller learning rates have one)"
    )


def changes_learning_rate(even: RecursionFit, profiled: RecursionFit, knots: list[int]) -> str | None:
    """What is wrong where the record is much better described with ηλ that change along it by a quarter or more.

    A warm-up of the learning rate is the most common case: taken for even, it makes β up to twice as large.
    """
    if why_not(profiled, seen=True) is not None or _evidence(even, profiled, len(profiled.profile) - 1) < _DECISIVE:
        return None
    s, covariance = profiled.profile, profiled.profile_covariance * shared_updates(profiled)
    errors = np.sqrt(np.maximum(np.diag(covariance)[:, None] + np.diag(covariance) - 2 * covariance, 0.0))
    apart = np.abs(s[:, None] - s) - _ERRORS_APART * errors
    share = apart / np.maximum(np.maximum(np.abs(s[:, None]), np.abs(s)), 1e-300)
    first, last = sorted(int(i) for i in np.unravel_index(np.argmax(share), share.shape))
    if share[first, last] > _PROFILE_APART:
        low, high = sorted(np.abs([s[first], s[last]]))
        rises = "grow" if abs(s[last]) > abs(s[first]) else "fall"
        size = f"{high / low:.2g}-fold" if high < 100 * low else "by far"
        change = f"all ηλ {rises} {size} from record {knots[first]} to {knots[last]}"
    elif differs(even, profiled):
        change = "ηλ are not the same at all records, though noise hides by how much they change"
    else:
        return None
    return (
        f"the motion changes along the record: {change} (a warm-up or another schedule of the learning rate, or masses "
        f"that change); with that, the momentum is {float(profiled.parameters[0]):.2g} instead of "
        f"{float(even.parameters[0]):.2g}"
    )


def poorly_described(fit: RecursionFit) -> str | None:
    """A sentence where the recursion is a poor description, None where it is not."""
    misfit = structured_misfit(fit)
    if misfit < _STRUCTURED:
        return None
    return (
        f"a recursion with constant kernel leaves {100 * misfit:.0f} % of the motion unexplained (the kernel drifts, "
        "the loss is not quadratic, or learning rate or momentum change); intervals are widened by as much"
    )


def useless(value: float, low: float, high: float) -> str | None:
    """Why an interval says nothing about a positive quantity; None where it says something."""
    if not np.isfinite([value, low, high]).all():
        return "the fitted recursion has no continuous dual in this scheme"
    reach = max(value - low, high - value)
    if value > 0 and reach <= _LARGEST_RELATIVE_REACH * value:
        return None
    return f"its 95 % interval reaches {reach:.2g} to either side of {value:.2g}"
