"""Inflating backgrounds and the spectra they leave, against independent integrations and exact solutions."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.optimize

from cosmograd.cosmology.background import InflationSettings, Model, Outcome, attractor_velocity, inflate
from cosmograd.cosmology.field_space import FlatFieldSpace
from cosmograd.cosmology.perturbations import CrossingSettings, crossing_power
from cosmograd.cosmology.potentials import QuadraticPotential, StarobinskyPotential

SETTINGS = InflationSettings(tolerance=1e-11, grid_points=2049, max_steps=2048)
MODES = CrossingSettings(start=20.0, stop=0.003, longest_step=0.05, phase_step=0.6)
CASES = {"quadratic": (QuadraticPotential(6e-6), 17.0), "starobinsky": (StarobinskyPotential(1.2e-10), 5.6)}
WAVENUMBERS = np.logspace(-2, 2, 5)  # in units of the pivot, k = aH 55 e-folds before the end


def model_of(potential):
    return Model(potential, FlatFieldSpace(), jnp.zeros(()))


@eqx.filter_jit
def history_and_power(potential, field, velocity, kind):
    history = inflate(model_of(potential), field[None], velocity[None], SETTINGS)
    pivot = history.e_folds_total - 55
    log_k = jnp.log(WAVENUMBERS) + pivot + history.phase(pivot).log_hubble
    return history, log_k, crossing_power(history, log_k, kind, MODES)


@pytest.fixture(scope="module", params=sorted(CASES))
def case(request):
    potential, field = CASES[request.param]
    velocity = attractor_velocity(model_of(potential), jnp.array([field]))[0]
    return potential, field, velocity, *history_and_power(potential, jnp.array(field), velocity, "curvature")


def equations_in_e_folds(potential):
    """Friedmann and Klein-Gordon, from V and V′ alone."""
    V = jax.jit(lambda φ: potential(φ[None]))
    dV = jax.jit(jax.grad(lambda φ: potential(φ[None])))

    def rate(n, y):
        φ, v = y
        return [v, -(3 - v**2 / 2) * (v + float(dV(φ)) / float(V(φ)))]

    return rate, V


def test_number_of_e_folds(case):
    potential, field, velocity, history, _, _ = case
    rate, _ = equations_in_e_folds(potential)

    def end(n, y):
        return y[1] ** 2 / 2 - 1

    end.terminal = True
    reference = scipy.integrate.solve_ivp(
        rate, (0, 200), [field, float(velocity)], method="DOP853", rtol=1e-13, atol=1e-14, events=end
    )
    assert int(history.outcome) == Outcome.ENDED
    assert float(history.e_folds_total) == pytest.approx(reference.t_events[0][0], rel=1e-9)
    assert history.friedmann_violation < 1e-10


def test_power_of_the_curvature(case):
    """Against the oscillating mode equation itself, integrated in N by another program from deeper in the horizon."""
    potential, field, velocity, _, log_k, result = case
    rate, V = equations_in_e_folds(potential)
    dense = scipy.integrate.solve_ivp(
        rate, (0, 70), [field, float(velocity)], method="DOP853", rtol=1e-12, atol=1e-13, dense_output=True
    ).sol

    def coefficients(n):
        φ, v = dense(n)
        dv = rate(n, (φ, v))[1]
        ε, η = v**2 / 2, 2 * dv / v
        return ε, η, n + np.log(float(V(φ)) / (3 - ε)) / 2

    for index in (0, 3):
        k_log = float(log_k[index])
        start = scipy.optimize.brentq(lambda n, k=k_log: k - coefficients(n)[2] - np.log(400), 0, 60)
        ε, η, log_aH = coefficients(start)
        # first-order vacuum at k = 400 aH: corrections are of order ε/x² = 1e-8
        z = np.exp(start) * np.sqrt(2 * ε)
        U = (1 + η / 2) * (2 - ε + η / 2)
        size, x = np.sqrt((1 + U / (2 * 400**2)) / 2) / z, np.exp(k_log - log_aH)
        first = [size, 0.0, -size * (1 + η / 2), -size * x / (1 + U / (2 * x**2))]

        def mode(n, y, k_log=k_log):
            ε, η, log_aH = coefficients(n)
            R, dR = y[:2], y[2:]
            return np.concatenate([dR, -(3 - ε + η) * dR - np.exp(2 * (k_log - log_aH)) * R])

        end = scipy.integrate.solve_ivp(mode, (start, start + 17), first, method="DOP853", rtol=1e-9, atol=1e-25).y
        expected = np.exp(2 * k_log) * (end[0, -1] ** 2 + end[1, -1] ** 2) / (2 * np.pi**2)
        assert float(result.power[index]) == pytest.approx(expected, rel=3e-7)
    assert result.inside.all()


def test_slow_roll_limit(case):
    """H²/8π²ε at crossing, and r = 16ε, up to the next order in slow roll."""
    potential, field, velocity, history, log_k, scalar = case
    _, _, tensor = history_and_power(potential, jnp.array(field), velocity, "tensor")
    n = jnp.interp(log_k, history.e_folds + history.table[0][:, 2], history.e_folds)
    phase = history.phase(n)
    ε = phase.velocity[:, 0] ** 2 / 2
    np.testing.assert_allclose(scalar.power, jnp.exp(2 * phase.log_hubble) / (8 * jnp.pi**2 * ε), rtol=0.05)
    np.testing.assert_allclose(tensor.power / scalar.power, 16 * ε, rtol=0.06)


def test_derivatives_agree_both_ways_and_with_differences():
    """Along one direction in (mass, field), for one weighting of e-folds, amplitude and tilt."""

    def observables(mass, field):
        potential = QuadraticPotential(mass)
        velocity = attractor_velocity(model_of(potential), field[None])[0]
        history, _, result = history_and_power(potential, field, velocity, "curvature")
        log_power = jnp.log(result.power)
        return jnp.stack([history.e_folds_total, log_power[2], log_power[4] - log_power[0]])

    point, direction = (jnp.array(6e-6), jnp.array(17.0)), (jnp.array(2e-6), jnp.array(0.7))
    forward = jax.jit(lambda: jax.jvp(observables, point, direction)[1])()
    weights = jnp.array([0.3, 1.1, -0.7])
    backward = jax.jit(lambda: jax.vjp(observables, *point)[1](weights))()
    along = sum(float(g * d) for g, d in zip(backward, direction, strict=True))
    assert along == pytest.approx(float(weights @ forward), rel=1e-9)
    value, h = jax.jit(observables), 1e-3
    up, down = (value(*(p + sign * h * d for p, d in zip(point, direction, strict=True))) for sign in (1, -1))
    np.testing.assert_allclose(forward, (up - down) / (2 * h), rtol=1e-6, atol=1e-8)
