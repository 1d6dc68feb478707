"""Adaptive integration of an autonomous system that keeps every accepted step.

The steps themselves are Diffrax's; only the loop around them is ours, since a whole `diffeqsolve` takes four times as
long to trace and compile and offers more than is needed here.
"""

from collections.abc import Callable
from typing import NamedTuple

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

# Error control of a method of fifth order: aim below the tolerance, change the step by bounded factors.
_SAFETY, _LEAST, _MOST, _EXPONENT = 0.9, 0.2, 5.0, -1 / 5


class RecordedSteps(NamedTuple):
    """Accepted steps, the start included; entries beyond `count` repeat the last one.

    stopped: whether the condition ended the integration; rejected: whether it gave up because steps failed.
    """

    times: Float[Array, " records"]
    states: Float[Array, "records states"]
    count: Int[Array, ""]
    stopped: Bool[Array, ""]
    rejected: Bool[Array, ""]


def adaptive_steps(
    rate: Callable[[Array], Array],
    start: Float[Array, " states"],
    tolerance: float,
    stops: Callable[[Array], Array],
    longest: float,
    max_steps: int,
    scale: Callable[[Array], Array] = lambda y: jnp.abs(y) + 1e-3,
    defect: Callable[[Array, Array], Array] = lambda before, after: jnp.zeros(()),
) -> RecordedSteps:
    """Integrate y' = rate(y) from t = 0 by Tsitouras' 5(4) pair until `stops(y)` holds after a step.

    Gives up at t ≥ `longest`, after `max_steps` accepted or twice as many tried steps, or when the step shrinks below
    1e-10. The error of each step, relative to the scale of each component, is kept below `tolerance` in the root mean
    square, and so is its `defect`: what the states before and after it show to be wrong, as a broken conservation law
    does where the stages of a step have passed over something narrow.
    """
    solver, term = diffrax.Tsit5(), diffrax.ODETerm(lambda t, y, args: rate(y))
    records = jnp.broadcast_to(jnp.append(start, 0.0), (max_steps + 1, start.shape[0] + 1))  # the time behind the state
    memory = solver.init(term, 0.0, 0.01, start, None)

    def unfinished(carry: tuple) -> Array:
        t, h, y, _, accepted, tried, _ = carry
        return ~stops(y) & (t < longest) & (accepted < max_steps) & (tried < 2 * max_steps) & (h > 1e-10)

    def attempt(carry: tuple) -> tuple:
        t, h, y, memory, accepted, tried, records = carry
        moved, error, _, new_memory, _ = solver.step(term, t, t + h, y, None, memory, made_jump=False)
        size = jnp.sqrt(jnp.mean((error / (tolerance * jnp.maximum(scale(y), scale(moved)))) ** 2))
        size = jnp.maximum(size, defect(y, moved) / tolerance)
        good = size <= 1
        factor = jnp.clip(_SAFETY * jnp.maximum(size, 1e-12) ** _EXPONENT, _LEAST, _MOST)
        factor = jnp.where(jnp.isfinite(size), factor, _LEAST)
        index = accepted + good
        t, y = jnp.where(good, t + h, t), jnp.where(good, moved, y)
        memory = jax.tree.map(lambda new, old: jnp.where(good, new, old), new_memory, memory)
        return t, h * factor, y, memory, index, tried + 1, records.at[index].set(jnp.append(y, t))

    zero = jnp.zeros((), dtype=int)
    carry = (jnp.zeros(()), jnp.asarray(0.01), start, memory, zero, zero, records)
    t, h, y, _, count, tried, records = jax.lax.while_loop(unfinished, attempt, carry)
    recorded = np.arange(max_steps + 1)[:, None] <= count
    records = jnp.where(recorded, records, jnp.append(y, t))
    return RecordedSteps(records[:, -1], records[:, :-1], count, stops(y), (h <= 1e-10) | (tried >= 2 * max_steps))
