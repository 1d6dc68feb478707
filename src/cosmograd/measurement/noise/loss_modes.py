"""A minimum of the training loss, and the directions in parameter space along which noise is measured."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, PyTree

from cosmograd.learning import TrainingPoints
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import AbstractNetwork, Parameters
from cosmograd.precision import require_float64
from cosmograd.solvers import eigenmodes, fixed_blas_threads

# Hessians of more parameters than this are not formed: 130 MB.
MOST_PARAMETERS = 4096

# Modes below this fraction of the largest eigenvalue are flat: they hold no fluctuations in place.
_FLAT = 1e-9

# Residuals below this fraction of the targets are what a search for the minimum leaves of none.
_NO_RESIDUAL = 1e-6


class LossModes(NamedTuple):
    r"""Eigenmodes of the loss's Hessian at a minimum, $\nabla\nabla L\,v_k = \lambda_kv_k$.

    minimum: the parameters there; eigenvalues: λ, the largest first, positive ones only; directions: unit vectors v
    over flattened parameters, one per row. The observable of a run is $q_k = v_k\cdot(\theta - \theta_*)$. For a
    network that is linear in its parameters it is the same as the amplitude of the outputs along the eigenmode u of
    the tangent kernel, $q_k = u_k\cdot(f - f_*)/\sqrt{\nu\lambda_k}$ with the loss's divisor ν; for any other network
    λ holds the curvature of the network itself too, which counts wherever residuals do not vanish.
    """

    minimum: Parameters
    eigenvalues: Float[np.ndarray, " modes"]
    directions: Float[np.ndarray, "modes parameters"]


def check_parameters(parameters: PyTree) -> None:
    """Raise `ValueError` for more parameters, or shapes of them, than a Hessian is formed of."""
    count = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(parameters))
    if count > MOST_PARAMETERS:
        raise ValueError(
            f"the network has {count} parameters; the modes of its loss are found for up to {MOST_PARAMETERS}. "
            "Take a narrower network or fewer layers."
        )


def nearest_minimum(network: AbstractNetwork, dataset: Dataset, loss: SquaredLoss, start: Parameters) -> Parameters:
    """The minimum of the training loss that Levenberg's and Marquardt's method finds from some parameters.

    `ValueError` where it finds none. Needs float64.
    """
    require_float64("the minimum of a loss")
    vector, unravel = ravel_pytree(jax.tree.map(lambda leaf: leaf.astype(float), start))
    points = TrainingPoints(jnp.asarray(dataset.inputs), jnp.asarray(dataset.targets))
    arguments = (network, points, unravel)

    def residuals(θ: np.ndarray) -> np.ndarray:
        return np.asarray(_residuals(jnp.asarray(θ), *arguments))

    def slopes(θ: np.ndarray) -> np.ndarray:
        return np.asarray(_slopes(jnp.asarray(θ), *arguments))

    with fixed_blas_threads():
        method = "lm" if dataset.targets.size >= vector.size else "trf"
        jacobian: Any = slopes
        found = scipy.optimize.least_squares(
            residuals, np.asarray(vector), jacobian, method=method, xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=2000
        )
    if not found.success or not np.isfinite(found.x).all():
        raise ValueError(
            f"no minimum of the loss was found from these parameters ({found.message}). Train first and start from "
            "where that ends, or take a smaller network."
        )
    return unravel(jnp.asarray(found.x))


@eqx.filter_jit
def _residuals(
    θ: Array, network: AbstractNetwork, points: TrainingPoints, unravel: Callable[[Array], Parameters]
) -> Array:
    return (network.apply(unravel(θ), points.inputs) - points.targets).ravel()


@eqx.filter_jit
def _slopes(
    θ: Array, network: AbstractNetwork, points: TrainingPoints, unravel: Callable[[Array], Parameters]
) -> Array:
    return jax.jacfwd(lambda θ: _residuals(θ, network, points, unravel))(θ)


def loss_modes(
    network: AbstractNetwork, dataset: Dataset, loss: SquaredLoss, minimum: Parameters, modes: int | None = None
) -> LossModes:
    """The stiffest `modes` of the training loss at a minimum, or all that are not flat.

    `ValueError` for more than `MOST_PARAMETERS` parameters, and where the loss falls along some direction. Needs
    float64.
    """
    require_float64("the Hessian of a loss")
    check_parameters(minimum)
    vector, unravel = ravel_pytree(jax.tree.map(lambda leaf: leaf.astype(float), minimum))
    inputs, targets = jnp.asarray(dataset.inputs), jnp.asarray(dataset.targets)
    hessian = jax.jit(jax.hessian(lambda θ: loss(network.apply(unravel(θ), inputs), targets)))(vector)
    values, vectors = eigenmodes(np.asarray(hessian))
    if values[-1] < -1e-6 * values[0]:
        raise ValueError(
            f"the Hessian has the eigenvalue {values[-1]:.3g} beside {values[0]:.3g}: these parameters are no minimum. "
            "Start from those of `nearest_minimum`."
        )
    standing = int((values > _FLAT * values[0]).sum())
    if modes is not None and not 1 <= modes <= standing:
        raise ValueError(f"`modes` must be between 1 and {standing}, the modes that are not flat; got {modes}.")
    kept = standing if modes is None else modes
    return LossModes(unravel(vector), values[:kept], vectors[:, :kept].T.copy())


def gradient_variance(
    network: AbstractNetwork,
    loss: SquaredLoss,
    parameters: Parameters,
    points: TrainingPoints,
    directions: Float[Array, "modes parameters"],
) -> Float[Array, " modes"]:
    r"""Variance of the gradients of single examples along each direction, $\sigma_k^2 = v_k^{\mathsf T}C\,v_k$.

    $$C = \frac1N\sum_i(g_i - \bar g)(g_i - \bar g)^{\mathsf T}, \qquad
      g_i = \frac N\nu\,\nabla\tfrac12|f(x_i) - y_i|^2, \qquad \bar g = \nabla L$$

    with the loss's divisor ν: σ²/B is the variance of the gradient of a batch of B examples drawn with replacement.
    """
    _, unravel = ravel_pytree(parameters)
    residuals = network.apply(parameters, points.inputs) - points.targets
    scale = len(points.targets) / loss.divisor(len(points.targets))

    def along(direction: Array) -> Array:
        tangent = jax.tree.map(lambda leaf, like: leaf.astype(like.dtype), unravel(direction), parameters)
        _, change = jax.jvp(lambda θ: network.apply(θ, points.inputs), (parameters,), (tangent,))
        return jnp.var(scale * jnp.sum(residuals * change, axis=1))

    return jax.lax.map(along, directions)


def silent_modes(
    variance: Float[np.ndarray, " modes"], eigenvalues: Float[np.ndarray, " modes"], dataset: Dataset, loss: SquaredLoss
) -> Bool[np.ndarray, " modes"]:
    r"""Which modes feel no noise: the residuals that their `gradient_variance` σ² is made of vanish but for rounding.

    $$\frac{\sigma_k^2}{\lambda_k} \leq \epsilon^2\,\frac N\nu\,\langle|y|^2\rangle, \qquad
      \sigma_k^2 \approx \frac N\nu\,\lambda_k\,\langle r^2\rangle$$

    with residuals r and targets y. A network that can fit every point has no others at its minimum: all examples agree
    there, and what is left to fluctuate are the last digits.
    """
    scale = len(dataset.targets) / float(loss.divisor(len(dataset.targets)))
    return variance <= _NO_RESIDUAL**2 * scale * eigenvalues * np.square(dataset.targets).sum(axis=1).mean()
