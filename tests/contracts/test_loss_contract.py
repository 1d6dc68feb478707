"""What every loss must do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from families import concrete_classes, members

from cosmograd.learning import losses

OUTPUTS_KEY, TARGETS_KEY = jax.random.split(jax.random.key(8))
OUTPUTS, TARGETS = jax.random.normal(OUTPUTS_KEY, (5, 3)), jax.random.normal(TARGETS_KEY, (5, 3))
every_loss = pytest.mark.parametrize("loss", members(losses))


def test_the_family_is_found():
    assert concrete_classes(losses)


@every_loss
def test_vanishes_on_the_targets_and_is_positive_elsewhere(loss):
    assert loss(TARGETS, TARGETS) == 0
    assert loss(OUTPUTS, TARGETS) > 0


@every_loss
def test_gradient_is_the_force(loss):
    """∂L/∂f = ℓ'(f − y)/N: the force of the effective theory."""
    gradient = jax.grad(loss)(OUTPUTS, TARGETS)
    np.testing.assert_allclose(gradient, loss.force(OUTPUTS - TARGETS) / loss.divisor(5), rtol=1e-13)


@every_loss
def test_hessian_is_the_curvature_over_the_divisor(loss):
    hessian = jax.hessian(loss)(OUTPUTS, TARGETS).reshape(15, 15)
    np.testing.assert_allclose(
        hessian, np.diag(np.ravel(loss.curvature(OUTPUTS - TARGETS))) / loss.divisor(5), rtol=1e-12, atol=1e-14
    )


@every_loss
def test_is_the_squared_loss_near_the_targets(loss):
    """One mass matrix for all of them: the dictionary's."""
    small = 1e-5 * (OUTPUTS - TARGETS)
    np.testing.assert_allclose(loss.density(small), 0.5 * small**2, rtol=1e-8)
    np.testing.assert_allclose(loss.force(small), small, rtol=1e-8)
    assert (loss.curvature(jnp.zeros(3)) == 1).all()
    assert isinstance(loss, losses.SquaredLoss) == bool((loss.curvature(OUTPUTS) == 1).all())


@every_loss
def test_takes_numpy_arrays(loss):
    deviations = np.asarray(OUTPUTS - TARGETS)
    for formula in (loss.density, loss.force, loss.curvature):
        np.testing.assert_allclose(formula(deviations), formula(OUTPUTS - TARGETS), rtol=1e-15)


@every_loss
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_keeps_the_precision(loss, dtype):
    assert loss(OUTPUTS.astype(dtype), TARGETS.astype(dtype)).dtype == dtype


@every_loss
def test_order_of_points_and_outputs_is_without_effect(loss):
    expected = pytest.approx(float(loss(OUTPUTS, TARGETS)), rel=1e-14)
    assert float(loss(OUTPUTS[::-1], TARGETS[::-1])) == expected
    assert float(loss(OUTPUTS[:, ::-1], TARGETS[:, ::-1])) == expected
    assert jnp.isfinite(loss(OUTPUTS, TARGETS))
