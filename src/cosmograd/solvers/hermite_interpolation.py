r"""Hermite interpolation: the polynomial that takes given values and derivatives at both ends of an interval."""

import math
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def _end_weights(derivatives: int) -> np.ndarray:
    r"""Coefficients of the basis at the left end, in powers of the fraction u of the interval.

    Row j is the polynomial of degree 2m − 1 (m: number of given derivatives, the value included) whose j-th derivative
    at u = 0 is one, all others at 0 and 1 zero: $\frac{u^j}{j!}(1-u)^m\sum_{i<m-j}\binom{m-1+i}{i}u^i$.
    """
    m = derivatives
    rows = np.zeros((m, 2 * m))
    falling = np.polynomial.polynomial.polypow([1.0, -1.0], m)
    for j in range(m):
        series = [float(math.comb(m - 1 + i, i)) for i in range(m - j)]
        product = np.polynomial.polynomial.polymul(falling, series) / math.factorial(j)
        rows[j, j : j + len(product)] = product
    return rows


def hermite(
    fraction: Float[Array, "*points"],
    width: Float[Array, "*points"],
    left: Sequence[Float[Array, "*points columns"]],
    right: Sequence[Float[Array, "*points columns"]],
) -> Float[Array, "*points columns"]:
    r"""Value at `fraction` ∈ [0, 1] of intervals of the given `width`.

    left, right: value, first derivative, … at the two ends, the same number m at both. For a smooth function the error
    is $h^{2m}\max|f^{(2m)}|/(4^m(2m)!)$.
    """
    weights = _end_weights(len(left))
    total = jnp.zeros_like(left[0])
    for j, (at_left, at_right) in enumerate(zip(left, right, strict=True)):
        scale = width**j
        from_left = scale * _polynomial(weights[j], fraction)
        from_right = (-1) ** j * scale * _polynomial(weights[j], 1 - fraction)
        total = total + from_left[..., None] * at_left + from_right[..., None] * at_right
    return total


def _polynomial(coefficients: np.ndarray, u: Array) -> Array:
    result = jnp.zeros_like(u)
    for coefficient in coefficients[::-1]:
        result = result * u + coefficient
    return result


def hermite_coefficients(
    width: Float[Array, " cells"],
    left: Sequence[Float[Array, "cells columns"]],
    right: Sequence[Float[Array, "cells columns"]],
) -> Float[Array, "cells columns powers"]:
    """The same polynomials by their coefficients, in powers of the fraction of the interval: cheap to look up often."""
    from_left = _end_weights(len(left))
    powers = from_left.shape[1]
    mirror = np.array([[math.comb(p, k) * (-1) ** k for k in range(powers)] for p in range(powers)])  # (1 − u)^p
    total = jnp.zeros((*left[0].shape, powers))
    for j, (at_left, at_right) in enumerate(zip(left, right, strict=True)):
        scale = (width**j)[:, None, None]
        rows = jnp.asarray(from_left[j]), jnp.asarray((-1) ** j * from_left[j] @ mirror)
        total = total + scale * (at_left[..., None] * rows[0] + at_right[..., None] * rows[1])
    return total
