"""The forecast's own error, from a few updates of the real model."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from cosmograd.compilation import compiled
from cosmograd.experiments.forecast.request import ForecastRequest
from cosmograd.experiments.prediction.linearised_run import linearised_run
from cosmograd.learning.losses import AbstractLoss
from cosmograd.learning.networks import JaxModel
from cosmograd.learning.tangent_kernel import kernel_of_points


class Trial(NamedTuple):
    """error: |outputs − forecast| / |outputs − targets| over the trial's updates; drift: |ΔΘ|/|Θ| at its end."""

    error: float
    drift: float


def trial_of(request: ForecastRequest) -> Trial:
    """ValueError where the model cannot be trained here."""
    model, y = request.kernel.model, request.points.targets
    if not isinstance(model, JaxModel) or request.points.inputs is None or request.method is None:
        raise ValueError(
            "a trial trains the model, which works for models of JAX with an optimiser whose recursion is known; leave "
            "`trial` out."
        )
    stops = np.arange(1, request.trial + 1)
    inputs = jnp.asarray(request.points.inputs)
    outputs, parameters = _trained(
        model.network, model.parameters, inputs, jnp.asarray(y), request.loss, request.method, request.trial
    )
    outputs = np.asarray(outputs)
    forecast = linearised_run(
        request.kernel, request.points._replace(probe_inputs=None), request.loss, request.method, stops
    ).outputs[:, : len(y)]
    after = kernel_of_points(dataclasses.replace(model, parameters=parameters), request.points.inputs)
    before = request.kernel.matrix
    with np.errstate(over="ignore", invalid="ignore"):
        return Trial(
            float(np.linalg.norm(outputs - forecast) / np.linalg.norm(outputs - y)),
            float(np.linalg.norm(after - before) / np.linalg.norm(before)),
        )


@compiled
def _trained(
    network: Any, start: Any, inputs: Any, targets: Any, loss: AbstractLoss, method: Any, updates: int
) -> tuple[Any, Any]:
    transformation = method.transformation()

    def update(carry: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], Any]:
        θ, state = carry
        gradient = jax.grad(lambda θ: loss(network.apply(θ, inputs), targets))(θ)
        step, state = transformation.update(gradient, state, θ)
        θ = jax.tree.map(jnp.add, θ, step)
        return (θ, state), network.apply(θ, inputs)

    (θ, _), outputs = jax.lax.scan(update, (start, transformation.init(start)), length=updates)
    return outputs, θ
