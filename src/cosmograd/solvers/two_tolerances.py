"""An ordinary differential equation solved twice, so that the difference tells the error."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

MAX_STEPS = 65536
LEAST_STEP = 1e-18
"""Of the whole range: whoever needs a shorter step does not find a finite derivative. What rounding leaves before a
point where a step must end is longer."""


class TwoSolutions(NamedTuple):
    """States at the times, with a tolerance far below the accuracy and with one ten times larger; and how it went."""

    fine: PyTree[Float[Array, "times ..."]]
    coarse: PyTree[Float[Array, "times ..."]]
    out_of_steps: Bool[Array, ""]
    successful: Bool[Array, ""]


def solve_at_two_tolerances(
    rate: Callable[[Any, Any, None], Any], start: PyTree, times: Float[Array, " times"], accuracy: float | Array
) -> TwoSolutions:
    """y' = rate(t, y, None) from the first of the times, by Dormand and Prince's eighth-order method.

    The larger tolerance is a 300th of the accuracy: errors of many steps add up.
    """
    import diffrax  # here, since it is as long in loading as JAX

    def solve(tolerance: Array) -> tuple[PyTree, Array, Array]:
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(rate),
            diffrax.Dopri8(),
            times[0],
            times[-1],
            None,
            start,
            saveat=diffrax.SaveAt(ts=times),
            stepsize_controller=diffrax.PIDController(
                rtol=tolerance, atol=tolerance * 1e-2, dtmin=LEAST_STEP * (times[-1] - times[0]), force_dtmin=False
            ),
            max_steps=MAX_STEPS,
            throw=False,
        )
        assert solution.ys is not None
        full = solution.result == diffrax.RESULTS.max_steps_reached
        return solution.ys, full, solution.result == diffrax.RESULTS.successful

    states, full, successful = jax.vmap(solve)(jnp.array([accuracy / 3000, accuracy / 300]))
    fine, coarse = (jax.tree.map(lambda y, i=i: y[i], states) for i in (0, 1))
    return TwoSolutions(fine, coarse, full.any(), successful.all())
