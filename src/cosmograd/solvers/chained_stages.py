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

Rate = Callable[[State, Int[Array, ""], Int[Array, ""]], State]
Width = Callable[[Int[Array, ""]], Array]


def stage_chain(rate: Rate, width: Width, start: State, steps: int) -> tuple[State, State]:
    """The state after all steps, and after each step along a new leading axis.

    rate(state, step, node): derivative at node 0, 1 or 2, the start, middle or end of the step; width(step): its width,
    broadcast against every leaf. One stage per iteration of a loop: a whole step in one would be compiled with its
    stages nested in each other.
    """
    number, step = np.tile(np.arange(4), steps), np.repeat(np.arange(steps), 4)

    def advance(carry: tuple[State, State, State], at: tuple) -> tuple[tuple[State, State, State], State]:
        carry = _stage(rate, width, carry, *at)
        return carry, carry[0]

    stages = (step, *(np.take(values, number) for values in (_NODES, _FROM_PREVIOUS, _WEIGHTS)), number == 3)
    rest = jax.tree.map(jnp.zeros_like, start)
    (state, _, _), after = jax.lax.scan(advance, (start, rest, start), tuple(map(jnp.asarray, stages)))
    return state, jax.tree.map(lambda y: y[3::4], after)


def end_of_stage_chain(rate: Rate, width: Width, start: State, steps: int | Int[Array | np.ndarray, ""]) -> State:
    """The state after all steps, whose number may be traced; then only derivatives forwards are to be had."""
    tables = tuple(jnp.asarray(values) for values in (_NODES, _FROM_PREVIOUS, _WEIGHTS))

    def advance(i: Array, carry: tuple[State, State, State]) -> tuple[State, State, State]:
        number = i % 4
        node, from_previous, weight = (values[number] for values in tables)
        return _stage(rate, width, carry, i // 4, node, from_previous, weight, number == 3)

    rest = jax.tree.map(jnp.zeros_like, start)
    return jax.lax.fori_loop(0, 4 * steps, advance, (start, rest, start))[0]


def _stage(
    rate: Rate,
    width: Width,
    carry: tuple[State, State, State],
    step: Array,
    node: Array,
    from_previous: Array,
    weight: Array,
    last: Array,
) -> tuple[State, State, State]:
    """The state before the step, the last slope, and what of the state after it is summed up so far."""
    state, slope, following = carry
    h = width(step)
    slope = rate(jax.tree.map(lambda y, k: y + from_previous * h * k, state, slope), step, node)
    following = jax.tree.map(lambda y, k: y + weight * h * k, following, slope)
    state = jax.tree.map(lambda new, old: jnp.where(last, new, old), following, state)
    return state, slope, following
