"""What every expansion history must do, at times between 1 and 2."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from families import concrete_classes, members

from cosmograd import cosmology
from cosmograd.cosmology import AbstractExpansion

every_expansion = pytest.mark.parametrize("expansion", members(cosmology))
TIMES = np.linspace(1.0, 2.0, 5)


def test_the_family_is_found():
    assert len(concrete_classes(cosmology)) >= 3
    assert all(issubclass(item, AbstractExpansion) for item in concrete_classes(cosmology))


@every_expansion
def test_hubble_rate_is_the_growth_of_the_scale_factor(expansion):
    """H = ȧ/a by a fourth-order difference quotient, whose error here is below 1e-10."""
    h = 1e-3
    for t in TIMES:
        a = [float(expansion.scale_factor(t + c * h)) for c in (1, -1, 2, -2)]
        growth = (8 * (a[0] - a[1]) - (a[2] - a[3])) / (12 * h)
        expected = pytest.approx(growth / float(expansion.scale_factor(t)), rel=1e-9, abs=1e-10)
        assert float(expansion.hubble_rate(t)) == expected


@every_expansion
def test_scale_factor_is_positive_and_the_exponential_of_the_e_folds(expansion):
    for t in TIMES:
        assert expansion.scale_factor(t) > 0
        assert expansion.scale_factor(t) == pytest.approx(float(jnp.exp(expansion.log_scale_factor(t))), rel=1e-14)


@every_expansion
def test_e_folds_are_the_integral_of_the_hubble_rate(expansion):
    """Gauss–Legendre with 12 nodes, exact to rounding on these smooth histories."""
    nodes, weights = np.polynomial.legendre.leggauss(12)
    H = jax.vmap(expansion.hubble_rate)(jnp.asarray(1.5 + nodes / 2))
    e_folds = expansion.log_scale_factor(2.0) - expansion.log_scale_factor(1.0)
    assert float(weights @ H / 2) == pytest.approx(float(e_folds), rel=1e-12)


@every_expansion
def test_compiles_and_batches(expansion):
    batched = jax.jit(jax.vmap(expansion.hubble_rate))(jnp.asarray(TIMES))
    np.testing.assert_allclose(batched, [expansion.hubble_rate(t) for t in TIMES], rtol=1e-14)
