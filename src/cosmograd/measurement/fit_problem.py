"""What a compiled search is given: data with room for more, filled up with what weighs nothing and changes nothing."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.measurement.paced_recursion import PacedRecursion, hats_of, knots_of_motion
from cosmograd.measurement.recursion_models import AbstractRecursion, Hypothesis
from cosmograd.measurement.rooms import filled_up, room_for_updates


class FitProblem(NamedTuple):
    """model: with room for more modes than there are, and a pace; modes: in units of `scale`; hypothesis: as arrays."""

    model: PacedRecursion
    modes: Float[Array, "members updates modes"]
    weights: Float[Array, " updates"]
    hypothesis: Hypothesis
    scale: float

    def with_room(self, parameters: Float[np.ndarray, "*sets parameters"]) -> Float[Array, "*sets more"]:
        """Parameters, with zeros for those of the modes that are not there, and for the pace, which is even."""
        return jnp.asarray(filled_up(parameters, self.model.parameter_count))


def fit_problem(
    model: AbstractRecursion,
    modes: Float[np.ndarray, "members updates modes"],
    weights: Float[np.ndarray, " updates"] | None,
    hypothesis: Hypothesis,
) -> FitProblem:
    """weights: of the records, one each if left out."""
    updates, count = modes.shape[1:]
    roomy, room = model.with_room(), room_for_updates(updates)
    scale = float(np.sqrt(np.mean(np.square(modes)))) or 1.0
    used = np.ones(updates) if weights is None else weights
    hats = hats_of(knots_of_motion(modes), room)
    return FitProblem(
        PacedRecursion(roomy, jnp.asarray(hats)),
        jnp.asarray(np.pad(modes / scale, ((0, 0), (0, room - updates), (0, roomy.mode_count - count)))),
        jnp.asarray(filled_up(used, room), dtype=float),
        Hypothesis(*(jnp.asarray(float(free)) for free in hypothesis)),
        scale,
    )
