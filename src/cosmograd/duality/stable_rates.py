r"""The largest learning rates that do not diverge, and the best constant pair of learning rate and momentum.

For the largest eigenvalue λ of the loss's Hessian (of $P^{-1/2}\nabla^2LP^{-1/2}$ for Adam) and weight decay w:

| optimiser | largest stable η |
|---|---|
| gradient descent | 2/(λ + w) |
| momentum β, dampening τ | 2(1+β)/((1−τ)(λ + w)) |
| Nesterov | 2(1+β)/((1+2β)(λ + w)) |
| Adam | 2(1+β₁)/((1−β₁)λ) |
| AdamW | 2(1+β₁)/((1−β₁)λ + (1+β₁)w) |

from $1 + a + b = 0$ in the recursion of `optimiser_steps`. Adam without decay: Cohen et al. 2022, arXiv:2207.14484.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike, Float
from scipy.optimize import minimize


class StableRates(NamedTuple):
    """The largest stable learning rate of each method, with the user's momentum and weight decay."""

    gradient_descent: float
    momentum: float
    nesterov: float
    adam: float
    adamw: float


def stable_rates(
    eigenvalue: float,
    preconditioned: float = float("nan"),
    momentum: float = 0.9,
    b1: float = 0.9,
    weight_decay: float = 0.0,
    dampening: float = 0.0,
) -> StableRates:
    """eigenvalue: λ_max; preconditioned: that of the preconditioned Hessian, NaN where it is not known."""
    β, w, λ = momentum, weight_decay, eigenvalue
    return StableRates(
        2 / (λ + w),
        2 * (1 + β) / ((1 - dampening) * (λ + w)),
        2 * (1 + β) / ((1 + 2 * β) * (λ + w)),
        2 * (1 + b1) / ((1 - b1) * preconditioned),
        2 * (1 + b1) / ((1 - b1) * preconditioned + (1 + b1) * w),
    )


class ConstantPair(NamedTuple):
    """Learning rate and momentum of heavy ball, held constant."""

    learning_rate: float
    momentum: float


def polyak_pair(smallest: float, largest: float) -> ConstantPair:
    r"""The pair that is fastest in the long run for all eigenvalues in [μ, Λ].

    $\beta = ((\sqrt\Lambda-\sqrt\mu)/(\sqrt\Lambda+\sqrt\mu))^2$, $\eta = 4/(\sqrt\Lambda+\sqrt\mu)^2$: every mode
    is at or beyond critical damping, and all decay as $\beta^{n/2}$. Source: Polyak 1964. ValueError unless 0 < μ ≤ Λ.
    """
    if not 0 < smallest <= largest < np.inf:
        raise ValueError(f"an interval of eigenvalues needs 0 < smallest ≤ largest, got {smallest:g} to {largest:g}.")
    low, high = smallest**0.5, largest**0.5
    return ConstantPair(4 / (high + low) ** 2, ((high - low) / (high + low)) ** 2)


# The grid on which the best pair is sought first: shares of the largest stable ηλ, and 1 − β.
_SHARES, _FRICTIONS = np.geomspace(1e-3, 0.98, 28), np.geomspace(1e-3, 1.0, 28)
# Modes are gathered into so many groups of nearly equal eigenvalues.
_GROUPS = 192


def best_pair(
    eigenvalues: Float[ArrayLike, " modes"], power: Float[ArrayLike, " modes"], updates: int
) -> tuple[ConstantPair, float]:
    """The constant pair with the smallest squared loss Σ power · d(updates)² from rest, and that loss over the start's.

    Modes with eigenvalue zero never move. The search is on a grid, refined by a simplex; equal pairs: the first.
    """
    λ, weights = _gathered(np.asarray(eigenvalues, float), np.asarray(power, float))
    total = float(np.sum(power))
    if not len(λ) or total <= 0:
        raise ValueError("no mode with an eigenvalue above zero has anything to learn.")

    def loss(share: np.ndarray, friction: np.ndarray) -> np.ndarray:
        β = 1 - friction
        return (
            _deviations(share[..., None] * 2 * (1 + β[..., None]) * λ / λ.max(), β[..., None], updates) ** 2 @ weights
        )

    share, friction = np.meshgrid(_SHARES, _FRICTIONS, indexing="ij")
    found = loss(share, friction)
    place = np.unravel_index(int(np.argmin(found)), found.shape)
    start = np.log([share[place], friction[place]])

    def logarithm(x: np.ndarray) -> float:
        share, friction = np.exp(x)
        if not (share < 1 and friction <= 1):
            return np.inf
        return float(np.log(loss(np.array(share), np.array(friction)) + 1e-300))

    refined = minimize(logarithm, start, method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-7, "maxiter": 400})
    best = refined.x if refined.fun <= logarithm(start) else start
    share_found, friction_found = np.exp(best)
    β = float(1 - friction_found)
    still = total - float(weights.sum())
    left = (float(np.exp(logarithm(best))) + still) / total
    return ConstantPair(float(share_found * 2 * (1 + β) / λ.max()), β), left


def _gathered(λ: np.ndarray, power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Groups of nearly equal eigenvalues above zero, with their mean by power and their power."""
    kept = (λ > 1e-14 * λ.max(initial=0.0)) & (power > 0)
    λ, power = λ[kept], power[kept]
    if len(λ) <= _GROUPS:
        return λ, power
    edges = np.geomspace(λ.min(), λ.max() * (1 + 1e-12), _GROUPS + 1)
    group = np.clip(np.searchsorted(edges, λ, side="right") - 1, 0, _GROUPS - 1)
    weights = np.bincount(group, power, _GROUPS)
    full = weights > 0
    return np.bincount(group, power * λ, _GROUPS)[full] / weights[full], weights[full]


def _deviations(ηλ: np.ndarray, β: np.ndarray, updates: int) -> np.ndarray:
    """d after the updates, from d = 1 at rest: powers of the recursion by repeated squaring."""
    ηλ, β = np.broadcast_arrays(ηλ, β)
    a, b = 1 + β - ηλ, β
    p, q, r, s = np.ones_like(a), np.zeros_like(a), np.zeros_like(a), np.ones_like(a)  # the power so far
    w, x, y, z = a, -b, np.ones_like(a), np.zeros_like(a)  # (d_{n+1}, d_n) from (d_n, d_{n−1}), and its squares
    count = updates
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        while count:
            if count & 1:
                p, q, r, s = w * p + x * r, w * q + x * s, y * p + z * r, y * q + z * s
            w, x, y, z = w * w + x * y, w * x + x * z, y * w + z * y, y * x + z * z
            count >>= 1
        found = r * (1 - ηλ) + s  # from (d_1, d_0) = (1 − ηλ, 1)
    return np.where(np.isfinite(found), found, np.inf)
