"""Where the attractor of slow roll lies."""

import itertools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.background.equations import Model

_ITERATIONS = 3


def attractor_velocity(model: Model, field: Float[Array, " fields"]) -> Float[Array, " fields"]:
    r"""$\mathrm{d}\varphi/\mathrm{d}N$ on the slow-roll attractor.

    Iterates $v_{n+1} = -\nabla V/V - D_v v_n/(3-\epsilon_n)$ from $v_0 = -\nabla V/V$: the slow-roll expansion, order
    by order (Liddle, Parsons & Barrow 1994), to the third. It is asymptotic: the last iterate before the steps grow
    again is taken, so that a start without slow roll falls back to the lowest order.
    """
    space = model.field_space

    def gradient_flow(φ: Array) -> Array:
        energy, gradient = jax.value_and_grad(model.energy)(φ)
        return -space.raise_index(φ, gradient / energy)

    def iterates(φ: Array, count: int) -> list[Array]:
        """The first `count` of them and one more."""
        if count == 0:
            return [gradient_flow(φ)]
        earlier, derivatives = jax.linearize(lambda at: iterates(at, count - 1), φ)
        v = earlier[-1]
        change = derivatives(v)[-1] + space.geodesic_term(φ, v)
        return [*earlier, earlier[0] - change / (3 - space.speed_squared(φ, v) / 2)]

    velocities = iterates(field, _ITERATIONS)
    steps = [space.speed_squared(field, after - before) for before, after in itertools.pairwise(velocities)]
    best, shrinking = velocities[0], jnp.asarray(True)
    for velocity, step, before in zip(velocities[2:], steps[1:], steps[:-1], strict=True):
        shrinking &= step < before  # false from the first NaN on
        best = jnp.where(shrinking, velocity, best)
    return best
