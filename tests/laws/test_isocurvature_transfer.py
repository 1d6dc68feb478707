"""Transfer of isocurvature: against the covariance of fields, and where the trajectory is straight, exactly."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from cosmograd.cosmology.background import InflationSettings, Model, attractor_velocity, inflate
from cosmograd.cosmology.field_space import FlatFieldSpace, HyperbolicFieldSpace
from cosmograd.cosmology.perturbations import CovarianceSettings, field_covariance, isocurvature_transfer
from cosmograd.cosmology.potentials import DoubleQuadraticPotential

MASS = 6e-6
SETTINGS = InflationSettings(tolerance=1e-9, grid_points=2049, max_steps=4096)
COVARIANCE = CovarianceSettings(start=25.0, longest_step=0.08, phase_step=1.0, steps_outside=3000)
BEFORE_END, AFTER_CROSSING = 30.0, 8.0
transfer = eqx.filter_jit(isocurvature_transfer)


@eqx.filter_jit
def history_of(model, field):
    return inflate(model, field, attractor_velocity(model, field), SETTINGS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("space", "start"), [(FlatFieldSpace(), (9.0, 13.0)), (HyperbolicFieldSpace(0.03), (8.0, 12.0))]
)
def test_against_the_covariance(space, start):
    """R and S at the end are those some e-folds after crossing, carried over: powers and correlation alike."""
    model = Model(DoubleQuadraticPotential(MASS, 1.15 * MASS), space)
    history = history_of(model, jnp.array(start))
    crossing = history.e_folds_total - BEFORE_END
    log_k = (crossing + history.phase(crossing).log_hubble)[None]
    covariance = eqx.filter_jit(field_covariance)
    after = crossing + AFTER_CROSSING
    here, end = (
        np.asarray(covariance(history, log_k, n, COVARIANCE).field_field[0]) for n in (after, history.e_folds_total)
    )
    carried = transfer(history, after[None])

    def frame(n):
        φ, v, _ = history.phase(n)
        metric = np.asarray(space.metric(φ))
        speed = np.sqrt(v @ metric @ v)
        along = np.asarray(v / speed)
        return speed, metric @ along, np.eye(2) - np.outer(along, metric @ along)

    speed, along, across = frame(after)
    end_speed, end_along, end_across = frame(history.e_folds_total)
    curvature = along + np.asarray(carried.to_curvature[0])  # R at the end, from Q here in units of the speed
    isocurvature = np.asarray(carried.to_isocurvature[0])
    scale = end_along @ end @ end_along / end_speed**2
    assert curvature @ here @ curvature / speed**2 == pytest.approx(scale, rel=2e-5)
    expected = end_across @ end @ end_across.T / end_speed**2
    assert np.abs(expected).max() > 5e-5 * scale
    np.testing.assert_allclose(
        isocurvature @ here @ isocurvature.T / speed**2, expected, atol=2e-5 * np.abs(expected).max()
    )
    mixed = end_across @ end @ end_along / end_speed**2
    assert np.abs(mixed).max() > 1e-3 * scale
    np.testing.assert_allclose(isocurvature @ here @ curvature / speed**2, mixed, atol=1e-4 * np.abs(mixed).max())
    # The sizes are those of the tensors where the plane is measured by its metric; one direction across at each end.
    assert carried.curvature_size[0] > 0.1
    direction = across @ [1.0, 0.0]
    direction /= np.sqrt(direction @ np.asarray(space.metric(history.phase(after).field)) @ direction)
    assert carried.curvature_size[0] == pytest.approx(float(abs(carried.to_curvature[0] @ direction)), rel=1e-9)
    left = isocurvature @ direction
    metric = np.asarray(space.metric(history.phase(history.e_folds_total).field))
    assert carried.isocurvature_size[0] == pytest.approx(float(np.sqrt(left @ metric @ left)), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [0.5, 3.0])
def test_straight_trajectory(ratio):
    """No curvature comes from a field at rest in its minimum, whose perturbation is a spectator's.

    Light, it decays slowly; heavy, it oscillates through zero in the end. By DOP853 along the background of m²φ²/2.
    """
    history = history_of(Model(DoubleQuadraticPotential(MASS, ratio * MASS)), jnp.array([15.0, 0.0]))
    places = history.e_folds_total * jnp.array([0.2, 0.53, 0.9])
    carried = transfer(history, places)
    assert np.abs(carried.curvature_size).max() < 1e-12

    def rate(n, y):
        φ, v, q, p = y
        ε = v**2 / 2
        mass = ratio**2 * 2 * (3 - ε) / φ**2  # m²/H²
        return [v, -(3 - ε) * (v + 2 / φ), p, -(3 - ε) * p - mass * q]

    phase = history.phase(jnp.zeros(()))
    φ, v = float(phase.field[0]), float(phase.velocity[0])
    total = float(history.e_folds_total)
    start = [φ, v, 1.0, -(ratio**2) * 2 / φ**2]
    path = scipy.integrate.solve_ivp(rate, (0, total), start, "DOP853", dense_output=True, rtol=1e-12, atol=1e-30).sol
    (*_, v_end, q_end, _), here = path(total), path(np.asarray(places))
    expected = np.abs(q_end / v_end) / np.abs(here[2] / here[1])
    np.testing.assert_allclose(carried.isocurvature_size, expected, rtol=1e-6)
    assert (np.abs(carried.isocurvature_size - expected) <= 3 * carried.isocurvature_error + 1e-9 * expected).all()
