"""Laws of the numbers for the duality's limits: wavenumbers on the circle, spectral slopes, starts from rest."""

import numpy as np
import pytest

from cosmograd.duality import (
    gradient_slope,
    mass_deficit,
    mode_wavenumbers,
    relative_error,
    start_from_rest_error,
    update_weights,
)
from cosmograd.learning.datasets import circle
from cosmograd.learning.losses import PseudoHuberLoss, SquaredLoss
from cosmograd.learning.optimisers import GradientDescent
from cosmograd.solvers import log_spaced_integers


def _fourier(points):
    angles = 2 * np.pi * np.arange(points) / points
    modes = [np.cos(κ * angles) for κ in range(1, points // 2)]
    return np.stack([m / np.linalg.norm(m) for m in modes], axis=1)


def test_wavenumbers_on_the_circle():
    vectors = _fourier(32)
    κ = np.arange(1, 16)
    k = mode_wavenumbers(vectors, circle(32).inputs)
    np.testing.assert_allclose(k, np.sqrt(2) * np.sin(np.pi * κ / 32), rtol=1e-10)


def test_wavenumbers_do_not_depend_on_the_scale_of_the_data_and_add_up_over_outputs():
    vectors, points = _fourier(24), circle(24).inputs
    both = np.repeat(vectors, 2, axis=0) / np.sqrt(2)  # two outputs that share each mode
    np.testing.assert_allclose(mode_wavenumbers(both, 1e3 * points), mode_wavenumbers(vectors, points), rtol=1e-10)


def test_slope_of_a_power_law_spectrum():
    vectors = _fourier(64)
    k = mode_wavenumbers(vectors, circle(64).inputs)
    assert gradient_slope(k**-3.0, vectors, circle(64).inputs) == pytest.approx(-3.0, rel=1e-8)
    assert np.isnan(gradient_slope(k[:2] ** -3.0, vectors[:, :2], circle(64).inputs))


def test_the_uniform_mode_is_no_wave():
    """A little of a wave mixed into the constant mode would have a tiny k and tilt every power law."""
    vectors, points = _fourier(32), circle(32).inputs
    constant = np.full(32, 32**-0.5)
    mixed = np.cos(0.1) * constant + np.sin(0.1) * vectors[:, 0]
    other = -np.sin(0.1) * constant + np.cos(0.1) * vectors[:, 0]
    modes = np.column_stack([mixed, other, vectors[:, 1:]])
    k = mode_wavenumbers(modes, points)
    assert k[0] == 0
    assert (k[1:] > 0).all()
    λ = np.append(5.0, mode_wavenumbers(vectors, points) ** -3.0)
    assert gradient_slope(λ, modes, points) == pytest.approx(-3, abs=0.02)


def test_mass_that_a_loss_lacks_far_from_its_targets():
    """Where all outputs are off by the same d, the whole mass matrix shrinks by ℓ''(d); a free field lacks nothing."""
    root = np.random.default_rng(3).normal(size=(6, 6))
    kernel, loss = root @ root.T, PseudoHuberLoss(scale=0.7)
    deficits = [mass_deficit(kernel, np.asarray(loss.curvature(np.full(6, d)))) for d in (1e-3, 0.2, 5.0)]
    np.testing.assert_allclose(deficits, [1 - (1 + (d / 0.7) ** 2) ** -1.5 for d in (1e-3, 0.2, 5.0)], rtol=1e-8)
    assert mass_deficit(kernel, np.asarray(SquaredLoss().curvature(np.full(6, 5.0)))) == 0
    # One output far away: the mode there turns light, and the others keep their masses.
    diagonal, curvature = np.diag([5.0, 3.0, 1.0]), np.array([0.1, 1.0, 1.0])
    assert mass_deficit(diagonal, curvature) == pytest.approx(1 - 3 / 5, rel=1e-12)
    assert np.isnan(mass_deficit(diagonal, np.array([np.nan, 1, 1])))


def test_a_start_from_rest_costs_half_a_step_of_a_slow_mode():
    """From rest a slow mode of x''/2·η + x' = −λx lags by ηλ/2, of the deviation, for as long as it lasts."""
    error = start_from_rest_error(np.array([1e-3]), np.array([1.0]), GradientDescent(1.0), np.arange(200))
    assert error == pytest.approx(0.5e-3, rel=0.02)


def test_weights_make_the_error_that_over_all_updates():
    """Squares that are linear between records are summed over all updates exactly, whatever was recorded."""
    rng = np.random.default_rng(5)
    records = log_spaced_integers(300, 12)
    assert update_weights(records).sum() == pytest.approx(301, rel=1e-14)
    np.testing.assert_array_equal(update_weights(np.arange(20)), 1.0)
    squares = np.interp(np.arange(301), records, rng.uniform(1, 2, len(records)))
    outputs, prediction = np.sqrt(squares)[:, None], np.zeros((301, 1))
    targets = np.array([-1.0])
    thinned = relative_error(outputs[records], prediction[records], outputs[records] * 0 - 1, records)
    exact = np.sqrt(squares.sum() / np.square(outputs - targets).sum())
    assert thinned == pytest.approx(exact, rel=1e-3)
    numerator = np.sqrt(update_weights(records) @ squares[records])
    assert numerator == pytest.approx(np.sqrt(squares.sum()), rel=1e-12)


def test_the_error_does_not_depend_on_where_records_crowd():
    """An exponential decay and its prediction: log-spaced records against all updates."""
    n = np.arange(401)
    outputs, prediction = np.exp(-0.02 * n)[:, None], np.exp(-0.021 * n)[:, None]
    exact = relative_error(outputs, prediction, np.zeros(1), n)
    records = log_spaced_integers(400, 60)
    by_records = relative_error(outputs[records], prediction[records], np.zeros(1))
    weighted = relative_error(outputs[records], prediction[records], np.zeros(1), records)
    assert abs(weighted / exact - 1) < 0.01 < abs(by_records / exact - 1)
