"""Spectra of two fields where one of them rests in its minimum: the other's curvature, and a spectator's power."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from cosmograd.cosmology.background import Model
from cosmograd.cosmology.field_space import HyperbolicFieldSpace
from cosmograd.cosmology.perturbations import CovarianceSettings, field_covariance
from cosmograd.cosmology.potentials import DoubleQuadraticPotential, QuadraticPotential
from cosmograd.cosmology.spectra import ModeOutcome, primordial_spectra

MASS, RATIO, FIELD = 6e-6, 0.5, 17.0
K = np.array([0.1, 1.0, 30.0])


@pytest.fixture(scope="module")
def two():
    model = Model(DoubleQuadraticPotential(MASS, RATIO * MASS))
    return primordial_spectra(model, [FIELD, 0.0], wavenumbers=K)


def test_curvature_is_that_of_the_field_that_moves(two):
    one = primordial_spectra(Model(QuadraticPotential(MASS)), [FIELD], wavenumbers=K, accuracy=1e-7)
    assert (two.outcome == ModeOutcome.DONE).all()
    assert two.achieved_accuracy <= 1e-5
    for ours, theirs in ((two.scalar_power, one.scalar_power), (two.tensor_power, one.tensor_power)):
        assert (np.abs(ours / theirs - 1) <= two.error + one.error).all()
    for name, error in (("scalar_tilt", "tilt_error"), ("running", "running_error"), ("tensor_tilt",) * 2):
        bound = getattr(two.pivot, error) + getattr(one.pivot, error) if error != name else 1e-7
        assert abs(getattr(two.pivot, name) - getattr(one.pivot, name)) <= bound


def test_isocurvature_is_that_of_a_spectator(two):
    """By DOP853 through its oscillations: δχ'' + (3 − ε)δχ' + (x² + m²/H²)δχ = 0, from its vacuum at x = 200."""
    history = two.history
    φ, v, _ = history.phase(jnp.zeros(()))
    total = float(history.e_folds_total)

    def background(n, y):
        return [y[1], -(3 - y[1] ** 2 / 2) * (y[1] + 2 / y[0])]

    path = scipy.integrate.solve_ivp(
        background, (0, total), [float(φ[0]), float(v[0])], "DOP853", dense_output=True, rtol=1e-12, atol=1e-14
    ).sol

    def local(n):
        φ, v = path(n)
        ε = v**2 / 2
        H2 = MASS**2 * φ**2 / 2 / (3 - ε)
        return ε, H2, n + np.log(H2) / 2

    grid = np.linspace(0, total, 4000)
    log_aH = local(grid)[2]
    powers = []
    for log_k in float(two.pivot_log_wavenumber) + np.log(K):
        first, calm = (np.interp(log_k - np.log(x), log_aH, grid) for x in (200.0, 1e-3))

        def rate(n, y, log_k=log_k):
            ε, H2, log_aH = local(n)
            force = np.exp(2 * (log_k - log_aH)) + (RATIO * MASS) ** 2 / H2
            return [y[2], y[3], -(3 - ε) * y[2] - force * y[0], -(3 - ε) * y[3] - force * y[1]]

        start = [1.0, 0.0, -1.0, -np.exp(log_k - local(first)[2])]
        y = scipy.integrate.solve_ivp(rate, (first, calm), start, "DOP853", rtol=1e-9, atol=1e-12).y[:, -1]
        y = scipy.integrate.solve_ivp(rate, (calm, total), y, "DOP853", rtol=1e-9, atol=1e-14).y[:, -1]
        powers.append((y[0] ** 2 + y[1] ** 2) * np.exp(2 * (log_k - first)) / (4 * np.pi**2) / path(total)[1] ** 2)
    np.testing.assert_allclose(two.isocurvature.power, powers, rtol=1e-4)
    assert (np.abs(two.isocurvature.power / np.array(powers) - 1) <= two.isocurvature.error + 1e-7).all()
    assert (two.isocurvature.error >= two.error / 3).all()
    assert (two.isocurvature.correlation < 1e-6).all()


@pytest.mark.slow
def test_so_many_modes_that_lapack_would_wait_for_itself(two):
    """40000 modes in coarse steps: each as it is among few."""
    settings = CovarianceSettings(start=12.0, longest_step=0.25, phase_step=1.4, steps_outside=40)
    covariance = eqx.filter_jit(field_covariance)
    log_k = two.pivot_log_wavenumber + jnp.linspace(-2.0, 2.0, 40000)
    many = covariance(two.history, log_k, two.crossing[0] + 8, settings)
    few = covariance(two.history, log_k[::9999], two.crossing[0] + 8, settings)
    assert np.isfinite(many.field_field).all()
    np.testing.assert_allclose(many.field_field[::9999], few.field_field, rtol=1e-10)


def test_a_space_of_other_dimension_is_refused():
    with pytest.raises(ValueError, match="one of 1 field, HyperbolicFieldSpace a space of 2"):
        Model(QuadraticPotential(MASS), HyperbolicFieldSpace(0.1))
