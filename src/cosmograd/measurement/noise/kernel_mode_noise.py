"""The noise of gradients in function space: from outputs, targets and the modes of a tangent kernel."""

import numpy as np
from jaxtyping import Float

from cosmograd.duality import KernelModes


def kernel_mode_variance(
    forces: Float[np.ndarray, "points outputs"], modes: KernelModes, divisor: float
) -> Float[np.ndarray, " modes"]:
    r"""Variance σ² of the gradients of single examples along the directions that move each mode of a kernel.

    $$\sigma_k^2 = \operatorname{Var}_x\Big(\frac N\nu\sqrt{\nu\lambda_k}\,\sum_i u_k(x,i)\,F_i(x)\Big)$$

    with forces F (`AbstractLoss.force`; f − y for the squared loss) and eigenmodes u of the kernel over the loss's
    divisor ν: the direction in parameter space is $v_k = J^{\mathsf T}u_k/\sqrt{\nu\lambda_k}$, of unit length.
    """
    points = len(forces)
    λ, vectors = np.asarray(modes.eigenvalues), np.asarray(modes.vectors)
    along = (vectors * forces.reshape(-1, 1)).reshape(points, -1, len(λ)).sum(axis=1)
    return (points / divisor) ** 2 * divisor * np.clip(λ, 0, None) * along.var(axis=0)
