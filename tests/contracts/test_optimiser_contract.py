"""What every optimiser must do."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from families import concrete_classes, members

from cosmograd.learning import optimisers
from cosmograd.learning.optimisers import AbstractOptimiser

every_optimiser = pytest.mark.parametrize("optimiser", members(optimisers))
without_decay = pytest.mark.parametrize("optimiser", [one for one in members(optimisers) if not one.values[0].decays])
EIGENVALUES = jnp.array([0.0, 1e-3, 0.2, 1.0, 2.5])


def train_modes(optimiser, updates: int = 30) -> np.ndarray:
    """Deviations of a quadratic loss's modes, all 1 at the start."""
    transformation = optimiser.transformation()

    def update(carry, _):
        d, state = carry
        step, state = transformation.update(EIGENVALUES * d, state, d)
        return (d + step, state), d + step

    start = jnp.ones_like(EIGENVALUES)
    _, path = jax.lax.scan(update, (start, transformation.init(start)), length=updates)
    return np.concatenate([start[None], path])


def test_the_family_is_found():
    assert len(concrete_classes(optimisers)) >= 3
    assert all(issubclass(item, AbstractOptimiser) for item in concrete_classes(optimisers))


@every_optimiser
def test_mode_recursion_is_what_training_does(optimiser):
    """d_{n+1} = a_n d_n − b_n d_{n−1} on a quadratic loss, for constant and scheduled settings, n = 1, 2, …"""
    d = train_modes(optimiser)
    for n in range(1, 30):
        a, b = optimiser.mode_recursion(EIGENVALUES, n)
        assert a.shape == b.shape == EIGENVALUES.shape
        np.testing.assert_allclose(a * d[n] - b * d[n - 1], d[n + 1], rtol=1e-12, atol=1e-13)


@without_decay
@pytest.mark.parametrize("update", [1, 2, 3, 9])
def test_continuous_limit_is_met_to_third_order(optimiser, update):
    """With 3Hδ = 2(1−b)/(1+b) and m²δ² = 2(1+b−a)/(1+b), the slow mode decays as in the continuum.

    Both rates are taken per update; leapfrog's error is of third order in the rate, hence in the eigenvalue.
    """
    λ = 0.05 * 0.5 ** np.arange(5)
    _, b_0 = optimiser.mode_recursion(0.0, update)
    λ = λ * float((1 - b_0) ** 2)  # below critical damping
    a, b = map(np.asarray, optimiser.mode_recursion(jnp.asarray(λ), update))
    root = (a + np.sqrt(a**2 - 4 * b)) / 2
    # 1 − r₊ without cancellation: (1 − r)(1 − r₋) = 1 − a + b.
    decay = -np.log1p(-(1 - a + b) / (1 - b / root))
    friction, mass_squared = 2 * (1 - b) / (1 + b), 2 * (1 + b - a) / (1 + b)
    rate = 2 * mass_squared / (friction + np.sqrt(friction**2 - 4 * mass_squared))
    order = np.polyfit(np.log(λ), np.log(np.abs(decay - rate)), 1)[0]
    assert order == pytest.approx(3.0, abs=0.15)


@every_optimiser
def test_modes_without_mass_move_by_decay_alone(optimiser):
    path = train_modes(optimiser)[:, 0]
    assert (np.diff(path) < 0).all() if optimiser.decays else (path == 1.0).all()


@every_optimiser
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_precision_and_structure_of_the_parameters_are_kept(optimiser, dtype):
    parameters = {"a": jnp.ones((2, 3), dtype), "b": (jnp.zeros(4, dtype), jnp.ones((), dtype))}
    transformation = optimiser.transformation()
    state = transformation.init(parameters)
    for _ in range(2):
        before = state
        step, state = jax.jit(transformation.update)(parameters, state, parameters)
        assert jax.tree.structure(step) == jax.tree.structure(parameters)
        assert jax.tree.structure(state) == jax.tree.structure(before)
        for part, like in zip(jax.tree.leaves(step), jax.tree.leaves(parameters), strict=True):
            assert part.dtype == like.dtype
            assert part.shape == like.shape
        for part, like in zip(jax.tree.leaves(state), jax.tree.leaves(before), strict=True):
            assert part.dtype == like.dtype
            assert part.shape == like.shape


@every_optimiser
def test_settings_can_be_traced_and_differentiated(optimiser):
    """The path as a function of the learning rate: a directional derivative against a difference quotient."""

    def last(factor):
        scaled = eqx.tree_at(lambda o: o.learning_rate, optimiser, factor * optimiser.learning_rate)
        transformation = scaled.transformation()
        d = jnp.asarray(1.0)
        state = transformation.init(d)
        for _ in range(4):
            step, state = transformation.update(0.7 * d, state, d)
            d = d + step
        return d

    h = 1e-4
    difference = (8 * (last(1 + h) - last(1 - h)) - (last(1 + 2 * h) - last(1 - 2 * h))) / (12 * h)
    assert jax.grad(last)(1.0) == pytest.approx(float(difference), rel=1e-9)


@every_optimiser
def test_constant_is_said_of_constant_settings_only(optimiser):
    rates = {float(optimiser.learning_rate_at(n)) for n in range(10)}
    momenta = {float(optimiser.momentum_at(n)) for n in range(10)}
    assert optimiser.constant == (len(rates) == len(momenta) == 1)
