"""Two-term recursions: their roots solve them, keep their digits, and come in the promised order."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

from cosmograd.solvers import recursion_roots

roots_of = jax.jit(recursion_roots)
ε = np.finfo(float).eps
coefficients = st.floats(-4.0, 4.0).filter(lambda x: x == 0 or abs(x) > 1e-100)


@given(a=coefficients, b=coefficients)
def test_roots_have_the_right_sum_and_product(a, b):
    larger, smaller = (complex(root) for root in roots_of(a, b))
    assert abs(larger) >= abs(smaller) * (1 - 4 * ε)
    assert abs(larger + smaller - a) <= 8 * ε * abs(larger)
    assert abs(larger * smaller - b) <= 8 * ε * abs(b)


@pytest.mark.parametrize("small", [1e-3, 1e-9, 1e-15, 1e-200])
def test_small_root_keeps_its_digits(small):
    """(r − 1)(r − s) = 0 with s far below the rounding of 1."""
    larger, smaller = recursion_roots(1.0 + small, small)
    assert complex(larger) == pytest.approx(1.0, rel=4 * ε)
    assert complex(smaller) == pytest.approx(small, rel=4 * ε)


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.0), (2.0, 1.0), (-2.0, 1.0), (0.0, 1.0), (0.0, -1.0)])
def test_special_points(a, b):
    """No root, double roots ±1, ±i and ±1: the roots of the monic polynomial itself."""
    roots = sorted(map(complex, recursion_roots(a, b)), key=lambda r: (r.real, r.imag))
    expected = sorted(map(complex, np.roots([1.0, -a, b])), key=lambda r: (r.real, r.imag))
    np.testing.assert_allclose(roots, expected, atol=4 * ε)


def test_roots_generate_the_recursion():
    """d_n = A r₊ⁿ + B r₋ⁿ through two given values is what iterating gives."""
    a, b = 1.5, 0.8
    larger, smaller = (complex(root) for root in recursion_roots(a, b))
    d = [1.0, 0.9]
    for _ in range(60):
        d.append(a * d[-1] - b * d[-2])
    A = (d[1] - smaller * d[0]) / (larger - smaller)
    closed = [A * larger**n + (d[0] - A) * smaller**n for n in range(len(d))]
    np.testing.assert_allclose(closed, d, atol=1e-13)


def test_works_traced_and_elementwise():
    a, b = jnp.array([1.5, -0.3, 2.0]), jnp.array([0.8, 0.9, -1.0])
    batched, compiled = recursion_roots(a, b), jax.jit(recursion_roots)(a, b)
    for index in range(3):
        single = recursion_roots(a[index], b[index])
        for root in range(2):
            assert batched[root].shape == a.shape
            np.testing.assert_allclose(compiled[root][index], single[root], rtol=4 * ε)
            np.testing.assert_allclose(batched[root][index], single[root], rtol=4 * ε)
