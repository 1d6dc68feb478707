"""Universes that their fields drive: exact solutions, the constraint past the end of inflation, events."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from cosmograd.cosmology.background import (
    ElapsedEFolds,
    EndOfInflation,
    EvolutionOutcome,
    FieldValue,
    HubbleRateValue,
    Model,
    attractor_velocity,
    evolve,
)
from cosmograd.cosmology.potentials import FunctionPotential, QuadraticPotential, StarobinskyPotential

# Potential, start, and N some 2.5 e-folds past the end of inflation.
MODELS = {
    "quadratic": (QuadraticPotential(6e-6), 17.0, 75.3),
    "starobinsky": (StarobinskyPotential(1.2e-10), 5.6, 72.2),
}


def test_kinetic_energy_and_a_cosmological_constant():
    """V = 0: a³ ∝ sinh(√(3Λ) t), H = √(Λ/3) coth(√(3Λ) t), φ̇ = √(2Λ)/sinh(√(3Λ) t)."""
    Λ, t0 = 0.3, 0.2
    rate = np.sqrt(3 * Λ)
    model = Model(FunctionPotential(lambda φ: 0.0 * φ[0]), cosmological_constant=Λ)
    t = np.linspace(0, 8, 50)
    velocity = np.sqrt(2 * Λ) / np.sinh(rate * t0)
    result = evolve(model, jnp.array([0.0]), jnp.array([velocity]), t)
    np.testing.assert_allclose(result.states.hubble_rate, np.sqrt(Λ / 3) / np.tanh(rate * (t + t0)), rtol=1e-10)
    exact = np.log(np.sinh(rate * (t + t0)) / np.sinh(rate * t0)) / 3
    np.testing.assert_allclose(result.states.log_scale_factor, exact, rtol=1e-9, atol=1e-10)
    assert result.friedmann_violation < 1e-10


@pytest.mark.parametrize("name", ["quadratic", pytest.param("starobinsky", marks=pytest.mark.slow)])
def test_constraint_and_clocks_past_the_end_of_inflation(name):
    """Oscillations behave like dust, w = 0 on average; both clocks and an independent program tell the same story."""
    potential, field, last = MODELS[name]
    model = Model(potential)
    φ = jnp.array([field])
    velocity = attractor_velocity(model, φ)
    n = np.append(np.linspace(0, 69, 15), np.linspace(69.5, last, 20))
    by_e_folds = evolve(model, φ, velocity, n, clock="e-folds", accuracy=1e-9)
    assert by_e_folds.outcome == EvolutionOutcome.FINISHED
    assert by_e_folds.friedmann_violation <= 1e-10
    t = np.asarray(by_e_folds.states.time)
    hubble = by_e_folds.states.hubble_rate
    by_time = evolve(model, φ, velocity * hubble[0], t, accuracy=1e-9)
    assert by_time.friedmann_violation <= 1e-10
    np.testing.assert_allclose(by_time.states.log_scale_factor, n, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(by_time.states.field, by_e_folds.states.field, atol=1e-7)

    V, dV = jax.jit(lambda x: potential(x[None])), jax.jit(jax.grad(lambda x: potential(x[None])))
    unit = float(hubble[0])

    def equations(s, y):
        φ, u, _ = y
        H = np.sqrt((u**2 / 2 + float(V(φ)) / unit**2) / 3)
        return [u, -3 * H * u - float(dV(φ)) / unit**2, H]

    start = [field, float(velocity[0]), 0.0]
    end = scipy.integrate.solve_ivp(equations, (0, t[-1] * unit), start, "DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
    assert end[2] == pytest.approx(n[-1], rel=1e-8)
    assert end[0] == pytest.approx(float(by_time.states.field[-1, 0]), abs=1e-6)


@pytest.mark.slow
def test_events():
    model, φ = Model(QuadraticPotential(6e-6)), jnp.array([17.0])
    velocity = attractor_velocity(model, φ)
    points = np.array([10.0, 300.0])

    def until(event):
        result = evolve(model, φ, velocity, points, clock="e-folds", event=event)
        assert result.outcome == EvolutionOutcome.EVENT
        assert np.isfinite(result.states.field[0]).all()
        assert np.isnan(result.states.field[1]).all()
        return result.final

    end = until(EndOfInflation())
    assert float(end.log_scale_factor) == pytest.approx(72.83129510654, abs=1e-9)
    assert float(end.velocity[0] ** 2 / (2 * end.hubble_rate**2)) == pytest.approx(1.0, abs=1e-10)
    assert float(until(FieldValue(3.0)).field[0]) == pytest.approx(3.0, abs=1e-10)
    assert float(until(ElapsedEFolds(12.5)).log_scale_factor) == pytest.approx(12.5, abs=1e-10)
    assert float(until(HubbleRateValue(end.hubble_rate)).log_scale_factor) == pytest.approx(
        float(end.log_scale_factor), abs=1e-9
    )


def test_the_end_of_inflation_is_not_its_beginning():
    """From dφ/dN = 2.3, ε falls through 1 after 0.4 e-folds; 1.2 M_Pl further up, inflation lasts the longer."""
    model = Model(QuadraticPotential(6e-6))
    result = evolve(
        model, jnp.array([17.0]), jnp.array([2.3]), np.array([300.0]), clock="e-folds", event=EndOfInflation()
    )
    assert result.outcome == EvolutionOutcome.EVENT
    assert 80 < float(result.final.log_scale_factor) < 90


def test_what_is_no_number_is_found_at_once():
    """Steps do not shrink for ever before a potential that ends."""
    model = Model(FunctionPotential(lambda φ: 1e-11 * φ[0] ** 2 + jnp.where(φ[0] < 15.0, jnp.nan, 0.0)))
    result = evolve(model, jnp.array([17.0]), jnp.array([-0.12]), np.array([60.0]), clock="e-folds")
    assert result.outcome == EvolutionOutcome.NOT_A_NUMBER


def test_what_cannot_be_evolved_is_said():
    negative = Model(FunctionPotential(lambda φ: -(φ[0] ** 2)))
    one = jnp.ones(1)
    result = evolve(negative, one, 0.1 * one, np.array([0.0, 1.0]))
    assert result.outcome == EvolutionOutcome.NEGATIVE_ENERGY
    with pytest.raises(ValueError, match="`points` must increase: 1 follows 2, at place 3"):
        evolve(negative, one, one, np.array([0.0, 2.0, 1.0]))
    with pytest.raises(ValueError, match="`points` must be ≥ 0, the start, got -1"):
        evolve(negative, one, one, np.array([-1.0, 2.0]))
    with pytest.raises(ValueError, match="`accuracy` must lie between"):
        evolve(negative, one, one, np.array([0.0, 1.0]), accuracy=1e-15)
