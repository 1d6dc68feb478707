"""The temperature of a point's minibatches is the predicted one, along the modes that linear algebra finds."""

import jax
import numpy as np
import pytest
import scipy.stats
import xarray as xr

from cosmograd.experiments.training.point_noise import measure_point_noise
from cosmograd.experiments.training.specification import NoiseSection
from cosmograd.learning.batches import batches_named
from cosmograd.learning.datasets import make_dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.optimisers import HeavyBall

pytestmark = pytest.mark.slow

KEY, POINTS, BATCH, RATE, MOMENTUM = jax.random.key(1847), 32, 4, 0.15, 0.5
SECTION = NoiseSection(updates=400, members=64, modes=3)
# What a correct law fails at, over all that is compared in a test together.
FALSE_ALARM = 1e-4


def line():
    """A linear law with noise on its targets, so that residuals do not vanish at the minimum."""
    random = np.random.default_rng(7)
    inputs = random.normal(size=(POINTS, 2)) * [1.2, 0.8]
    return make_dataset(inputs, inputs @ [1.0, -0.5] + random.normal(size=POINTS), name="line")


DATA, NETWORK = line(), Perceptron((2, 1), weight_scale=1.5, bias_scale=1.0)


@pytest.fixture(scope="module")
def measured() -> dict[str, xr.Dataset]:
    done: list[float] = []
    results = {
        sampling: measure_point_noise(
            SECTION, NETWORK, DATA, SquaredLoss(), HeavyBall(RATE, MOMENTUM), batches_named(sampling, BATCH), KEY,
            done.append,
        )
        for sampling in ("with-replacement", "without-replacement", "shuffled-epochs")
    }  # fmt: skip
    assert sum(done) == pytest.approx(3.0)
    return results


def test_independent_draws_have_the_predicted_temperature(measured):
    """Positions and velocities, both ways of drawing: four ratios, judged together by Student's t over 64 runs."""
    independent = [measured[sampling] for sampling in ("with-replacement", "without-replacement")]
    z = [
        float((point[f"noise_{ratio}_ratio"] - 1) / point[f"noise_{ratio}_ratio_error"])
        for point in independent
        for ratio in ("temperature", "velocity")
    ]
    allowed = scipy.stats.t.isf(FALSE_ALARM / (2 * len(z)), SECTION.members - 1)
    assert np.abs(z).max() < allowed
    assert all(point["noise_stationary"] and point["noise_verdict"] == "stationary" for point in independent)
    # The errors are small enough for the two ways to be told apart, 28/31 against 1.
    assert all(point["noise_temperature_ratio_error"] < 0.03 for point in independent)


def test_shuffled_epochs_are_colder(measured):
    point = measured["shuffled-epochs"]
    assert point["noise_temperature_ratio"] + 5 * point["noise_temperature_ratio_error"] < 1
    assert 0 < point["noise_shuffled_ratio"] < 1
    assert all(np.isnan(measured[f"{way}-replacement"]["noise_shuffled_ratio"]) for way in ("with", "without"))


def test_modes_are_those_of_the_inputs(measured):
    """A linear network in NTK parametrisation: λ are the eigenvalues of ⟨jjᵀ⟩ with j = (1.5 x/√2, 1)."""
    slopes = np.column_stack([1.5 / np.sqrt(2) * DATA.inputs, np.ones(POINTS)])
    λ = np.linalg.eigvalsh(slopes.T @ slopes / POINTS)[::-1]
    for point in measured.values():
        np.testing.assert_allclose(point["noise_mode_eigenvalue"], λ, rtol=1e-9)


@pytest.mark.parametrize(
    ("sampling", "factor"), [("with-replacement", 1.0), ("without-replacement", (POINTS - BATCH) / (POINTS - 1))]
)
def test_prediction_by_mode(measured, sampling, factor):
    """T = ησ²/(2B(1 − β)) / (1 − ηλ/(2(1 + β))), and the mean over modes with its interval."""
    point = measured[sampling]
    σ2, λ = point["noise_mode_gradient_variance"], point["noise_mode_eigenvalue"]
    small_step = factor * RATE * σ2 / (2 * BATCH * (1 - MOMENTUM))
    np.testing.assert_allclose(
        point["noise_mode_predicted_temperature"], small_step / (1 - RATE * λ / (2 * (1 + MOMENTUM))), rtol=1e-12
    )
    assert point["noise_temperature"] == pytest.approx(float(point["noise_mode_temperature"].mean()), rel=1e-12)
    assert point["noise_temperature_low"] < point["noise_temperature"] < point["noise_temperature_high"]
    assert point["noise_temperature_predicted"] == pytest.approx(
        float(point["noise_mode_predicted_temperature"].mean()), rel=1e-12
    )
