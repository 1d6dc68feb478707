"""Laws of the damped oscillators that modes are: exact schemes, the dictionary, Nesterov's own friction."""

import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.duality import (
    dual_universe,
    mass_over_hubble_squared,
    mass_squared,
    mode_oscillators,
    universe_of_training,
)
from cosmograd.learning.optimisers import GradientDescent, HeavyBall, Nesterov


def _modes_by_update(optimiser, λ, updates):
    transformation = optimiser.transformation()
    x = jnp.array(1.0)
    state, path = transformation.init(x), [1.0]
    for _ in range(updates):
        step, state = transformation.update(λ * x, state, x)
        x = x + step
        path.append(float(x))
    return np.array(path)


@pytest.mark.parametrize("method", [HeavyBall, Nesterov])
@pytest.mark.parametrize("ηλ", [1e-3, 0.05, 0.4])
def test_leapfrog_reading_is_the_optimiser(method, ηλ):
    """Central differences of the run obey x'' + Γx' + m²x = 0 with the mode's own Γ and m², exactly."""
    optimiser = method(0.1, 0.7)
    friction, mass = mode_oscillators(ηλ / 0.1, optimiser)
    x = _modes_by_update(optimiser, ηλ / 0.1, 40)
    residual = x[2:] - 2 * x[1:-1] + x[:-2] + friction * (x[2:] - x[:-2]) / 2 + mass * x[1:-1]
    assert np.abs(residual).max() < 1e-14


@pytest.mark.parametrize("method", [HeavyBall, Nesterov])
@pytest.mark.parametrize("ηλ", [1e-4, 0.02, 0.4, 0.9])
def test_stroboscopic_reading_passes_through_every_update(method, ηλ):
    """The exact solution of x'' + Γx' + m²x = 0 through two updates passes through all others."""
    optimiser = method(0.1, 0.7)
    friction, mass = mode_oscillators(ηλ / 0.1, optimiser, scheme="stroboscopic")
    x = _modes_by_update(optimiser, ηλ / 0.1, 60)
    root = np.sqrt(complex(friction**2 / 4 - mass))
    rates = np.exp(-friction / 2 + np.array([root, -root]))
    weights = np.linalg.solve(np.stack([[1, 1], rates]), x[:2])
    path = (weights * rates ** np.arange(61)[:, None]).sum(axis=1).real
    np.testing.assert_allclose(path, x, atol=1e-11)


@pytest.mark.parametrize("scheme", ["leapfrog", "stroboscopic"])
def test_heavy_ball_has_the_masses_of_the_dictionary(scheme):
    λ, η, β = np.array([0.0, 1e-3, 0.1, 2.0, 15.0]), 0.1, 0.6
    universe = universe_of_training(HeavyBall(η, β), λ, 40)
    which = ["leapfrog", "stroboscopic"].index(scheme)
    np.testing.assert_allclose(universe.mass_squared[which], mass_squared(λ, η, β, scheme=scheme), rtol=1e-12)
    ratios = mass_over_hubble_squared(λ, η, β, scheme)
    np.testing.assert_allclose(universe.mass_over_hubble_squared[which], ratios, rtol=1e-12)
    np.testing.assert_allclose(universe.hubble_rate[which, 0], dual_universe(η, β, scheme=scheme).hubble_rate)


def test_light_modes_of_nesterov_see_the_hubble_rate_and_stiff_ones_more():
    light, stiff = (mode_oscillators(ηλ / 0.1, Nesterov(0.1, 0.8)) for ηλ in (1e-9, 0.5))
    assert light.friction == pytest.approx(3 * 2 / 3 * 0.2 / 1.8, rel=1e-7)
    assert stiff.friction > 3 * light.friction


def test_gradient_descent_has_the_friction_two_per_update():
    friction, mass = mode_oscillators(np.array([0.1, 3.0]), GradientDescent(0.2))
    np.testing.assert_allclose(friction, 2.0)
    np.testing.assert_allclose(mass, 2 * 0.2 * np.array([0.1, 3.0]))


def test_constants_of_a_schedule_belong_to_the_middle_of_the_run():
    rates = 0.1 * np.exp(-np.linspace(0, 1, 101))
    universe = universe_of_training(HeavyBall(rates, 0.8), np.array([1.0]), 101)
    assert universe.reference_update == 50
    assert universe.learning_rate == pytest.approx(rates[50])
    fixed = dual_universe(rates[50], 0.8)
    # δ falls by e^{−1/200} per update, which takes that much off the friction 3Hδ.
    assert universe.time_step[0, 0] == pytest.approx(fixed.time_step, rel=1e-12)
    assert 3 * universe.e_folds_per_update[0] == pytest.approx(3 * fixed.e_folds_per_update - 1 / 200, rel=1e-9)


@pytest.mark.parametrize("method", [HeavyBall, Nesterov])
def test_light_modes_feel_the_hubble_rate_of_a_schedule(method):
    """Their friction is 3Hδ − Δ ln δ, whatever the optimiser and wherever in the run."""
    n = np.arange(61)
    rates, momenta = 0.1 * np.exp(-0.02 * n), n / (n + 3.0)
    for run in (20, 40, 60):
        optimiser = method(rates, momenta)
        universe = universe_of_training(optimiser, np.array([1e-9]), run)
        friction, _ = mode_oscillators(1e-9, optimiser, universe.reference_update)
        step = universe.expansions[0].time_step
        change = np.gradient(np.log(step))[universe.reference_update]
        assert 3 * universe.e_folds_per_update[0] - change == pytest.approx(float(friction), rel=1e-7)
