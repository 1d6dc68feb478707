"""Least squares for recursions: the search, the curvature at its end, and what each member has to say."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.measurement.learning_rate_profile import PROFILE_PARAMETERS, hats_of, knots_of_motion
from cosmograd.measurement.projected_recursion import Projection, projected
from cosmograd.measurement.recursion_models import FREE, AbstractRecursion, Hypothesis

# A search ends where a step would lower |e|² by less than this share of what is left for one number, that is, move no
# parameter by more than a hundredth of its standard error; or after so many steps.
_RELATIVE, _MOST_STEPS = 1e-4, 100
# Or where so many steps together lower it by less than this share: what is left is no noise then, and bends the way.
_STAGNANT_STEPS, _STAGNANT = 8, 3e-7
_SEARCHES = 2
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-3, 1e-12, 1e10
# Steps from the common fit to a member's own, and the share of the common curvature that holds it.
_MEMBER_STEPS, _HELD = 3, 1e-3


class RecursionFit(NamedTuple):
    r"""The end of a search; all but the residuals in units of the data's root mean square.

    residuals: weighted, in units of the data; curvature: their $J^{\mathsf T}J$, less what the profile takes of it
    where that is free; profile: s at its knots and then one; profile_curvature: that of the profile, less what the
    parameters take;
    residual_squares, data_squares: |e|², |y|², around the mean where the targets are unknown; autocorrelation: of the
    residuals from one update to the next; converged: whether the search met its tolerance; scale:
    the data's root mean square.
    """

    residuals: Float[np.ndarray, "members updates modes"]
    parameters: Float[np.ndarray, " parameters"]
    curvature: Float[np.ndarray, "parameters parameters"]
    profile: Float[np.ndarray, " knots"]
    profile_curvature: Float[np.ndarray, "free free"]
    residual_squares: float
    data_squares: float
    autocorrelation: float
    degrees_of_freedom: int
    converged: bool
    scale: float

    @property
    def residual_fraction(self) -> float:
        """|residual| / |data|."""
        return float(np.sqrt(self.residual_squares / max(self.data_squares, 1e-300)))

    @property
    def noise_variance(self) -> float:
        """Mean square of what is left per degree of freedom."""
        return self.residual_squares / max(self.degrees_of_freedom, 1)

    @property
    def profile_covariance(self) -> Float[np.ndarray, "knots knots"]:
        """Of the profile at its knots, for white noise; the last is one by definition."""
        return np.pad(self.noise_variance * inverse_of_curvature(self.profile_curvature), (0, 1))

    @property
    def covariance(self) -> Float[np.ndarray, "parameters parameters"]:
        r"""$\sigma^2(J^{\mathsf T}J)^{-1}$, for white noise."""
        return self.noise_variance * inverse_of_curvature(self.curvature)


def inverse_of_curvature(matrix: Float[np.ndarray, "*batch p p"]) -> Float[np.ndarray, "*batch p p"]:
    """Inverse of positive matrices whose directions may differ by many orders of magnitude."""
    diagonal = np.diagonal(matrix, axis1=-2, axis2=-1)
    least = np.maximum(1e-60 * diagonal.max(axis=-1, keepdims=True), 1e-100)
    sizes = np.sqrt(np.maximum(diagonal, least))  # of what is not felt at all, an error that is large, and finite
    outer = sizes[..., :, None] * sizes[..., None, :]
    return np.linalg.pinv(matrix / outer, rcond=1e-14, hermitian=True) / outer


class MemberFits(NamedTuple):
    """Each member fitted by itself, from where all of them together ended."""

    parameters: Float[np.ndarray, "members parameters"]
    covariances: Float[np.ndarray, "members parameters parameters"]


class _Problem(NamedTuple):
    """What is searched for; modes: in units of `scale`; hats: of the profile."""

    model: AbstractRecursion
    modes: Float[np.ndarray, "members updates modes"]
    weights: Float[np.ndarray, " updates"]
    hats: Float[np.ndarray, "updates knots"]
    hypothesis: Hypothesis

    def at(self, parameters: np.ndarray, derivatives: bool = True) -> Projection:
        return projected(self.model, parameters, self.modes, self.weights, self.hats, self.hypothesis, derivatives)

    def of_member(self, member: int) -> "_Problem":
        return self._replace(model=self.model.of_member(member), modes=self.modes[member : member + 1])


class _Ending(NamedTuple):
    parameters: np.ndarray
    projection: Projection
    converged: bool


def fit_recursion(
    model: AbstractRecursion,
    modes: Float[np.ndarray, "members updates modes"],
    hypothesis: Hypothesis = FREE,
    weights: Float[np.ndarray, " updates"] | None = None,
    near: RecursionFit | None = None,
    most_steps: int = _MOST_STEPS,
) -> RecursionFit:
    """The recursion closest to the modes of all members, by Levenberg's and Marquardt's method over what is not linear.

    Searches begin at the best of several linear regressions, and the closest end is taken; or at the end of another
    hypothesis's search; of at most so many steps each. weights: of the records, one each if left out; zeros leave
    records out.
    """
    used = np.ones(modes.shape[1]) if weights is None else weights
    scale = float(np.sqrt(np.mean(np.square(modes)))) or 1.0
    problem = _Problem(model, modes / scale, used, hats_of(knots_of_motion(modes), modes.shape[1]), hypothesis)
    starts = near.parameters[None] if near is not None else model.starts(problem.modes, used)
    starts = np.pad(starts, ((0, 0), (0, PROFILE_PARAMETERS)))
    if len(starts) > _SEARCHES:
        losses = np.array([problem.at(start, derivatives=False).squares for start in starts])
        best = np.argsort(np.where(np.isfinite(losses), losses, np.inf), kind="stable")
        starts = starts[best[:_SEARCHES]]
    ends = [_descend(problem, start, most_steps) for start in starts]
    end = min(ends, key=lambda found: found.projection.squares)
    count = model.parameter_count
    own, profile = _of_each_alone(end.projection.curvature, count, hypothesis)
    residuals, squares = end.projection.residuals, end.projection.squares
    return RecursionFit(
        residuals * scale,
        np.append(end.parameters[0] * hypothesis.momentum, end.parameters[1:count]),
        own,
        np.append(1 + hypothesis.profile * end.parameters[count:], 1.0),
        profile,
        squares,
        _motion_squares(model, problem.modes, used),
        float(np.sum(residuals[:, 1:] * residuals[:, :-1]) / max(squares, 1e-300)),
        _freedom(model, modes, used, hypothesis),
        end.converged,
        scale,
    )


def _descend(problem: _Problem, begin: np.ndarray, most_steps: int) -> _Ending:
    """Levenberg–Marquardt, damped in units of the curvature's diagonal."""
    parameters, now, damping = begin, problem.at(begin), _FIRST_DAMPING
    seen = []
    for _ in range(most_steps):
        seen.append(now.squares)
        if len(seen) > _STAGNANT_STEPS and seen[-1 - _STAGNANT_STEPS] - seen[-1] < _STAGNANT * seen[-1]:
            return _Ending(parameters, now, True)
        step = _step(now, damping)
        foreseen = -float(step @ now.gradient) - 0.5 * float(step @ now.curvature @ step)
        if foreseen <= _RELATIVE * now.squares / problem.modes.size:
            return _Ending(parameters, now, True)
        trial = problem.at(parameters + step)
        if trial.squares < now.squares:
            parameters, now, damping = parameters + step, trial, max(damping / 10, _LEAST_DAMPING)
        elif damping > _MOST_DAMPING:
            return _Ending(parameters, now, True)  # rounding hides any further descent
        else:
            damping *= 10
    return _Ending(parameters, now, False)


def _step(at: Projection, damping: float) -> np.ndarray:
    moves = np.diag(at.curvature) > 0  # what is held fixed has neither curvature nor gradient
    sizes = np.sqrt(np.diag(at.curvature)[moves])
    scaled = at.curvature[np.ix_(moves, moves)] / np.outer(sizes, sizes) + damping * np.eye(len(sizes))
    step = np.zeros(len(moves))
    step[moves] = -np.linalg.solve(scaled, at.gradient[moves] / sizes) / sizes
    return step


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
    members, updates = modes.shape[:2]
    scale = float(np.sqrt(np.mean(np.square(modes)))) or 1.0
    hats = hats_of(knots_of_motion(modes), updates)
    problem = _Problem(model, modes / scale, np.ones(updates), hats, hypothesis)
    start = np.asarray(common.parameters)
    hold = _HELD * np.diag(np.diag(common.curvature)) / members
    fits = [_fit_held(problem.of_member(member), start, hold) for member in range(members)]
    parameters, curvatures, squares = (np.array(values) for values in zip(*fits, strict=True))
    freedom = members * _freedom(model, modes[:1], np.ones(updates), hypothesis)
    noise = float(np.sum(squares)) / max(freedom, 1)
    return MemberFits(parameters, noise * inverse_of_curvature(curvatures + hold))


def _fit_held(problem: _Problem, start: np.ndarray, hold: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Parameters, curvature and |e|² of one member after a few steps, each taken only if it comes closer."""
    count = len(start)

    def at(parameters: np.ndarray) -> Projection:
        return problem.at(np.append(parameters, np.zeros(PROFILE_PARAMETERS)))

    parameters, now = start, at(start)
    for _ in range(_MEMBER_STEPS):
        pull = now.gradient[:count] + hold @ (parameters - start)
        trial = parameters - inverse_of_curvature(now.curvature[:count, :count] + hold) @ pull
        there = at(trial)
        if not there.squares < now.squares:
            break
        parameters, now = trial, there
    return parameters, now.curvature[:count, :count], now.squares


def _of_each_alone(
    curvature: Float[np.ndarray, "all all"], count: int, hypothesis: Hypothesis
) -> tuple[Float[np.ndarray, "parameters parameters"], Float[np.ndarray, "free free"]]:
    """The parameters' own and that of the profile, each with the other at its closest (Schur complements)."""
    own, profile = curvature[:count, :count], curvature[count:, count:]
    if not hypothesis.profile:
        return own, profile
    mixed = curvature[:count, count:]
    return (
        own - mixed @ inverse_of_curvature(profile) @ mixed.T,
        profile - mixed.T @ inverse_of_curvature(own) @ mixed,
    )


def _motion_squares(model: AbstractRecursion, data: np.ndarray, weights: np.ndarray) -> float:
    """|y|²; where the end is fitted too, around each member's mean, since no constant is motion."""
    if model.offset:
        data = data - np.average(data, axis=1, weights=weights**2, keepdims=True)
    return float(np.sum(np.square(data * weights[None, :, None])))


def _freedom(model: AbstractRecursion, modes: np.ndarray, weights: np.ndarray, hypothesis: Hypothesis) -> int:
    numbers = modes.shape[0] * modes.shape[2] * np.count_nonzero(weights)
    amplitudes = modes.shape[0] * modes.shape[2] * model.amplitudes(hypothesis)
    parameters = model.parameter_count - int(not hypothesis.momentum) + PROFILE_PARAMETERS * int(hypothesis.profile)
    return int(numbers - amplitudes - parameters)
