"""Runge-Kutta's classical method as a chain of stages: each starts from the one before, so few arrays are alive."""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PyTree

State = TypeVar("State", bound=PyTree)

# Where each stage starts from the one before, its weight, and its node: start, middle or end of the step.
_FROM_PREVIOUS, _WEIGHTS, _NODES = (0.0, 1 / 2, 1 / 2, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6), (0, 1, 1, 2)


def stage_chain(
    rate: Callable[[State, Int[Array, ""], Int[Array, ""]], State],
    width: Callable[[Int[Array, ""]], Array],
    start: State,
    steps: int,
) -> tuple[State, State]:
    """The state after all steps, and after each step along a new leading axis.

    rate(state, step, node): derivative at node 0, 1 or 2, the start, middle or end of the step; width(step): its width,
    broadcast against every leaf. One stage per iteration of a loop: a whole step in one would be compiled with its
    stages nested in each other.
    """
    number, step = np.tile(np.arange(4), steps), np.repeat(np.arange(steps), 4)

    def advance(carry: tuple[State, State, State], stage: tuple) -> tuple[tuple[State, State, State], State]:
        state, slope, following = carry
        step, node, from_previous, weight, last = stage
        h = width(step)
        slope = rate(jax.tree.map(lambda y, k: y + from_previous * h * k, state, slope), step, node)
        following = jax.tree.map(lambda y, k: y + weight * h * k, following, slope)
        state = jax.tree.map(lambda new, old: jnp.where(last, new, old), following, state)
        return (state, slope, following), state

    stages = (step, *(np.take(values, number) for values in (_NODES, _FROM_PREVIOUS, _WEIGHTS)), number == 3)
    rest = jax.tree.map(jnp.zeros_like, start)
    (state, _, _), after = jax.lax.scan(advance, (start, rest, start), tuple(map(jnp.asarray, stages)))
    return state, jax.tree.map(lambda y: y[3::4], after)
