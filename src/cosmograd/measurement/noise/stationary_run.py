"""Training by minibatches around a minimum: the modes' amplitudes update by update, once the start is forgotten."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from cosmograd.learning import (
    MemberMapping,
    TrainingPoints,
    batch_gradient,
    batch_keys,
    check_network_fits,
    choose_mapping,
    run_members,
)
from cosmograd.learning.batches import AbstractBatches
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import AbstractNetwork, Parameters
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.measurement.noise.loss_modes import LossModes, gradient_variance
from cosmograd.precision import require_float64

# Updates between two samples of the gradients' variance.
VARIANCE_EVERY = 50


class StationaryRun(NamedTuple):
    """What is recorded of independent runs from one minimum, each with its own batches.

    positions: amplitudes q of the modes at consecutive updates; gradient_variance: σ² of single examples along the
    modes, averaged over samples of the same stretch. NaN or infinite where a run diverged.
    """

    positions: Float[np.ndarray, "members updates modes"]
    gradient_variance: Float[np.ndarray, "members modes"]

    @property
    def diverged(self) -> np.ndarray:
        """Whether each member left all bounds."""
        return np.asarray(~np.isfinite(self.positions).all(axis=(1, 2)))


class _Stretch(NamedTuple):
    """Numbers of updates: before the record, between two samples of σ², and of these samples (all static)."""

    burn_in: int
    updates: int
    samples: int


def record_stationary_run(
    network: AbstractNetwork,
    dataset: Dataset,
    loss: SquaredLoss,
    optimiser: AbstractOptimiser,
    batches: AbstractBatches,
    modes: LossModes,
    key: PRNGKeyArray,
    members: int,
    burn_in: int,
    updates: int,
    variance_every: int = VARIANCE_EVERY,
    mapping: MemberMapping | None = None,
) -> StationaryRun:
    """Train `members` networks by minibatches from `modes.minimum`, and record the modes at every update.

    burn_in: updates that are made before the record begins, several of the slowest mode's `relaxation_updates`.
    variance_every: updates between two samples of the gradients' variance; the record is cut to a multiple of it.
    mapping: how members are treated; by default all at once, which is fastest for small networks. Float64.
    """
    require_float64("the noise of minibatches")
    check_network_fits(network, dataset)
    batches.check_points(len(dataset.inputs))
    for name, value, least in (
        ("members", members, 1), ("burn_in", burn_in, 0), ("variance_every", variance_every, 1),
        ("updates", updates, variance_every),
    ):  # fmt: skip
        if value < least:
            raise ValueError(f"`{name}` must be ≥ {least}, got {value}.")
    mapping = mapping or choose_mapping("vmap", members, members)
    padded = np.minimum(np.arange(-(-members // mapping.multiple) * mapping.multiple), members - 1)
    points = TrainingPoints(jnp.asarray(dataset.inputs), jnp.asarray(dataset.targets))
    minimum = jax.tree.map(lambda leaf: leaf.astype(float), modes.minimum)
    stretch = _Stretch(burn_in, variance_every, updates // variance_every)
    shared = (network, loss, optimiser, batches, points, minimum, jnp.asarray(modes.directions), stretch)
    positions, variances = run_members(_follow, mapping, batch_keys(key, padded), shared)
    return StationaryRun(np.asarray(positions)[:members], np.asarray(variances)[:members])


def _follow(key: PRNGKeyArray, shared: PyTree) -> tuple[Array, Array]:
    network, loss, optimiser, batches, points, minimum, directions, stretch = shared
    transformation, size = optimiser.transformation(), points.inputs.shape[0]
    at_minimum, _ = ravel_pytree(minimum)

    def update(carry: Any, n: Array) -> tuple[Any, None]:
        parameters, state, drawn = carry
        _, gradient, drawn = batch_gradient(network, loss, parameters, points, batches, key, n, drawn)
        step, state = transformation.update(gradient, state, parameters)
        return (jax.tree.map(jnp.add, parameters, step), state, drawn), None

    def recorded(carry: Any, n: Array) -> tuple[Any, Array]:
        carry, _ = update(carry, n)
        return carry, directions @ (ravel_pytree(carry[0])[0] - at_minimum)

    def part(carry: Any, first: Array) -> tuple[Any, tuple[Array, Array]]:
        carry, positions = jax.lax.scan(recorded, carry, first + jnp.arange(stretch.updates))
        return carry, (positions, gradient_variance(network, loss, carry[0], points, directions))

    start: tuple[Parameters, Any, PyTree] = (minimum, transformation.init(minimum), batches.begin(key, 0, size))
    carry, _ = jax.lax.scan(update, start, jnp.arange(stretch.burn_in))
    firsts = stretch.burn_in + stretch.updates * jnp.arange(stretch.samples)
    _, (positions, variances) = jax.lax.scan(part, carry, firsts)
    return positions.reshape(-1, positions.shape[-1]), variances.mean(axis=0)
