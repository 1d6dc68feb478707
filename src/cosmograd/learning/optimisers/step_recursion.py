r"""The recursion of an optimiser's steps, found from steps and gradients.

$$s_n = \beta_n s_{n-1} - (\eta_n + \nu_n)\,g_n + \nu_n g_{n-1}$$

At every update it is a linear regression on many directions with different gradients: exact where the optimiser keeps
one momentum, with a remainder where it keeps more.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

# By how many roundings a step may miss a simpler recursion that is taken for the right one.
_ROUNDINGS = 256 * np.finfo(np.float64).eps


class StepRecursion(NamedTuple):
    """η, β and ν of every update, and the largest step that they miss, relative to the largest step at that update."""

    learning_rate: Float[np.ndarray, " updates"]
    momentum: Float[np.ndarray, " updates"]
    correction: Float[np.ndarray, " updates"]
    remainder: Float[np.ndarray, " updates"]


def fit_recursion(
    steps: Float[np.ndarray, "updates directions"], gradients: Float[np.ndarray, "updates directions"]
) -> StepRecursion:
    """Regress each step on its gradient, the last step and the last gradient; terms that are not needed are zero.

    The first two updates leave numbers open, since nothing is remembered at first: these are as at the third.
    """
    total, β, ν, remainder = _simplest(steps, _regressors(steps, gradients))
    _complete_the_start(total, β, ν)
    return StepRecursion(total - ν, β, ν, remainder)


def fit_constants(
    steps: Float[np.ndarray, "updates directions"], gradients: Float[np.ndarray, "updates directions"]
) -> tuple[float, float, float]:
    """η, β and ν from all updates at once, as if they were the same at each."""
    regressors = _regressors(steps, gradients).reshape(1, -1, 3)
    total, β, ν, _ = _simplest(steps.reshape(1, -1), regressors)
    return float(total[0] - ν[0]), float(β[0]), float(ν[0])


def _regressors(steps: np.ndarray, gradients: np.ndarray) -> Float[np.ndarray, "updates directions 3"]:
    nothing = np.zeros_like(steps[:1])
    earlier_steps, earlier_gradients = np.concatenate([nothing, steps[:-1]]), np.concatenate([nothing, gradients[:-1]])
    return np.stack([-gradients, earlier_steps, earlier_gradients], axis=-1)


def _simplest(
    steps: np.ndarray, regressors: Float[np.ndarray, "updates directions 3"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """η + ν, β, ν and the relative remainder of the simplest regression that leaves none at this update."""
    scale = np.abs(steps).max(axis=1)
    coefficients, remainder = np.zeros((len(steps), 3)), np.full(len(steps), np.inf)
    for terms in ([0], [0, 1], [0, 2], [0, 1, 2]):
        found, missed = _regress(steps, regressors[..., terms])
        better = remainder > _ROUNDINGS * scale
        coefficients[better] = 0.0
        coefficients[np.ix_(better, terms)] = found[better]
        remainder = np.where(better, missed, remainder)
    relative = np.divide(remainder, scale, out=np.zeros_like(scale), where=scale > 0)
    total, β, ν = coefficients.T.copy()
    return total, β, ν, relative


def _regress(
    steps: Float[np.ndarray, "updates directions"], regressors: Float[np.ndarray, "updates directions terms"]
) -> tuple[Float[np.ndarray, "updates terms"], Float[np.ndarray, " updates"]]:
    """Coefficients of least squares, the smallest where they are open, and the largest remainder of each update."""
    size = np.linalg.norm(regressors, axis=1)
    size = np.where(size > 0, size, 1.0)
    left, singular, right = np.linalg.svd(regressors / size[:, None, :], full_matrices=False)
    inverse = np.divide(1.0, singular, out=np.zeros_like(singular), where=singular > 1e-14 * singular[:, :1])
    # Factor by factor: the product of all three would lose digits where two regressors are nearly parallel.
    scaled = right.transpose(0, 2, 1) @ (inverse[..., None] * (left.transpose(0, 2, 1) @ steps[..., None]))
    coefficients = scaled[..., 0] / size
    return coefficients, np.abs(steps - (regressors @ coefficients[..., None])[..., 0]).max(axis=1)


def _complete_the_start(total: np.ndarray, β: np.ndarray, ν: np.ndarray) -> None:
    r"""Choose β and ν of updates 0 and 1, in place, so that no step changes.

    With $T = \eta + \nu$, at n = 1 only $c = \nu_1 - \beta_1T_0$ is seen, the weight of $g_0$; the share
    $\nu_n/\beta_nT_{n-1}$ is taken from n = 2. At n = 0 nothing is remembered, and all is as at n = 1.
    """
    if len(total) > 2 and total[0] != 0:
        c = ν[1] - β[1] * total[0]
        if β[2] == 0 and ν[2] != 0:
            β[1], ν[1] = 0.0, c
        else:
            share = ν[2] / (β[2] * total[1]) if ν[2] != 0 and total[1] != 0 else 0.0
            β[1] = -c / (total[0] * (1 - share)) if share != 1 else β[1]
            ν[1] = share * β[1] * total[0] if share != 1 else ν[1]
    if len(total) > 1:
        β[0] = β[1]
        ν[0] = ν[1] * total[0] / total[1] if total[1] != 0 else 0.0


def steps_of(recursion: StepRecursion, gradients: Float[np.ndarray, "updates directions"]) -> np.ndarray:
    """The steps that the recursion makes with these gradients, from rest."""
    η, β, ν, _ = recursion
    steps, step, before = np.empty_like(gradients), np.zeros(gradients.shape[1]), np.zeros(gradients.shape[1])
    for n, now in enumerate(gradients):
        step = β[n] * step - (η[n] + ν[n]) * now + ν[n] * before
        steps[n], before = step, now
    return steps
