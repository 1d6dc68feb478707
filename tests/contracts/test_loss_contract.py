"""What every loss must do."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from families import concrete_classes, members

from cosmograd.learning import losses

OUTPUTS_KEY, TARGETS_KEY = jax.random.split(jax.random.key(8))
OUTPUTS, TARGETS = jax.random.normal(OUTPUTS_KEY, (5, 3)), jax.random.normal(TARGETS_KEY, (5, 3))
PROBABILITIES = jax.nn.softmax(TARGETS, axis=1)
every_loss = pytest.mark.parametrize("loss", members(losses))
of_deviations = pytest.mark.parametrize(
    "loss", [one for one in members(losses) if isinstance(one.values[0], losses.AbstractDeviationLoss)]
)


def targets_of(loss):
    """Targets that the loss takes: any numbers, or probabilities."""
    return TARGETS if isinstance(loss, losses.AbstractDeviationLoss) else PROBABILITIES


def test_the_family_is_found():
    assert len(concrete_classes(losses)) >= 5


@of_deviations
def test_vanishes_on_the_targets_and_is_positive_elsewhere(loss):
    assert loss(TARGETS, TARGETS) == 0
    assert loss(OUTPUTS, TARGETS) > 0


@every_loss
def test_gradient_is_the_force(loss):
    """∂L/∂f is the force over N: the force of the effective theory."""
    y = targets_of(loss)
    gradient = jax.grad(loss)(OUTPUTS, y)
    np.testing.assert_allclose(gradient, loss.forces(OUTPUTS, y) / loss.divisor(5), rtol=1e-13, atol=1e-15)


@every_loss
def test_hessian_is_the_curvature_over_the_divisor(loss):
    y = targets_of(loss)
    hessian = jax.hessian(loss)(OUTPUTS, y)
    expected = np.zeros((5, 3, 5, 3))
    for point, curvature in enumerate(np.asarray(loss.curvatures(OUTPUTS, y))):
        expected[point, :, point] = curvature / loss.divisor(5)
    np.testing.assert_allclose(hessian, expected, rtol=1e-12, atol=1e-14)


@of_deviations
def test_is_the_squared_loss_near_the_targets(loss):
    """One mass matrix for all of them: the dictionary's."""
    small = 1e-5 * (OUTPUTS - TARGETS)
    np.testing.assert_allclose(loss.density(small), 0.5 * small**2, rtol=1e-8)
    np.testing.assert_allclose(loss.force(small), small, rtol=1e-8)
    assert (loss.curvature(jnp.zeros(3)) == 1).all()
    assert isinstance(loss, losses.SquaredLoss) == bool((loss.curvature(OUTPUTS) == 1).all())


@every_loss
def test_takes_numpy_arrays(loss):
    y = targets_of(loss)
    for formula in (loss.of_points, loss.forces, loss.curvatures):
        np.testing.assert_allclose(formula(np.asarray(OUTPUTS), np.asarray(y)), formula(OUTPUTS, y), rtol=1e-14)


@every_loss
def test_many_records_at_once(loss):
    y = targets_of(loss)
    stacked = np.stack([OUTPUTS, 2 * OUTPUTS])
    for formula in (loss.of_points, loss.forces, loss.curvatures):
        np.testing.assert_allclose(formula(stacked, y)[1], formula(2 * OUTPUTS, y), rtol=1e-14)


@every_loss
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_keeps_the_precision(loss, dtype):
    assert loss(OUTPUTS.astype(dtype), targets_of(loss).astype(dtype)).dtype == dtype


@every_loss
def test_order_of_points_and_outputs_is_without_effect(loss):
    y = targets_of(loss)
    expected = pytest.approx(float(loss(OUTPUTS, y)), rel=1e-14)
    assert float(loss(OUTPUTS[::-1], y[::-1])) == expected
    assert float(loss(OUTPUTS[:, ::-1], y[:, ::-1])) == expected
    assert jnp.isfinite(loss(OUTPUTS, y))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (losses.CrossEntropyLoss("sum"), optax.softmax_cross_entropy),
        (losses.LogisticLoss("sum"), lambda f, y: optax.sigmoid_binary_cross_entropy(f, y).sum(axis=1)),
        (losses.HuberLoss("sum", 0.4), lambda f, y: optax.huber_loss(f, y, delta=0.4).sum(axis=1)),
    ],
)
def test_against_optax(ours, theirs):
    np.testing.assert_allclose(
        ours.of_points(OUTPUTS, PROBABILITIES), theirs(OUTPUTS, PROBABILITIES), rtol=1e-13, atol=1e-15
    )
