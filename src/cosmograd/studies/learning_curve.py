"""What a training will do, from the initial kernel alone: the learning curve and the regime of every mode."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from cosmograd.duality import (
    compiled_response,
    kernel_modes,
    largest_stable_eta_lambda,
    mode_regimes,
    stroboscopic_response,
    updates_to_learn,
)
from cosmograd.learning import choose_mapping, mean_initial_kernel, train_ensemble
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import AbstractNetwork
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.solvers import fixed_blas_threads


class LearningCurve(NamedTuple):
    """A predicted training.

    loss: mean over initialisations at `updates`, infinite where it overflows; eigenvalues: of the mean initial kernel
    over the loss's divisor; regimes, updates_to_learn: one per mode; initial_share: of the mean initial loss in each
    mode; largest_stable_eta_lambda: above it the linear theory diverges.
    """

    learning_rate: float
    momentum: float
    updates: np.ndarray
    loss: Float[np.ndarray, " records"]
    eigenvalues: Float[np.ndarray, " modes"]
    regimes: np.ndarray
    updates_to_learn: Float[np.ndarray, " modes"]
    initial_share: Float[np.ndarray, " modes"]
    largest_stable_eta_lambda: float

    @property
    def eta_lambda_max(self) -> float:
        """ηλ of the stiffest mode."""
        return self.learning_rate * float(self.eigenvalues[0])


def predict_learning_curve(
    network: AbstractNetwork,
    dataset: Dataset,
    loss: SquaredLoss,
    optimiser: AbstractOptimiser,
    updates: Any,
    members: int = 4,
    seed: int = 0,
    progress: Any = None,
) -> LearningCurve:
    r"""Stroboscopic prediction at the mean initial kernel, without training.

    $$L(n) = \tfrac12\sum_i d_i(n)^2/N, \qquad d_i(n) = (1-\lambda_ih_i(n))\,d_i(0)$$

    averaged over the starts of `members` networks. Exact at infinite width.
    """
    key, mapping = jax.random.key(seed), choose_mapping("auto", members)
    divisor = float(loss.divisor(len(dataset.inputs)))
    stops = np.asarray(updates, dtype=np.int64)
    with fixed_blas_threads():
        kernel = mean_initial_kernel(network, dataset, key, members, mapping, progress=progress)
        modes = kernel_modes(kernel, divisor)
        chunks = train_ensemble(network, dataset, loss, optimiser, key, members, [0], mapping)
        starts = np.concatenate([chunk.outputs[:, 0] for chunk in chunks])
        deviations = (starts[:, : len(dataset.inputs)] - dataset.targets).reshape(members, -1)
        power = np.square(deviations @ np.asarray(modes.vectors)).mean(axis=0)
    λ = np.asarray(modes.eigenvalues)
    with np.errstate(over="ignore", invalid="ignore"):
        decay = 1 - λ * np.asarray(compiled_response(stroboscopic_response, λ, optimiser, stops))
        curve = 0.5 * np.square(decay) @ power / divisor
    curve = np.where(np.isfinite(curve), curve, np.inf)
    return LearningCurve(
        float(optimiser.learning_rate_at(0)),
        float(optimiser.momentum_at(0)),
        stops,
        curve,
        λ,
        mode_regimes(λ, optimiser),
        updates_to_learn(λ, optimiser),
        power / power.sum() if power.sum() > 0 else power,
        largest_stable_eta_lambda(optimiser),
    )
