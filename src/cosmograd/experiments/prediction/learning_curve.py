"""A training predicted from the initial kernel alone: the learning curve and the regime of every mode."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from cosmograd.duality import (
    kernel_modes,
    largest_stable_eigenvalue,
    largest_stable_eta_lambda,
    mode_regimes,
    regime_boundaries,
    stroboscopic_response,
    updates_to_learn,
)
from cosmograd.learning import choose_mapping, initial_outputs, mean_initial_kernel, plan_training
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import AbstractLoss, SquaredLoss
from cosmograd.learning.networks import AbstractNetwork
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.solvers import fixed_blas_threads

# Bytes that networks and kernels may take.
MEMORY_BUDGET = 2**32

# Shares of the work, for the progress bar.
_INITIAL_KERNELS, _STARTS, _MODES = 0.6, 0.2, 0.1


class LearningCurve(NamedTuple):
    """A predicted training.

    loss: mean over initialisations at `updates`, infinite where it overflows; eigenvalues: of the mean initial kernel
    over the loss's divisor; regimes, updates_to_learn: one per mode; initial_share: of the mean initial loss in each
    mode; largest_stable_eta_lambda: above it the linear theory diverges; boundaries: the ηλ at which modes turn
    critical, period-two and unstable. Under a schedule, learning_rate, momentum, regimes and boundaries are those
    halfway through the run, and the run is stable where every update of it is.
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
    boundaries: Float[np.ndarray, " 3"]

    @property
    def eta_lambda_max(self) -> float:
        """ηλ of the stiffest mode."""
        return self.learning_rate * float(self.eigenvalues[0])


class InitialModes(NamedTuple):
    """Networks before their training: eigenvalues of the mean kernel over the loss's divisor, and d_i² in each mode.

    power: mean over the networks; divisor: N of the loss.
    """

    eigenvalues: Float[np.ndarray, " modes"]
    power: Float[np.ndarray, " modes"]
    divisor: float


def predict_learning_curve(
    network: AbstractNetwork,
    dataset: Dataset,
    loss: SquaredLoss,
    optimiser: AbstractOptimiser,
    updates: Any,
    members: int = 4,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    memory_budget: int = MEMORY_BUDGET,
) -> LearningCurve:
    r"""Stroboscopic prediction at the mean initial kernel, without training.

    $$L(n) = \tfrac12\sum_i d_i(n)^2/N, \qquad d_i(n) = (1-\lambda_ih_i(n))\,d_i(0)$$

    averaged over the starts of `members` networks. Exact at infinite width. progress: called with the fraction of the
    work done since the last call.

    Raises:
        TypeError: `loss` is not the squared loss, or `optimiser` is none of `cosmograd.learning.optimisers`.
        ValueError: the networks or their kernels need more bytes than `memory_budget`.
    """
    _check_types(loss, optimiser)
    stops = np.asarray(updates, dtype=np.int64)
    check_memory(network, dataset, loss, optimiser, members, len(stops), memory_budget)
    modes = initial_modes(network, dataset, loss, members, seed, progress)
    return learning_curve(modes, optimiser, stops)


def check_memory(
    network: AbstractNetwork,
    dataset: Dataset,
    loss: SquaredLoss,
    optimiser: AbstractOptimiser,
    members: int,
    records: int,
    memory_budget: int = MEMORY_BUDGET,
) -> None:
    """Raise `ValueError` where networks or kernels need more bytes than `memory_budget`."""
    size = dataset.targets.size
    plan_training(
        network, dataset, loss, optimiser, members, 1, choose_mapping("auto", members), 1, memory_budget=memory_budget,
        reserved_memory=8 * (5 * size**2 + 4 * records * size),
    )  # fmt: skip


def initial_modes(
    network: AbstractNetwork,
    dataset: Dataset,
    loss: SquaredLoss,
    members: int = 4,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> InitialModes:
    """The modes of the mean kernel of `members` networks, and how far from the targets they start in each."""
    done = progress or (lambda fraction: None)
    key, mapping = jax.random.key(seed), choose_mapping("auto", members)
    divisor = float(loss.divisor(len(dataset.inputs)))
    with fixed_blas_threads():
        kernel = mean_initial_kernel(
            network, dataset, key, members, mapping, progress=lambda x: done(_INITIAL_KERNELS * x)
        )
        starts = initial_outputs(network, dataset, key, members, mapping)
        done(_STARTS)
        modes = kernel_modes(kernel, divisor)
        done(_MODES)
        deviations = (starts[:, : len(dataset.inputs)] - dataset.targets).reshape(members, -1)
        power = np.square(deviations @ np.asarray(modes.vectors)).mean(axis=0)
    return InitialModes(np.asarray(modes.eigenvalues), power, divisor)


def learning_curve(modes: InitialModes, optimiser: AbstractOptimiser, stops: np.ndarray) -> LearningCurve:
    """The learning curve of these modes under an optimiser."""
    λ, power = modes.eigenvalues, modes.power
    with fixed_blas_threads(), np.errstate(over="ignore", invalid="ignore"):
        decay = 1 - λ * np.asarray(stroboscopic_response(λ, optimiser, stops))
        curve = 0.5 * np.square(decay) @ power / modes.divisor
    return curve_of_modes(modes, optimiser, stops, curve)


def curve_of_modes(
    modes: InitialModes, optimiser: AbstractOptimiser, stops: np.ndarray, curve: np.ndarray
) -> LearningCurve:
    """The same with a loss that is known at the stops."""
    λ, power = modes.eigenvalues, modes.power
    if optimiser.constant:
        η, β = float(optimiser.learning_rate_at(0)), float(optimiser.momentum_at(0))
        regimes, times = mode_regimes(λ, optimiser), updates_to_learn(λ, optimiser)
        stable, boundaries = largest_stable_eta_lambda(optimiser), regime_boundaries(optimiser)
    else:
        run = max(int(stops[-1]), 1)
        reference = run // 2 if run > 1 else 0
        η = float(optimiser.learning_rate_at(reference))
        β = float(optimiser.mode_recursion(0.0, reference)[1])
        regimes, times = mode_regimes(λ, optimiser, reference), updates_to_learn(λ, optimiser, run)
        boundaries, stable = regime_boundaries(optimiser, reference), η * largest_stable_eigenvalue(optimiser, run)
    return LearningCurve(
        η,
        β,
        stops,
        np.where(np.isfinite(curve), curve, np.inf),
        λ,
        regimes,
        times,
        power / power.sum() if power.sum() > 0 else power,
        stable,
        np.asarray(boundaries),
    )


def _check_types(loss: Any, optimiser: Any) -> None:
    """Raise `TypeError` unless modes move independently by a known recursion: a squared loss, one of our optimisers."""
    if not isinstance(loss, SquaredLoss):
        given = type(loss).__name__ if isinstance(loss, AbstractLoss) else repr(loss)
        raise TypeError(
            f"`loss` is {given}, but a learning curve is predicted for the squared loss only, whose modes do not act "
            'on each other. Give SquaredLoss("mean") or SquaredLoss("sum"); for another loss, train (`train_ensemble`).'
        )
    if not isinstance(optimiser, AbstractOptimiser):
        raise TypeError(
            f"`optimiser` is {optimiser!r}; allowed: GradientDescent, HeavyBall or Nesterov of "
            "cosmograd.learning.optimisers, for example HeavyBall(0.1, 0.9)."
        )
