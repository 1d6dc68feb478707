"""Adaptive integration of an autonomous system that keeps every accepted step.

By the pair of Tsitouras (2011), of orders five and four. Diffrax has it too, but is as long in loading as JAX, and a
whole `diffeqsolve` takes four times as long to trace and compile.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

# Error control of a method of fifth order: aim below the tolerance, change the step by bounded factors.
_SAFETY, _LEAST, _MOST, _EXPONENT = 0.9, 0.2, 5.0, -1 / 5

# Row by row, what each stage starts from; the last stage is the first one of the next step, its row the solution.
_STAGES = np.zeros((7, 7))
_STAGES[1, :1] = [0.161]
_STAGES[2, :2] = [-0.008480655492356988544, 0.3354806554923569885]
_STAGES[3, :3] = [2.897153057105493432, -6.359448489975074843, 4.362295432869581411]
_STAGES[4, :4] = [5.325864828439256604, -11.74888356406282788, 7.495539342889836208, -0.09249506636175524926]
_STAGES[5, :5] = [
    5.861455442946420029, -12.92096931784710929, 8.159367898576158643, -0.07158497328140099722, -0.02826905039406838291,
]  # fmt: skip
_STAGES[6, :6] = [
    0.09646076681806522952, 0.01, 0.4798896504144995748, 1.379008574103741893, -3.290069515436080680,
    2.324710524099773982,
]  # fmt: skip
_FOURTH_ORDER = np.array([
    0.09468075576583945807, 0.009183565540343253097, 0.4877705284247615708, 1.234297566930478986,
    -2.707712349983525455, 1.866628418170587036, 1 / 66,
])  # fmt: skip
_ERROR = _STAGES[6] - _FOURTH_ORDER


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
    """Integrate y' = rate(y) from t = 0 until `stops(y)` holds after a step.

    Gives up at t ≥ `longest`, after `max_steps` accepted or twice as many tried steps, or when the step shrinks below
    1e-10. The error of each step, relative to the scale of each component, is kept below `tolerance` in the root mean
    square, and so is its `defect`: what the states before and after it show to be wrong, as a broken conservation law
    does where the stages of a step have passed over something narrow.
    """
    records = jnp.broadcast_to(jnp.append(start, 0.0), (max_steps + 1, start.shape[0] + 1))  # the time behind the state

    def unfinished(carry: tuple) -> Array:
        t, h, y, _, accepted, tried, _ = carry
        return ~stops(y) & (t < longest) & (accepted < max_steps) & (tried < 2 * max_steps) & (h > 1e-10)

    def attempt(carry: tuple) -> tuple:
        t, h, y, slope, accepted, tried, records = carry
        moved, error, last_slope = _step(rate, y, slope, (t + h) - t)  # as far as t moves, rounded
        size = jnp.sqrt(jnp.mean((error / (tolerance * jnp.maximum(scale(y), scale(moved)))) ** 2))
        size = jnp.maximum(size, defect(y, moved) / tolerance)
        good = size <= 1
        factor = jnp.clip(_SAFETY * jnp.maximum(size, 1e-12) ** _EXPONENT, _LEAST, _MOST)
        factor = jnp.where(jnp.isfinite(size), factor, _LEAST)
        index = accepted + good
        t, y = jnp.where(good, t + h, t), jnp.where(good, moved, y)
        slope = jnp.where(good, last_slope, slope)
        return t, h * factor, y, slope, index, tried + 1, records.at[index].set(jnp.append(y, t))

    zero = jnp.zeros((), dtype=int)
    carry = (jnp.zeros(()), jnp.asarray(0.01), start, rate(start), zero, zero, records)
    t, h, y, _, count, tried, records = jax.lax.while_loop(unfinished, attempt, carry)
    recorded = np.arange(max_steps + 1)[:, None] <= count
    records = jnp.where(recorded, records, jnp.append(y, t))
    return RecordedSteps(records[:, -1], records[:, :-1], count, stops(y), (h <= 1e-10) | (tried >= 2 * max_steps))


def _step(rate: Callable[[Array], Array], y: Array, slope: Array, h: Array) -> tuple[Array, Array, Array]:
    """The state after h, its error, and the slope there, from the slope at the start."""
    stages, rows = len(_STAGES), jnp.asarray(_STAGES)

    def stage(i: Array, carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        moves, _, _ = carry
        at = y + rows[i] @ moves
        slope = rate(at)
        return moves.at[i].set(h * slope), at, slope

    moves = jnp.zeros((stages, *y.shape)).at[0].set(h * slope)
    moves, moved, slope = jax.lax.fori_loop(1, stages, stage, (moves, y, slope))
    return moved, _ERROR @ moves, slope
