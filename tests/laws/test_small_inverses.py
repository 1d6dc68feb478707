"""Inverses of many small matrices: against LAPACK, where pivots are needed, and under differentiation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.solvers import small_inverses


@pytest.mark.parametrize("size", [1, 3, 9, 15])
def test_against_lapack(size):
    matrices = np.random.default_rng(20261127).normal(size=(200, size, size))
    matrices[0] = np.eye(size)[::-1]  # zeros where pivots would be
    found, exact = np.asarray(small_inverses(jnp.asarray(matrices))), np.linalg.inv(matrices)
    scale = np.linalg.cond(matrices)[:, None, None] * np.abs(exact).max(axis=(1, 2), keepdims=True)
    assert (np.abs(found - exact) <= 1e-14 * scale).all()


def test_derivatives_both_ways():
    """d(A⁻¹) = −A⁻¹ dA A⁻¹."""
    A, dA = jax.random.normal(jax.random.key(3), (2, 5, 4, 4))
    inverse = jnp.linalg.inv(A)
    change = jax.jvp(small_inverses, (A,), (dA,))[1]
    np.testing.assert_allclose(change, -inverse @ dA @ inverse, rtol=1e-8, atol=1e-8)
    back = jax.vjp(small_inverses, A)[1](dA)[0]
    transposed = jnp.swapaxes(inverse, 1, 2)
    np.testing.assert_allclose(back, -transposed @ dA @ transposed, rtol=1e-8, atol=1e-8)
