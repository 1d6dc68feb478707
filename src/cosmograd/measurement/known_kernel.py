r"""What a known kernel adds: the step η, and on the slow-roll attractor the momentum too.

Every mode should have κ_i = ηλ_i with one η. Where each mode shows one root only, $r_i = 1 - \rho_i\lambda_i$, it fits
any β with $\kappa_i = \rho_i\lambda_i(1 - \beta/r_i)$; with one η for all,

$$\rho_i = \eta + \beta x_i, \qquad x_i = \rho_i / (1 - \rho_i\lambda_i),$$

a straight line, whose slope is seen as far as the roots of the modes differ: through O(ηλ).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.measurement.parameter_scatter import student_quantile

_LEAST_MODES, _ROUNDS = 3, 30
# A root near zero tells nothing of β/r; the mode is over within an update.
_LEAST_ROOT = 0.02


class Line(NamedTuple):
    """β and η from a line through the modes; covariance: of (β, η); quantile: Student's, of a 95 % interval."""

    momentum: float
    step: float
    covariance: Float[np.ndarray, "2 2"]
    quantile: float


def weights_of_common_step(
    ratios: Float[np.ndarray, " modes"], errors: Float[np.ndarray, " modes"]
) -> Float[np.ndarray, " modes"]:
    """Of the mean of ρ over modes: from their errors and the scatter between them; they add up to one."""
    spread = _spread(lambda τ: _chi_squared(ratios, 1 / (errors**2 + τ**2 * ratios**2)), len(ratios) - 1)
    weights = 1 / np.maximum(errors**2 + spread**2 * ratios**2, 1e-300)
    return weights / weights.sum()


def momentum_from_roots(
    ratios: Float[np.ndarray, " modes"],
    errors: Float[np.ndarray, " modes"],
    eigenvalues: Float[np.ndarray, " modes"],
) -> Line | None:
    """The straight line through the modes; None for fewer than three that last longer than an update.

    Beyond their own errors the ratios scatter by a common relative amount, which kernel drift causes; it is taken such
    that the line fits as well as it should.
    """
    r = 1 - ratios * eigenvalues
    kept = (np.abs(r) > _LEAST_ROOT) & np.isfinite(ratios) & (ratios > 0)
    if kept.sum() < _LEAST_MODES:
        return None
    ρ, σ, r = ratios[kept], errors[kept], r[kept]
    x, slope = ρ / r, 1 / r**2
    design = np.stack([x, np.ones_like(x)], axis=1)
    β, η, covariance = 0.0, float(np.mean(ρ)), np.eye(2)
    freedom = len(ρ) - 2
    for _ in range(_ROUNDS):
        own = (σ * (1 - β * slope)) ** 2

        def misfit(τ: float, own: np.ndarray = own) -> float:
            weights = 1 / np.maximum(own + (τ * ρ) ** 2, 1e-300)
            return float(np.sum(weights * (ρ - design @ _solved(design, ρ, weights)[0]) ** 2))

        spread = _spread(misfit, freedom)
        weights = 1 / np.maximum(own + (spread * ρ) ** 2, 1e-300)
        (β, η), covariance = _solved(design, ρ, weights)
    return Line(float(β), float(η), covariance, student_quantile(freedom))


def _solved(design: np.ndarray, values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    curvature = design.T @ (weights[:, None] * design)
    covariance = np.linalg.pinv(curvature, hermitian=True)
    return covariance @ (design.T @ (weights * values)), covariance


def _chi_squared(values: np.ndarray, weights: np.ndarray) -> float:
    mean = np.sum(weights * values) / np.sum(weights)
    return float(np.sum(weights * (values - mean) ** 2))


def _spread(misfit: Callable[[float], float], freedom: int) -> float:
    """The relative scatter τ ≥ 0 with which χ² equals its degrees of freedom, by bisection in log τ."""
    if freedom < 1 or misfit(0.0) <= freedom:
        return 0.0
    low, high = np.log(1e-9), np.log(10.0)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if misfit(float(np.exp(middle))) > freedom else (low, middle)
    return float(np.exp(high))
