"""Least squares for recursions: the search, the curvature at its end, and what each member has to say."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Float

from cosmograd.compilation import compiled
from cosmograd.measurement.fit_problem import FitProblem, fit_problem
from cosmograd.measurement.paced_recursion import PACE_PARAMETERS, PacedRecursion
from cosmograd.measurement.recursion_models import FREE, AbstractRecursion, Hypothesis

_RELATIVE, _ABSOLUTE, _MOST_STEPS = 1e-6, 1e-9, 200
_SEARCHES = 4
# Steps from the common fit to a member's own, and the share of the common curvature that holds it.
_MEMBER_STEPS, _HELD = 3, 1e-3


class RecursionFit(NamedTuple):
    r"""The end of a search; all but the residuals in units of the data's root mean square.

    residuals: weighted, in units of the data; curvature: their $J^{\mathsf T}J$, less what the pace takes of it where
    that is free; pace: s at its knots and then one; pace_curvature: that of the pace, less what the parameters take;
    residual_squares, data_squares: |e|², |y|², around the mean where the targets are unknown; autocorrelation: of the
    residuals from one update to the next; converged: whether the search met its tolerance.
    """

    residuals: Float[np.ndarray, "members updates modes"]
    parameters: Float[np.ndarray, " parameters"]
    curvature: Float[np.ndarray, "parameters parameters"]
    pace: Float[np.ndarray, " knots"]
    pace_curvature: Float[np.ndarray, "free free"]
    residual_squares: float
    data_squares: float
    autocorrelation: float
    degrees_of_freedom: int
    converged: bool

    @property
    def residual_fraction(self) -> float:
        """|residual| / |data|."""
        return float(np.sqrt(self.residual_squares / max(self.data_squares, 1e-300)))

    @property
    def noise_variance(self) -> float:
        """Mean square of what is left per degree of freedom."""
        return self.residual_squares / max(self.degrees_of_freedom, 1)

    @property
    def pace_covariance(self) -> Float[np.ndarray, "knots knots"]:
        """Of the pace at its knots, for white noise; the last is one by definition."""
        return np.pad(self.noise_variance * inverse_of_curvature(self.pace_curvature), (0, 1))

    @property
    def covariance(self) -> Float[np.ndarray, "parameters parameters"]:
        r"""$\sigma^2(J^{\mathsf T}J)^{-1}$, for white noise."""
        return self.noise_variance * inverse_of_curvature(self.curvature)


def inverse_of_curvature(matrix: Float[np.ndarray, "*batch p p"]) -> Float[np.ndarray, "*batch p p"]:
    """Inverse of positive matrices whose directions may differ by many orders of magnitude."""
    sizes = np.sqrt(np.maximum(np.diagonal(matrix, axis1=-2, axis2=-1), 1e-300))
    outer = sizes[..., :, None] * sizes[..., None, :]
    return np.linalg.pinv(matrix / outer, rcond=1e-14, hermitian=True) / outer


class MemberFits(NamedTuple):
    """Each member fitted by itself, from where all of them together ended."""

    parameters: Float[np.ndarray, "members parameters"]
    covariances: Float[np.ndarray, "members parameters parameters"]


class _Ending(NamedTuple):
    residuals: Array
    parameters: Array
    curvature: Array
    residual_squares: Array
    neighbours: Array
    converged: Array


def _descend(model: PacedRecursion, begin: Array, modes: Array, weights: Array, hypothesis: Hypothesis) -> _Ending:
    def residuals(parameters: Array, _: Any = None) -> Array:
        return model.residuals(parameters, modes, weights, hypothesis)

    solution = optx.least_squares(
        residuals,
        optx.LevenbergMarquardt(rtol=_RELATIVE, atol=_ABSOLUTE),
        begin,
        throw=False,
        max_steps=_MOST_STEPS,
    )
    end = solution.value
    left, J = residuals(end), jax.jacfwd(residuals)(end)
    squares = jnp.sum(left**2)
    return _Ending(
        left,
        end,
        jnp.einsum("mnip,mniq->pq", J, J),
        squares,
        jnp.sum(left[:, 1:] * left[:, :-1]) / squares,
        solution.result == optx.RESULTS.successful,
    )


@compiled
def _fit(
    model: PacedRecursion, starts: Float[Array, "starts p"], modes: Array, weights: Array, hypothesis: Hypothesis
) -> _Ending:
    losses = jax.lax.map(lambda p: jnp.sum(jnp.square(model.residuals(p, modes, weights, hypothesis))), starts)
    best = jnp.argsort(jnp.where(jnp.isfinite(losses), losses, jnp.inf))[:_SEARCHES]
    ends = jax.lax.map(lambda begin: _descend(model, begin, modes, weights, hypothesis), starts[best])
    chosen = jnp.nanargmin(ends.residual_squares)
    return jax.tree.map(lambda values: values[chosen], ends)


@compiled
def _curvatures(
    models: PacedRecursion, parameters: Array, modes: Array, weights: Array, hypothesis: Hypothesis
) -> tuple[Array, Array, Array]:
    """Of each member at its own parameters: JᵀJ, Jᵀe and |e|²."""

    def of_member(arguments: tuple[PacedRecursion, Array, Array]) -> tuple[Array, Array, Array]:
        model, own, data = arguments

        def residuals(p: Array) -> Array:
            return model.residuals(p, data[None], weights, hypothesis).ravel()

        left, J = residuals(own), jax.jacfwd(residuals)(own)
        return J.T @ J, J.T @ left, left @ left

    return jax.lax.map(of_member, (models, parameters, modes))


def fit_recursion(
    model: AbstractRecursion,
    modes: Float[np.ndarray, "members updates modes"],
    hypothesis: Hypothesis = FREE,
    weights: Float[np.ndarray, " updates"] | None = None,
) -> RecursionFit:
    """The recursion closest to the modes of all members, by Levenberg's and Marquardt's method over what is not linear.

    Searches begin at the best of several linear regressions; the closest end is taken. weights: of the records, one
    each if left out; zeros leave records out.
    """
    problem, count = fit_problem(model, modes, weights, hypothesis), model.parameter_count
    used = np.ones(modes.shape[1]) if weights is None else weights
    starts = problem.with_room(model.starts(modes / problem.scale, used))
    end = jax.device_get(_fit(problem.model, starts, problem.modes, problem.weights, problem.hypothesis))
    parameters = end.parameters[:count]
    own, pace = _of_each_alone(end.curvature, count, hypothesis)
    return RecursionFit(
        end.residuals[:, : modes.shape[1], : modes.shape[2]] * problem.scale,
        np.concatenate([parameters[:1] * hypothesis.momentum, parameters[1:]]),
        own,
        np.append(1 + hypothesis.pace * end.parameters[-PACE_PARAMETERS:], 1.0),
        pace,
        float(end.residual_squares),
        _motion_squares(model, modes / problem.scale, used),
        float(end.neighbours),
        _freedom(model, modes, used, hypothesis),
        bool(end.converged) and bool(np.isfinite(parameters).all()),
    )


def fit_each_member(
    model: AbstractRecursion,
    modes: Float[np.ndarray, "members updates modes"],
    common: RecursionFit,
    hypothesis: Hypothesis = FREE,
) -> MemberFits:
    """The recursion closest to each member's modes, by a few steps of Gauss and Newton from that of all.

    Where a single network does not feel a direction of the parameters, a small share of what all feel together holds it
    to their common value. The noise is taken as the same in all.
    """
    problem, members = fit_problem(model, modes, None, hypothesis), len(modes)
    start = np.asarray(common.parameters)
    hold = _HELD * np.diag(np.diag(common.curvature)) / members
    parameters = np.broadcast_to(start, (members, len(start)))
    curvature, scores, squares = _found(problem, parameters)
    for _ in range(_MEMBER_STEPS):
        pull = scores + (parameters - start) @ hold
        trial = parameters - np.einsum("mpq,mq->mp", inverse_of_curvature(curvature + hold), pull)
        new_curvature, new_scores, new_squares = _found(problem, trial)
        better = new_squares < squares
        parameters = np.where(better[:, None], trial, parameters)
        curvature = np.where(better[:, None, None], new_curvature, curvature)
        scores, squares = np.where(better[:, None], new_scores, scores), np.where(better, new_squares, squares)
    freedom = members * _freedom(model, modes[:1], np.ones(modes.shape[1]), hypothesis)
    noise = float(np.sum(squares)) / max(freedom, 1)
    return MemberFits(parameters, noise * inverse_of_curvature(curvature + hold))


def _found(problem: FitProblem, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    members, count = parameters.shape
    models, own = problem.model.of_each_member(members), problem.with_room(parameters)
    curvature, scores, squares = jax.device_get(
        _curvatures(models, own, problem.modes, problem.weights, problem.hypothesis)
    )
    return curvature[:, :count, :count], scores[:, :count], squares


def _of_each_alone(
    curvature: Float[np.ndarray, "all all"], count: int, hypothesis: Hypothesis
) -> tuple[Float[np.ndarray, "parameters parameters"], Float[np.ndarray, "free free"]]:
    """The parameters' own and that of the pace, each with the other at its closest (Schur complements)."""
    own, pace = curvature[:count, :count], curvature[-PACE_PARAMETERS:, -PACE_PARAMETERS:]
    if not hypothesis.pace:
        return own, pace
    mixed = curvature[:count, -PACE_PARAMETERS:]
    return (
        own - mixed @ inverse_of_curvature(pace) @ mixed.T,
        pace - mixed.T @ inverse_of_curvature(own) @ mixed,
    )


def _motion_squares(model: AbstractRecursion, data: np.ndarray, weights: np.ndarray) -> float:
    """|y|²; where the end is fitted too, around each member's mean, since no constant is motion."""
    if model.offset:
        data = data - np.average(data, axis=1, weights=weights**2, keepdims=True)
    return float(np.sum(np.square(data * weights[None, :, None])))


def _freedom(model: AbstractRecursion, modes: np.ndarray, weights: np.ndarray, hypothesis: Hypothesis) -> int:
    numbers = modes.shape[0] * modes.shape[2] * np.count_nonzero(weights)
    amplitudes = modes.shape[0] * modes.shape[2] * model.amplitudes(hypothesis)
    parameters = model.parameter_count - int(hypothesis.momentum == 0) + PACE_PARAMETERS * int(hypothesis.pace != 0)
    return int(numbers - amplitudes - parameters)
