"""Values and intervals of all quantities, from a fit of two roots for each mode or of one."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.measurement.identifiability import excess_variance
from cosmograd.measurement.known_kernel import momentum_from_roots, weights_of_common_step
from cosmograd.measurement.output_modes import RecordedModes
from cosmograd.measurement.parameter_scatter import (
    Interval,
    bootstrap_interval,
    curvature_interval,
    errors_of,
    no_narrower,
    quantile_interval,
    widened,
)
from cosmograd.measurement.quantities import TimeConvention, entries, quantity_rows
from cosmograd.measurement.recursion_fit import RecursionFit, fit_each_member
from cosmograd.measurement.recursion_models import AbstractRecursion, Hypothesis

# Relative step of central differences: of third order in it the error, of first order in one over it the rounding.
_STEP = 1e-5


class Question(NamedTuple):
    """What is measured of which modes: learning_rate: η as given; intervals: where they are from."""

    model: AbstractRecursion
    modes: RecordedModes
    learning_rate: float
    convention: TimeConvention
    intervals: str


def intervals_of_fit(
    question: Question, fit: RecursionFit, hypothesis: Hypothesis, progress: Callable[[float], None]
) -> Interval:
    """All quantities with intervals; progress: told of the share that is done.

    Residuals that come in runs shift the parameters of all members alike; what that may amount to is added.
    """
    model, modes = question.model, question.modes
    by_members = question.intervals == "bootstrap"
    each = fit_each_member(model, modes.values, fit, hypothesis) if by_members else None
    weights = None
    if modes.eigenvalues is not None:
        variances = np.diag(fit.covariance)[1:]
        if each is not None:
            variances = each.parameters[:, 1:].var(axis=0, ddof=1) / len(each.parameters)
        weights = weights_of_common_step(fit.parameters[1:], np.sqrt(variances))
    if question.intervals == "posterior":
        from cosmograd.measurement.posterior import sample_posterior  # all other measuring is NumPy

        samples = sample_posterior(model, modes.values, fit, hypothesis, progress)
        found = quantile_interval(_quantities_at(question, samples, weights)[0])
        return widened(found, np.sqrt(excess_variance(fit)) * found.standard_error)
    progress(1.0)
    sets = fit.parameters[None] if each is None else np.concatenate([fit.parameters[None], each.parameters])
    values, gradients = _quantities_at(question, sets, weights)
    found = common = curvature_interval(values[0], gradients[0], fit.covariance, fit.degrees_of_freedom)
    if each is not None:
        own = errors_of(gradients[1:], each.covariances)
        found = no_narrower(bootstrap_interval(values[1:], own), common)
    return widened(found, np.sqrt(excess_variance(fit)) * common.standard_error)


def _quantities_at(
    question: Question, sets: Float[np.ndarray, "sets parameters"], weights: Float[np.ndarray, " modes"] | None
) -> tuple[Float[np.ndarray, "sets quantities"], Float[np.ndarray, "sets quantities parameters"]]:
    """The quantities of each set of parameters, and their derivatives.

    weights: of the modes in the common step; None where the step is the learning rate as given.
    """
    found = [_of_parameters(question, parameters, weights) for parameters in sets]
    return np.stack([values for values, _ in found]), np.stack([gradients for _, gradients in found])


def _of_parameters(
    question: Question, parameters: Float[np.ndarray, " parameters"], weights: Float[np.ndarray, " modes"] | None
) -> tuple[Float[np.ndarray, " quantities"], Float[np.ndarray, "quantities parameters"]]:
    modes = question.model.decoupled(parameters)
    η = question.learning_rate if weights is None else float(weights @ parameters[1:])
    own = np.concatenate([[parameters[0], η], modes.eta_lambdas.mean(axis=0)])
    values, slopes = _with_slopes(own, question.convention)
    by_parameter = np.zeros((len(own), len(parameters)))
    by_parameter[0, 0] = 1.0
    if weights is not None:
        by_parameter[1, 1:] = weights
    alone = modes.driven[:, 0] == modes.driven[:, 1]  # what a mode drives itself with moves its κ
    turned = np.eye(len(parameters))
    turned[modes.driven[alone, 2]] = question.model.from_decoupled(modes.directions)[modes.driven[alone, 2]]
    scale = modes.scale.mean(axis=0)[alone, None]
    by_parameter[2 + modes.driven[alone, 0]] = scale * turned[modes.driven[alone, 2]]
    return values, slopes @ by_parameter


def _with_slopes(
    own: Float[np.ndarray, " numbers"], convention: TimeConvention
) -> tuple[Float[np.ndarray, " quantities"], Float[np.ndarray, "quantities numbers"]]:
    """The quantities of (β, η, κ of each mode), and their derivatives by central differences."""

    def rows(sets: np.ndarray) -> np.ndarray:
        return quantity_rows(sets[:, 0], sets[:, 1], sets[:, 2:], convention)

    size = _STEP * np.maximum(np.abs(own), np.where(np.arange(len(own)) == 0, 1e-2, 1e-300))
    steps = np.diag(size)
    slopes = (rows(own + steps) - rows(own - steps)) / (2 * size[:, None])
    return rows(own[None])[0], slopes.T


def intervals_on_the_attractor(question: Question, single: Interval) -> Interval | None:
    """The same where each mode shows one root and the kernel is known; None where its modes make no line.

    single: what the single roots show, taken for those of plain gradient descent.
    """
    if question.modes.eigenvalues is None:
        return None
    λ = question.modes.eigenvalues.mean(axis=0)
    count = len(λ)
    shown, errors = (entries(row, "eta_lambdas", count) for row in (single.value, single.standard_error))
    line = momentum_from_roots(shown / λ, errors / λ, λ)
    if line is None:
        return None
    β, root = line.momentum, 1 - shown
    values, slopes = _with_slopes(np.concatenate([[β, line.step], shown * (1 - β / root)]), question.convention)
    by_parameter = np.zeros((count + 2, count + 2))
    by_parameter[:2, :2] = np.eye(2)
    by_parameter[2:, 0] = -shown / root
    by_parameter[2:, 2:] = np.diag(1 - β / root - β * shown / root**2)
    covariance = np.zeros((count + 2, count + 2))
    covariance[:2, :2], covariance[2:, 2:] = line.covariance, np.diag(errors**2)
    error = errors_of(slopes @ by_parameter, covariance)
    found = Interval(values, values - line.quantile * error, values + line.quantile * error, error)
    # The rates of decay, which stand last, are what the attractor shows itself: they need no line.
    own = np.arange(len(values)) >= len(values) - count
    return Interval(*(np.where(own, shown, told) for told, shown in zip(found, single, strict=True)))
