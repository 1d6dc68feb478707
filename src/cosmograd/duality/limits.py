r"""Where the two sides of the duality differ, each limit as a number that a run can measure."""

import numpy as np
from jaxtyping import ArrayLike, Float, Int
from scipy.spatial import KDTree

from cosmograd.duality.effective_theory import (
    Updates,
    second_order_response,
    second_order_response_from_rest,
)
from cosmograd.duality.relative_errors import norm_ratio
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.solvers import spectrum

# The limits, and what the number for each of them is.
LIMITS: dict[str, str] = {
    "discretisation": "distance of the second-order from the stroboscopic prediction, over that left to learn",
    "finite width": "drift of the tangent kernel over the run, |Θ − Θ(0)|/|Θ(0)|",
    "no gradient term": "power of the wavenumber k that ηλ falls with; in a universe ω² rises with power +2",
    "spurious fast root": "error of a start from rest against the start that the theory takes, over that left to learn",
    "non-quadratic loss": "share of m² that the heaviest mode lacks at the start, by the loss's curvature there",
    "minibatch noise": "temperature T of the gradient noise on the stiffest mode at the end; zero: full batches",
    "no back-reaction": "initial loss over Λ: the share that H would feel if the loss counted in units of M_Pl⁴",
}

# Modes below this fraction of the largest eigenvalue carry round-off only.
_RESOLVED = 1e-8
# A mode is uniform where more than this share of it is the same at all points.
_MOSTLY = 0.5


def mode_wavenumbers(
    vectors: Float[ArrayLike, "size modes"], points: Float[ArrayLike, "points ..."], neighbours: int = 2
) -> Float[np.ndarray, " modes"]:
    r"""How fast each mode varies over the data: $k^2 = u^{\mathsf T}\mathcal L u$ for unit vectors u.

    $\mathcal L$ is the Laplacian of the graph that joins every point to its nearest `neighbours` others, divided by
    its mean degree, so that k is free of units. Modes run over flattened outputs, (points · outputs); outputs add up.
    For N equidistant points on the circle a Fourier mode κ has $k = \sqrt2\sin(\pi\kappa/N)$. A mode that is mostly
    uniform, the same at all points, has k = 0: what else is mixed into it is no wave.
    """
    vectors, points = np.asarray(vectors, dtype=np.float64), np.asarray(points, dtype=np.float64)
    count = len(points)
    if count < 2:
        return np.full(vectors.shape[1], np.nan)
    pairs = _nearest_pairs(points.reshape(count, -1), min(neighbours, count - 1))
    fields = vectors.reshape(count, -1, vectors.shape[1])
    differences = fields[pairs[:, 0]] - fields[pairs[:, 1]]
    mean_degree = 2 * len(pairs) / count
    uniform = np.square(fields.sum(axis=0)).sum(axis=0) / count > _MOSTLY * np.square(fields).sum(axis=(0, 1))
    return np.where(uniform, 0.0, np.sqrt(np.square(differences).sum(axis=(0, 1)) / mean_degree))


def _nearest_pairs(points: Float[np.ndarray, "points features"], neighbours: int) -> Int[np.ndarray, "pairs 2"]:
    """Each pair of points of which one is among the nearest `neighbours` of the other, once."""
    _, nearest = KDTree(points).query(points, k=neighbours + 1)  # a point is its own nearest, or a copy of it is
    here = np.repeat(np.arange(len(points)), neighbours + 1)
    pairs = np.sort(np.stack([here, nearest.ravel()], axis=1), axis=1)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def gradient_slope(
    eigenvalues: Float[ArrayLike, " modes"],
    vectors: Float[ArrayLike, "size modes"],
    points: Float[ArrayLike, "points ..."],
) -> float:
    r"""$\mathrm d\ln\lambda/\mathrm d\ln k$ over the resolved modes, by least squares; NaN for fewer than three.

    Networks learn smooth modes first (spectral bias), so it is negative, where the gradient term of a universe,
    $\omega^2 = k^2/a^2$, has +2.
    """
    λ, k = np.asarray(eigenvalues, dtype=np.float64), mode_wavenumbers(vectors, points)
    kept = (λ > _RESOLVED * λ[0]) & (k > _RESOLVED)
    if kept.sum() < 3 or np.ptp(k[kept]) <= _RESOLVED:
        return float("nan")
    return float(np.polyfit(np.log(k[kept]), np.log(λ[kept]), 1)[0])


def mass_deficit(kernel: Float[ArrayLike, "size size"], curvature: Float[ArrayLike, " size"]) -> float:
    r"""The share of m² that the heaviest mode lacks where the loss has the curvature $\ell''$ at the outputs.

    One minus the largest eigenvalue of $\sqrt{\ell''}\,\Theta\sqrt{\ell''}$ over that of Θ, the mass matrix near the
    targets, where $\ell'' = 1$; zero for a quadratic loss. NaN where an argument is not finite.
    """
    Θ, root = np.asarray(kernel, dtype=np.float64), np.sqrt(np.asarray(curvature, dtype=np.float64))
    if not (np.isfinite(Θ).all() and np.isfinite(root).all()) or (root == 1).all():
        return 0.0 if (root == 1).all() else float("nan")
    return float(1 - spectrum(Θ * root * root[:, None])[0] / spectrum(Θ)[0])


def start_from_rest_error(
    eigenvalues: Float[ArrayLike, " modes"],
    amplitudes: Float[ArrayLike, " modes"],
    optimiser: AbstractOptimiser,
    updates: Updates,
) -> float:
    r"""What the second-order theory loses when it starts from rest: $\|d_{\rm rest} - d\| / \|d\|$ over all updates.

    `amplitudes`: initial deviations of the modes. Without momentum a start from rest excites the second root, which
    training does not have.
    """
    λ, start = (np.asarray(x, dtype=np.float64) for x in (eigenvalues, amplitudes))
    taken, rest = (
        (1 - λ * np.asarray(response(λ, optimiser, updates))) * start
        for response in (second_order_response, second_order_response_from_rest)
    )
    return norm_ratio(rest - taken, taken, np.asarray(updates))
