"""Weight decay in the steps of an optimiser: how strong it is, and what the optimiser does without it."""

import contextlib
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from cosmograd.learning.optimisers.abstract import AbstractOptimiser
from cosmograd.learning.optimisers.constant_settings import nearest_short
from cosmograd.learning.optimisers.optax_checks import NoModesError, no_weight_decay, parameters_play_a_part
from cosmograd.learning.optimisers.optax_probe import Probe
from cosmograd.learning.optimisers.weight_decay import CoupledWeightDecay, DecoupledWeightDecay

_Steps = Float[np.ndarray, "updates directions"]
# Of all directions the shrinkage must be the same to this accuracy.
_ALIKE = 1e-9
# Numbers that agree to this are the same: a hundred roundings.
_SAME = 1e-13


def without_decay(
    found: Probe, states: list[str], method_of: Callable[[_Steps, _Steps], AbstractOptimiser]
) -> AbstractOptimiser:
    """The optimiser behind a probe, with its weight decay if it has one.

    method_of: the method that makes such steps with such gradients; raises `NoModesError` where there is none.
    """
    gradients, steps = found.gradients, found.steps["all"]
    if not parameters_play_a_part(found):
        return method_of(steps, gradients)
    θ = np.cumsum(np.concatenate([np.zeros_like(steps[:1]), steps[:-1]]), axis=0)
    κ = _shrinkage(found)
    if κ is None:
        raise no_weight_decay(found, states)
    w = _coupled_rate(found)
    if w is not None:
        with contextlib.suppress(NoModesError):
            return CoupledWeightDecay(method_of(steps, gradients + w * θ), w)
    if (κ < 0).any() or (κ >= 1).any():
        raise no_weight_decay(found, states)
    method = method_of(steps + κ[:, None] * θ, gradients)
    same = np.abs(κ - κ[0]).max() <= _SAME * κ[0]
    return DecoupledWeightDecay(method, nearest_short(κ[0]) if same else κ)


def _shrinkage(found: Probe) -> Float[np.ndarray, " updates"] | None:
    """κ_n of parameters without a gradient, θ_{n+1} = (1 − κ_n)θ_n; None where directions differ."""
    pulled, at = found.steps["drawn"], found.displacement.copy()
    shares = np.empty(len(pulled))
    for n, step in enumerate(pulled):
        ratios = -step / at
        shares[n] = np.median(ratios)
        if not np.isfinite(ratios).all() or np.ptp(ratios) > _ALIKE * max(abs(shares[n]), 1e-300):
            return None
        at = at + step
    return shares


def _coupled_rate(found: Probe) -> float | None:
    r"""w, if it is the gradient that decays: the first step is $-\sum_kR_k(g_k + w\theta_0)$; None where none is seen.

    At zero, θ plays no part in it, and its regression on the gradients so far gives all $R_k$.
    """
    steps, pulled = found.steps["all"], found.steps["drawn"]
    first = int(np.argmax(np.abs(steps).max(axis=1) > 0))
    if first + 1 >= steps.shape[1]:
        return None
    rates = np.linalg.lstsq(-found.gradients[: first + 1].T, steps[first], rcond=None)[0]
    at = found.displacement
    w = -float(pulled[first] @ at) / (float(at @ at) * float(rates.sum()))
    return nearest_short(w) if np.isfinite(w) and w > 0 else None
