"""Directions along and across a trajectory in field space."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.field_space import AbstractFieldSpace


class TrajectoryFrame(NamedTuple):
    r"""metric: $G_{IJ}$; speed: $|\varphi'| = \sqrt{2\epsilon}$; along: unit vector; across: projector $h^I_J$."""

    metric: Float[Array, "fields fields"]
    speed: Float[Array, ""]
    along: Float[Array, " fields"]
    across: Float[Array, "fields fields"]


def trajectory_frame(
    space: AbstractFieldSpace, field: Float[Array, " fields"], velocity: Float[Array, " fields"]
) -> TrajectoryFrame:
    """The frame at a point with a given dφ/dN."""
    metric, speed = space.metric(field), jnp.sqrt(space.speed_squared(field, velocity))
    along = velocity / speed
    return TrajectoryFrame(metric, speed, along, jnp.eye(len(velocity)) - jnp.outer(along, metric @ along))
