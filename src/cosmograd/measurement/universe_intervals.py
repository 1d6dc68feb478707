"""Values and intervals of all quantities, from a fit of two roots for each mode or of one."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.compilation import compiled
from cosmograd.measurement.directions import RecordedModes
from cosmograd.measurement.identifiability import excess_variance
from cosmograd.measurement.known_kernel import momentum_from_roots, weights_of_common_step
from cosmograd.measurement.parameter_scatter import (
    Interval,
    bootstrap_interval,
    curvature_interval,
    errors_of,
    no_narrower,
    quantile_interval,
    widened,
)
from cosmograd.measurement.posterior import sample_posterior
from cosmograd.measurement.quantities import TimeConvention, entries, places_of_modes, quantity_row
from cosmograd.measurement.recursion_fit import RecursionFit, fit_each_member
from cosmograd.measurement.recursion_models import AbstractRecursion, Hypothesis
from cosmograd.measurement.rooms import filled_up, room_for_modes


class Question(NamedTuple):
    """What is measured of which modes: learning_rate: η as given; intervals: where they are from."""

    model: AbstractRecursion
    modes: RecordedModes
    learning_rate: float
    convention: TimeConvention
    intervals: str


@compiled
def _evaluated(
    model: AbstractRecursion,
    parameters: Float[Array, "sets parameters"],
    step: Float[Array, ""],
    weights: Float[Array, " modes"] | None,
    convention: TimeConvention,
) -> tuple[Float[Array, "sets quantities"], Float[Array, "sets quantities parameters"]]:
    """The quantities for each set of parameters, and their derivatives."""

    def row(p: Array) -> Array:
        η = step if weights is None else weights @ p[1:]
        return quantity_row(p[0], η, model.eta_lambdas(p), convention)

    return jax.vmap(row)(parameters), jax.vmap(jax.jacfwd(row))(parameters)


def intervals_of_fit(question: Question, fit: RecursionFit, hypothesis: Hypothesis) -> Interval:
    """All quantities with intervals.

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
        samples = sample_posterior(model, modes.values, fit, hypothesis)
        found = quantile_interval(_quantities_at(question, samples, weights)[0])
        return widened(found, np.sqrt(excess_variance(fit)) * found.standard_error)
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
    """weights: of the modes in the common step; None where the step is the learning rate as given."""
    model, count = question.model.with_room(), sets.shape[1]
    values, gradients = jax.device_get(
        _evaluated(
            model,
            jnp.asarray(filled_up(sets, model.parameter_count)),
            jnp.asarray(question.learning_rate),
            None if weights is None else jnp.asarray(filled_up(weights, model.mode_count)),
            question.convention,
        )
    )
    places = places_of_modes(question.model.mode_count, model.mode_count)
    return values[:, places], gradients[:, places, :count]


@compiled
def _evaluated_on_the_attractor(
    parameters: Float[Array, " parameters"], convention: TimeConvention
) -> tuple[Float[Array, " quantities"], Float[Array, "quantities parameters"]]:
    """Of β, η and the ηλ that single roots show, κ = ηλ(1 − β/r) with r = 1 − ηλ."""

    def row(p: Array) -> Array:
        β, η, shown = p[0], p[1], p[2:]
        return quantity_row(β, η, shown * (1 - β / (1 - shown)), convention)

    return row(parameters), jax.jacfwd(row)(parameters)


def intervals_on_the_attractor(question: Question, single: Interval) -> Interval | None:
    """The same where each mode shows one root and the kernel is known; None where its modes make no line.

    single: what the single roots show, taken for those of plain gradient descent.
    """
    if question.modes.eigenvalues is None:
        return None
    λ = question.modes.eigenvalues.mean(axis=0)
    count = len(λ)
    room = room_for_modes(count)
    κ, errors = (entries(row, "eta_lambdas", count) for row in (single.value, single.standard_error))
    line = momentum_from_roots(κ / λ, errors / λ, λ)
    if line is None:
        return None
    parameters = jnp.asarray(np.concatenate([[line.momentum, line.step], filled_up(κ, room)]))
    values, gradients = jax.device_get(_evaluated_on_the_attractor(parameters, question.convention))
    places = places_of_modes(count, room)
    values, gradients = values[places], gradients[places, : count + 2]
    covariance = np.zeros((count + 2, count + 2))
    covariance[:2, :2], covariance[2:, 2:] = line.covariance, np.diag(errors**2)
    error = errors_of(gradients, covariance)
    found = Interval(values, values - line.quantile * error, values + line.quantile * error, error)
    # The rates of decay, which stand last, are what the attractor shows itself: they need no line.
    own = np.arange(len(values)) >= len(values) - count
    return Interval(*(np.where(own, shown, told) for told, shown in zip(found, single, strict=True)))
