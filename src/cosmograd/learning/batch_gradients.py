"""Loss and gradient of one update, over all points or over the batch of that update."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int, Key, PRNGKeyArray, PyTree

from cosmograd.learning.batches import AbstractBatches
from cosmograd.learning.losses import AbstractLoss
from cosmograd.learning.networks import AbstractNetwork, Parameters

# The number of a member that no ensemble has: what is folded into the study's key for the batches.
_STREAM_OF_BATCHES = 2**32 - 1


def batch_keys(key: PRNGKeyArray, members: Int[ArrayLike, " members"]) -> Key[Array, " members"]:
    """The key of each member's batches: folded in by its number, independent of the draw of its parameters."""
    stream = jax.random.fold_in(key, _STREAM_OF_BATCHES)
    return jax.vmap(lambda member: jax.random.fold_in(stream, member))(jnp.asarray(members))


class TrainingPoints(NamedTuple):
    """Points with their targets."""

    inputs: Float[Array, "points ..."]
    targets: Float[Array, "points outputs"]


def full_gradient(
    network: AbstractNetwork, loss: AbstractLoss, parameters: Parameters, points: TrainingPoints
) -> tuple[Float[Array, ""], Parameters]:
    """Loss over all points, and its gradient."""
    inputs, targets = points
    return jax.value_and_grad(lambda θ: loss(network.apply(θ, inputs), targets))(parameters)


def batch_gradient(
    network: AbstractNetwork,
    loss: AbstractLoss,
    parameters: Parameters,
    points: TrainingPoints,
    batches: AbstractBatches,
    key: PRNGKeyArray,
    update: ArrayLike,
    drawn: PyTree,
) -> tuple[Float[Array, ""], Parameters, PyTree]:
    r"""Unbiased estimates of loss and gradient from the batch of one update, and what the next draw needs.

    $$\hat L = \frac{N}{\nu}\,\frac1B\sum_{x\in\text{batch}}\ell(f(x)-y(x))$$

    for N points and the loss's divisor ν: the mean over the batch (`mean`), or N/B times the sum over it (`sum`).
    """
    rows, drawn = batches.draw(key, update, points.inputs.shape[0], drawn)
    inputs, targets = points.inputs[rows], points.targets[rows]
    scale = loss.scale_of_batch(batches.size, points.inputs.shape[0])

    def estimate(θ: Parameters) -> Float[Array, ""]:
        return scale * loss(network.apply(θ, inputs), targets)

    value, gradient = jax.value_and_grad(estimate)(parameters)
    return value, gradient, drawn
