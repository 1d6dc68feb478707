"""Linear two-term recursions d_{n+1} = a d_n − b d_{n−1}."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Complex, Float


def recursion_roots(
    a: Float[ArrayLike, "*#shape"], b: Float[ArrayLike, "*#shape"]
) -> tuple[Complex[Array, "*#shape"], Complex[Array, "*#shape"]]:
    r"""Roots of $r^2 - a r + b = 0$, the larger in modulus first.

    The smaller one is $b / r_+$, which keeps its digits where the difference would cancel.
    """
    a, b = jnp.asarray(a, dtype=float), jnp.asarray(b, dtype=float)
    discriminant = jnp.sqrt((a * a - 4 * b).astype(complex))
    sign = jnp.where(a < 0, -1.0, 1.0)
    larger = (a + sign * discriminant) / 2
    safe = jnp.where(larger == 0, 1.0, larger)
    smaller = jnp.where(larger == 0, 0.0, b / safe)
    return larger, smaller
