r"""The distance of recorded modes from the closest motion of a recursion, and its derivatives, amplitudes eliminated.

For parameters θ and the responses R(θ) of `mode_responses`, the closest motion has amplitudes c that are found by least
squares, and what is left is $e = (1 - QQ^{\mathsf T})\,y$ with QR = wR. Kaufman's (1975) Jacobian
$-(1 - QQ^{\mathsf T})\,z$, with the sensitivities z at fixed c, leaves out a part that is orthogonal to e: the gradient
of |e|² is exact. In the modes that decouple every Q belongs to one mode, and z of mode i is made of the p responses to
each mode that may drive it: a curvature costs p² filters instead of p⁴.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from cosmograd.measurement.learning_rate_profile import PROFILE_PARAMETERS
from cosmograd.measurement.mode_responses import Motion, mode_responses, responses_to_sources
from cosmograd.measurement.recursion_models import AbstractRecursion, DecoupledModes, Hypothesis


class Projection(NamedTuple):
    """residuals: weighted, in the recorded directions; gradient: of ½|e|²; curvature: JᵀJ; over all parameters, those
    of the profile last. Zero rows and columns for parameters that are not free.
    """

    residuals: Float[np.ndarray, "members updates modes"]
    gradient: Float[np.ndarray, " all"]
    curvature: Float[np.ndarray, "all all"]

    @property
    def squares(self) -> float:
        """|e|²."""
        return float(np.sum(self.residuals**2))


def projected(
    model: AbstractRecursion,
    parameters: Float[np.ndarray, " all"],
    modes: Float[np.ndarray, "members updates modes"],
    weights: Float[np.ndarray, " updates"],
    hats: Float[np.ndarray, "updates knots"],
    hypothesis: Hypothesis,
    derivatives: bool = True,
) -> Projection:
    """What is left of the modes, and the derivatives of ½|e|² unless they are not asked for."""
    own, total = model.parameter_count, len(parameters)
    decoupled = model.decoupled(parameters[:own])
    motion = _motion_of(parameters, hats, hypothesis)
    data = weights[:, None] * (modes @ decoupled.directions)
    left = np.empty_like(data)
    gradient, curvature = np.zeros(total), np.zeros((total, total))
    sets = len(decoupled.eta_lambdas)
    for one, who in enumerate([slice(None)] if sets == 1 else [slice(m, m + 1) for m in range(len(data))]):
        fits = [
            _fit_of_mode(motion, κ, data[who, :, i], weights, hypothesis.kick, model.offset)
            for i, κ in enumerate(decoupled.eta_lambdas[one])
        ]
        for i, fit in enumerate(fits):
            left[who, :, i] = fit.left
            if derivatives:
                _add_derivatives(
                    gradient, curvature, _driven(decoupled, one, i), i, fits, motion, weights, hats, hypothesis
                )
    if derivatives:
        turned = np.eye(total)
        turned[:own, :own] = model.from_decoupled(decoupled.directions)
        gradient, curvature = turned.T @ gradient, turned.T @ curvature @ turned
    return Projection(left @ decoupled.directions.T, gradient, curvature)


def _motion_of(parameters: np.ndarray, hats: np.ndarray, hypothesis: Hypothesis) -> Motion:
    """What modes share; the parameters of the profile stand last, and count where the hypothesis frees them."""
    profile = np.ones(len(hats))
    if hypothesis.profile:
        profile = profile + hats @ parameters[-PROFILE_PARAMETERS:]
    return Motion(float(parameters[0]) if hypothesis.momentum else 0.0, profile, hypothesis.ahead)


class _ModeFit(NamedTuple):
    """One mode of some members: its κ, response d, points g of the gradient, basis Q, amplitudes and what is left."""

    eta_lambda: float
    response: Float[np.ndarray, "updates amplitudes"]
    at: Float[np.ndarray, "updates amplitudes"]
    basis: Float[np.ndarray, "updates amplitudes"]
    amplitudes: Float[np.ndarray, "members amplitudes"]
    left: Float[np.ndarray, "members updates"]


def _fit_of_mode(
    motion: Motion, κ: float, data: Float[np.ndarray, "members updates"], weights: np.ndarray, kick: bool, offset: bool
) -> _ModeFit:
    d, at = mode_responses(motion, κ, kick, offset)
    basis, triangle = np.linalg.qr(weights[:, None] * d)
    along = data @ basis
    left = data - along @ basis.T
    more = left @ basis  # once more, for the digits of a motion that fits almost exactly
    amplitudes = np.linalg.lstsq(triangle, (along + more).T, rcond=1e-13)[0].T
    return _ModeFit(κ, d, at, basis, amplitudes, left - more @ basis.T)


class _Driven(NamedTuple):
    """What drives one mode: other modes j, by the parameters p, times ℓ."""

    by: Int[np.ndarray, " rows"]
    parameters: Int[np.ndarray, " rows"]
    scale: Float[np.ndarray, " rows"]


def _driven(decoupled: DecoupledModes, one: int, mode: int) -> _Driven:
    rows = np.flatnonzero(decoupled.driven[:, 0] == mode)
    return _Driven(decoupled.driven[rows, 1], decoupled.driven[rows, 2], decoupled.scale[one, rows])


def _add_derivatives(
    gradient: np.ndarray,
    curvature: np.ndarray,
    driven: _Driven,
    mode: int,
    fits: list[_ModeFit],
    motion: Motion,
    weights: np.ndarray,
    hats: np.ndarray,
    hypothesis: Hypothesis,
) -> None:
    """Add what one mode has to say of all parameters."""
    fit, profile = fits[mode], motion.profile[:, None]
    moving = 1 + int(hypothesis.kick)  # amplitudes that move; an end does not
    sources = [-ℓ * profile * fits[j].at[:, :moving] for j, ℓ in zip(driven.by, driven.scale, strict=True)]
    amplitudes = [fits[j].amplitudes[:, :moving] for j in driven.by]
    places = list(driven.parameters)
    if hypothesis.momentum:
        velocity = np.diff(fit.response[:, :moving], axis=0, prepend=fit.response[:1, :moving])
        sources.append(velocity * (1 - motion.ahead * fit.eta_lambda * profile))
        places.append(0)
    if hypothesis.profile:
        sources += [-fit.eta_lambda * hat[:, None] * fit.at[:, :moving] for hat in hats.T]
        places += list(range(len(gradient) - PROFILE_PARAMETERS, len(gradient)))
    amplitudes += [fit.amplitudes[:, :moving]] * (len(places) - len(amplitudes))
    z = weights[:, None] * responses_to_sources(motion, fit.eta_lambda, np.concatenate(sources, axis=1))
    z = z - fit.basis @ (fit.basis.T @ z)
    c = np.concatenate(amplitudes, axis=1)
    belongs = np.repeat(np.eye(len(places)), moving, axis=0)
    where = np.array(places)
    gradient[where] -= belongs.T @ np.sum(c * (fit.left @ z), axis=0)
    curvature[np.ix_(where, where)] += belongs.T @ ((z.T @ z) * (c.T @ c)) @ belongs
