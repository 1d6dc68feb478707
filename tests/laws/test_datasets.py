"""Datasets: targets that are what they claim, scalings that keep their promise, draws that depend on the seed alone."""

import numpy as np
import pytest

from cosmograd.learning.datasets import ENCODINGS, SCALINGS, circle, digits, make_dataset, table_dataset

SEED = 5


class TestCircle:
    def test_points_lie_on_the_circle_at_equal_distances(self):
        data = circle(12, 5)
        for points in (data.inputs, data.probe_inputs):
            np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1.0, rtol=1e-15)
            angles = np.unwrap(np.arctan2(points[:, 1], points[:, 0]))
            np.testing.assert_allclose(np.diff(angles), 2 * np.pi / len(points), rtol=1e-13)

    def test_target_has_the_asked_fourier_coefficients(self):
        """Read off by the discrete Fourier transform, on training and on probe points."""
        data = circle(16, cosine=(0.3, 1.0, 0.0, -0.7), sine=(9.0, 0.0, 0.5))
        spectrum = np.fft.rfft(data.targets[:, 0]) / 8
        expected = np.zeros(9, dtype=complex)
        expected[[0, 1, 2, 3]] = [0.6, 1.0, -0.5j, -0.7]  # of the constant, twice; b_0 is without effect
        np.testing.assert_allclose(spectrum, expected, atol=1e-14)

    def test_default_target(self):
        data = circle(16, 5)
        x, y = data.probe_inputs.T
        np.testing.assert_allclose(data.probe_targets[:, 0], x + x * y, atol=1e-14)  # ½ sin 2ϑ = sin ϑ cos ϑ

    @pytest.mark.parametrize(
        ("points", "probe_points"), [(32, 32), (32, 16), (32, 8), (8, 32), (20, 7), (12, 9), (5, 1)]
    )
    def test_probe_points_keep_their_distance(self, points, probe_points):
        """From every training point at least half the spacing of the finest grid that holds both sets."""
        data = circle(points, probe_points)
        cosines = data.inputs @ data.probe_inputs.T
        nearest = np.arccos(np.clip(cosines.max(), -1, 1))
        assert nearest == pytest.approx(np.pi / np.lcm(points, probe_points), rel=1e-6)


class TestDigits:
    def test_standardised_images(self):
        """Mean image of the training points removed, one common factor, ⟨x·x⟩ = 64."""
        data = digits(points=100, probe_points=10)
        np.testing.assert_allclose(data.inputs.mean(axis=0), 0, atol=1e-13)
        assert np.mean(np.sum(data.inputs**2, axis=1)) == pytest.approx(64, rel=1e-12)

    def test_unit_and_sphere(self):
        unit, sphere = (digits(points=50, probe_points=10, scaling=name) for name in ("unit", "sphere"))
        assert unit.all_inputs.min() == 0
        assert unit.all_inputs.max() == 1
        np.testing.assert_allclose(np.linalg.norm(sphere.all_inputs, axis=1), 8.0, rtol=1e-14)
        cosine = np.sum(unit.all_inputs * sphere.all_inputs, axis=1) / np.linalg.norm(unit.all_inputs, axis=1) / 8
        np.testing.assert_allclose(cosine, 1.0, rtol=1e-14)

    def test_encodings_agree(self):
        classes = (3, 8)
        one_hot, sign, value = (digits(classes, 60, 20, encoding=name) for name in ("one-hot", "sign", "value"))
        is_first = value.all_targets[:, 0] == 3
        assert set(np.unique(value.all_targets)) == {3.0, 8.0}
        assert (one_hot.all_targets == np.stack([is_first, ~is_first], axis=1)).all()
        assert (sign.all_targets[:, 0] == np.where(is_first, 1.0, -1.0)).all()

    def test_every_combination_can_be_made(self):
        for encoding in ENCODINGS:
            for scaling in SCALINGS:
                data = digits((0, 1), 10, 3, encoding, scaling)
                assert len(data.all_inputs) == 13

    def test_all_images_of_a_class(self):
        """178 zeros are in the collection; the probe points are taken from them."""
        data = digits([0], points=None, probe_points=8, encoding="value")
        assert len(data.inputs) == 170
        assert len(np.unique(data.all_inputs, axis=0)) == 178

    def test_the_seed_decides(self):
        first, again, other = (digits(points=30, seed=seed, scaling="unit") for seed in (1, 1, 2))
        assert (first.inputs == again.inputs).all()
        assert (first.inputs != other.inputs).any()


class TestTables:
    columns = {  # noqa: RUF012
        "mass": np.random.default_rng(SEED).normal(3.0, 2.0, 40),
        "charge": np.random.default_rng(SEED + 1).integers(-2, 3, 40),
        "spectrum": np.random.default_rng(SEED + 2).normal(size=(40, 3)),
        "name": np.array([f"star {i}" for i in range(40)]),
        "constant": np.full(40, 0.1),
    }

    def test_standardised_by_the_training_rows(self):
        data = table_dataset(self.columns, "mass", points=30, probe_points=10)
        assert data.inputs.shape == (30, 5)  # every other numeric column; the constant one carries nothing
        np.testing.assert_allclose(data.inputs.mean(axis=0), 0, atol=1e-14)
        np.testing.assert_allclose(data.inputs.std(axis=0), [1, 1, 1, 1, 0], atol=1e-14)
        assert data.targets.mean() == pytest.approx(0, abs=1e-14)
        assert data.targets.std() == pytest.approx(1, rel=1e-14)
        assert (data.all_inputs[:, 4] == 0).all()

    def test_units_are_without_effect_once_standardised(self):
        """Kilograms or solar masses, even when the numbers are tiny or huge in their unit."""
        reference = table_dataset(self.columns, "mass", ["charge", "spectrum"], 30, 10)
        for unit in (1e-30, 1e30):
            scaled = {name: self.columns[name] * unit for name in ("mass", "charge", "spectrum")}
            data = table_dataset(scaled, "mass", ["charge", "spectrum"], 30, 10)
            np.testing.assert_allclose(data.all_inputs, reference.all_inputs, rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(data.all_targets, reference.all_targets, rtol=1e-12, atol=1e-14)

    def test_rows_stay_together(self):
        data = table_dataset(self.columns, ["charge", "spectrum"], ["mass"], 25, 15, standardise=False)
        for x, y in zip(data.all_inputs, data.all_targets, strict=True):
            row = np.flatnonzero(self.columns["mass"] == x[0])
            assert len(row) == 1
            assert y[0] == self.columns["charge"][row[0]]
            assert (y[1:] == self.columns["spectrum"][row[0]]).all()

    def test_order_and_seed(self):
        first, again, other = (table_dataset(self.columns, "mass", points=20, seed=seed) for seed in (1, 1, 2))
        assert (first.targets == again.targets).all()
        assert (first.targets != other.targets).any()


def test_arrays_become_datasets():
    data = make_dataset([[1, 2], [3, 4]], [5, 6])
    assert data.targets.shape == (2, 1)
    assert data.probe_inputs.shape == (0, 2)
    assert data.probe_targets.shape == (0, 1)
    assert data.all_inputs.dtype == np.float64
