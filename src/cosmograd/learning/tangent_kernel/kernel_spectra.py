"""What a kernel's spectrum says in a few numbers, and how far a kernel has moved."""

import numpy as np
from jaxtyping import ArrayLike, Float


def spectral_entropy(eigenvalues: Float[ArrayLike, " modes"]) -> float:
    r"""$S = -\sum_i p_i\ln p_i$ with $p_i = \lambda_i/\sum_j\lambda_j$.

    From 0 (one mode) to ln(modes) (all equal); e^S counts the modes that matter. Negative eigenvalues, which
    round-off makes, count as zero. NaN for a kernel that vanishes.
    """
    λ = np.clip(np.asarray(eigenvalues, dtype=np.float64), 0.0, None)
    total = λ.sum()
    if not total > 0:
        return float("nan")
    p = λ[λ > 0] / total
    return float(-(p * np.log(p)).sum())


def kernel_drift(kernel: Float[ArrayLike, "rows columns"], initial: Float[ArrayLike, "rows columns"]) -> float:
    r"""$\|\Theta - \Theta_0\|_F / \|\Theta_0\|_F$: zero at infinite width, of order 1/width in general."""
    start = np.asarray(initial)
    return float(np.linalg.norm(np.asarray(kernel) - start) / np.linalg.norm(start))
