"""Interpolation: exact for polynomials, of the stated order for the rest."""

import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.solvers import PiecewisePolynomial, hermite


@pytest.mark.parametrize("derivatives", [1, 2, 3, 4])
def test_hermite_is_exact_up_to_its_degree(derivatives):
    polynomial = np.polynomial.Polynomial([0.3, -1.2, 0.7, 0.5, -0.4, 0.2, -0.1, 0.05][: 2 * derivatives])
    left, right = 0.4, 1.7
    ends = [
        [jnp.array([polynomial.deriv(j)(x) if j else polynomial(x)]) for j in range(derivatives)] for x in (left, right)
    ]
    for u in (0.0, 0.3, 0.9, 1.0):
        value = hermite(jnp.array(u), jnp.array(right - left), *ends)[0]
        assert float(value) == pytest.approx(polynomial(left + u * (right - left)), rel=1e-13)


def test_hermite_keeps_its_error_bound():
    h = 0.5
    ends = [[jnp.array([np.sin(x + j * np.pi / 2)]) for j in range(3)] for x in (1.0, 1.0 + h)]
    errors = [float(hermite(jnp.array(u), jnp.array(h), *ends)[0]) - np.sin(1 + u * h) for u in np.linspace(0, 1, 21)]
    assert np.abs(errors).max() <= h**6 / (4**3 * 720)


def test_piecewise_polynomials_are_exact_for_quintics_and_of_sixth_order():
    quintic = np.polynomial.Polynomial([1.0, -2.0, 0.3, 0.1, -0.05, 0.02])
    grid, points = np.linspace(0, 4, 9), np.linspace(0, 4, 57)
    through = PiecewisePolynomial.through(jnp.asarray(quintic(grid))[:, None], jnp.array(0.5))
    np.testing.assert_allclose(through(jnp.asarray(points))[:, 0], quintic(points), rtol=0, atol=1e-12)
    errors = []
    for cells in (16, 32):
        x = np.linspace(0, 4, cells + 1)
        inner = np.linspace(1, 3, 301)
        polynomial = PiecewisePolynomial.through(jnp.asarray(np.sin(2 * x))[:, None], jnp.array(4 / cells))
        errors.append(np.abs(polynomial(jnp.asarray(inner))[:, 0] - np.sin(2 * inner)).max())
        assert errors[-1] <= 0.005 * (4 / cells) ** 6 * 2**6
    assert np.log2(errors[0] / errors[1]) == pytest.approx(6, abs=0.3)
