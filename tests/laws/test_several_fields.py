"""Several fields: covariance, mode functions and δN, three routes to one power; flat and curved field space."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from cosmograd.cosmology.background import InflationSettings, Model, attractor_velocity, inflate
from cosmograd.cosmology.field_space import FlatFieldSpace, HyperbolicFieldSpace
from cosmograd.cosmology.perturbations import (
    CovarianceSettings,
    CrossingSettings,
    ModeTable,
    crossing_power,
    curvature_power,
    field_covariance,
    mode_functions,
)
from cosmograd.cosmology.potentials import DoubleQuadraticPotential, QuadraticPotential

M1, M2 = 6e-6, 4.2e-5
SPACES = {"flat": (FlatFieldSpace(), 0.0, 12.0), "hyperbolic": (HyperbolicFieldSpace(0.03), 0.03, 10.5)}
BEFORE_END = (57.0, 52.0)
AFTER_CROSSING = 8.0


def history_of(model, field):
    settings = InflationSettings(tolerance=1e-9, grid_points=2049, max_steps=4096)
    return eqx.filter_jit(lambda φ: inflate(model, φ, attractor_velocity(model, φ), settings))(field)


@pytest.fixture(scope="module", params=[pytest.param("flat", marks=pytest.mark.slow), "hyperbolic"])
def double_inflation(request):
    """Heavy field first, then the light one; modes that cross the horizon while both roll."""
    space, rate, start = SPACES[request.param]
    model = Model(DoubleQuadraticPotential(M1, M2), space)
    history = history_of(model, jnp.array([start, start]))
    crossing = history.e_folds_total - jnp.array(BEFORE_END)
    log_k = crossing + history.phase(crossing).log_hubble
    settings = CovarianceSettings(start=25.0, longest_step=0.08, phase_step=1.0, steps_outside=1000)
    covariance = eqx.filter_jit(field_covariance)
    return model, rate, history, log_k, crossing, lambda until: covariance(history, log_k, until, settings)


def power_at_end(model, history, covariance):
    end = history.phase(history.e_folds_total)
    return curvature_power(model, end.field, end.velocity, covariance)


@pytest.mark.slow
def test_covariance_against_mode_functions(double_inflation):
    model, _, history, log_k, _, covariance = double_inflation
    transported = covariance(history.e_folds_total)
    modes = eqx.filter_jit(mode_functions)(history, log_k, history.e_folds_total, 60.0, 1e-7)
    assert modes.solved.all()
    sums = jnp.einsum("kia,kja->kij", modes.field, modes.field.conj()).real
    assert transported.step_error.max() < 1e-5
    scale = np.abs(sums).max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(transported.field_field / scale, sums / scale, atol=1e-5)
    np.testing.assert_allclose(
        power_at_end(model, history, transported.field_field), power_at_end(model, history, sums), rtol=1e-5
    )


def e_folds_to(log_hubble, rate, start):
    """N from fields and dφ/dN to a given H, on ds² = dφ² + e^{2bφ}dχ² written out by hand, by DOP853."""

    def local(y):
        φ, χ, u, w = y
        V = (M1**2 * φ**2 + M2**2 * χ**2) / 2
        stretch = np.exp(2 * rate * φ)
        return V, stretch, (u**2 + stretch * w**2) / 2

    def equations(n, y):
        φ, χ, u, w = y
        V, stretch, ε = local(y)
        return [
            u,
            w,
            -(3 - ε) * (u + M1**2 * φ / V) + rate * stretch * w**2,
            -(3 - ε) * (w + M2**2 * χ / V / stretch) - 2 * rate * u * w,
        ]

    def reached(n, y):
        V, _, ε = local(y)
        return np.log(V / (3 - ε)) / 2 - log_hubble

    reached.terminal = True
    solution = scipy.integrate.solve_ivp(equations, (0, 200), start, "DOP853", rtol=1e-12, atol=1e-14, events=reached)
    return solution.t_events[0][0]


def test_covariance_against_δN(double_inflation):
    """ζ = N_I δφ^I + N_I' δφ'^I to a surface of uniform density, from the covariance some e-folds after crossing."""
    model, rate, history, _, crossing, covariance = double_inflation
    end = history.phase(history.e_folds_total)
    powers = power_at_end(model, history, covariance(history.e_folds_total).field_field)
    for mode in range(len(BEFORE_END)):
        n = crossing[mode] + AFTER_CROSSING
        here, phase = covariance(n), history.phase(n)
        ω = np.einsum("ijk,j->ik", model.field_space.connection(phase.field), phase.velocity)
        A, B, C = (np.asarray(x[mode]) for x in (here.field_field, here.field_velocity, here.velocity_velocity))
        # δ(dφ/dN) is the ordinary derivative of Q, not the covariant one.
        Σ = np.block([[A, B - A @ ω.T], [B.T - ω @ A, C - ω @ B - B.T @ ω.T + ω @ A @ ω.T]])
        start = np.concatenate([phase.field, phase.velocity])
        gradient = []
        for direction in np.eye(4) * np.array([2e-3, 2e-3, 2e-4, 2e-4])[:, None]:
            h = direction.sum()
            n_of = {s: e_folds_to(float(end.log_hubble), rate, start + s * direction) for s in (-2, -1, 1, 2)}
            gradient.append((8 * (n_of[1] - n_of[-1]) - (n_of[2] - n_of[-2])) / (12 * h))
        assert np.array(gradient) @ Σ @ gradient == pytest.approx(float(powers[mode]), rel=1e-4)


def test_one_field_is_a_special_case():
    model = Model(QuadraticPotential(6e-6))
    history = history_of(model, jnp.array([17.0]))
    log_k = jnp.log(jnp.array([3e3, 1e5]))
    settings = CovarianceSettings(start=25.0, longest_step=0.08, phase_step=1.0, steps_outside=1000)
    result = eqx.filter_jit(field_covariance)(history, log_k, history.e_folds_total, settings)
    alone = eqx.filter_jit(lambda h: crossing_power(ModeTable.of(h), log_k, CrossingSettings(15.0, 0.03, 0.07, 1.2)))(
        history
    )
    power = power_at_end(model, history, result.field_field)
    error = np.abs(power / alone.power[0] - 1)
    assert (error <= 2 * (result.step_error + result.vacuum_error)).all()
    assert error.max() < 1e-5
