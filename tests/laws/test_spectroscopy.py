"""Measured universes against those that the trajectories were made with."""

import jax
import numpy as np
import pytest
from recorded_modes import record

from cosmograd.duality import dual_universe, mass_squared
from cosmograd.learning import choose_mapping, mean_initial_kernel, train_ensemble
from cosmograd.learning.datasets import circle
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.optimisers import HeavyBall
from cosmograd.measurement import measure_universe, trajectories

ETA = 0.05


def kernel_of(directions, eta_lambdas):
    return directions @ np.diag(np.asarray(eta_lambdas) / ETA) @ directions.T


@pytest.mark.parametrize(("time_unit", "scheme"), [("canonical", "leapfrog"), ("update", "stroboscopic")])
@pytest.mark.parametrize("blind", [True, False])
def test_without_noise_the_dictionary_comes_back(time_unit, scheme, blind):
    κ = np.array([0.5, 0.12, 0.04])
    outputs, directions = record(np.random.default_rng(1), 3, 120, 7, 0.6, κ)
    kernel = None if blind else kernel_of(directions, κ)
    found = measure_universe(
        trajectories(outputs, np.zeros(7), kernel), ETA, 0.6, time_unit, scheme, intervals="curvature"
    )
    exact = dual_universe(ETA, 0.6, time_unit, scheme)
    for name in ("hubble_rate", "cosmological_constant", "e_folds_per_update"):
        estimate = getattr(found, name)
        assert estimate.identifiable
        assert estimate.value == pytest.approx(getattr(exact, name), rel=1e-6)
        assert estimate.predicted == pytest.approx(getattr(exact, name), rel=1e-12)
    masses = [estimate.value for estimate in found.masses_squared]
    np.testing.assert_allclose(masses, mass_squared(κ / ETA, ETA, 0.6, time_unit, scheme), rtol=1e-5)
    assert found.goodness_of_fit == pytest.approx(1.0, abs=1e-9)


# A kernel of twelve modes that all move, as targets without structure give.
SPECTRUM = np.array([1, 0.45, 0.3, 0.12, 0.1, 0.03, 0.03, 0.01, 0.01, 0.003, 0.002, 0.001])


def mixed(seed, rate, momentum=0.5, start=0, noise=0.0):
    """Outputs of six members after 60 updates each by heavy ball; rate and momentum may depend on the update."""
    rng = np.random.default_rng(seed)
    size = len(SPECTRUM)
    directions = np.linalg.qr(rng.normal(size=(size, size)))[0]
    kernel = directions * SPECTRUM @ directions.T
    d = rng.normal(size=(6, size))
    before, outputs = d, []
    for n in range(start + 61):
        outputs.append(d)
        η, β = (x(n) if callable(x) else x for x in (rate, momentum))
        before, d = d, d + β * (d - before) - η * d @ kernel
    record = np.stack(outputs[start:])
    return trajectories(
        record + noise * rng.normal(size=record.shape), np.zeros(size), kernel, updates=np.arange(start, start + 61)
    )


@pytest.mark.parametrize("noise", [pytest.param(0.0, marks=pytest.mark.slow), 1e-3])
def test_blind_where_every_direction_moves(noise):
    found = measure_universe(mixed(5, 0.3, noise=noise).without_kernel(), 0.3)
    assert found.momentum.identifiable
    assert found.momentum.value == pytest.approx(0.5, abs=0.01)
    assert found.momentum.low <= 0.5 <= found.momentum.high


@pytest.mark.slow
def test_records_that_begin_in_the_middle():
    """Late records are on the attractor but for slow modes: right, or not identifiable, and never sure and wrong."""
    for seed in (1, 2):
        β = measure_universe(mixed(seed, 0.1, start=15, noise=1e-3).without_kernel(), 0.1).momentum
        assert not β.identifiable or β.value == pytest.approx(0.5, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("blind", "rate", "momentum"),
    [
        (True, lambda n: 0.3 * min(1, (n + 1) / 10), 0.5),
        (False, lambda n: 0.3 * min(1, (n + 1) / 30), 0.5),
        (False, lambda n: 0.3 * (1 - n / 61), 0.5),
        (False, lambda n: 0.15 * (1 + np.cos(np.pi * n / 60)), 0.5),
        (False, 0.1, lambda n: 0.3 + 0.5 * n / 60),
    ],
    ids=["short warm-up", "long warm-up", "linear decay", "cosine", "growing momentum"],
)
def test_schedules_are_told_or_do_no_harm(blind, rate, momentum):
    record = mixed(5, rate, momentum)
    β = measure_universe(record.without_kernel() if blind else record, 0.3).momentum
    if β.identifiable:
        assert not callable(momentum)
        assert β.low <= 0.5 <= β.high
    else:
        assert "changes along the record" in β.reason


def test_unknown_targets_are_fitted_too():
    κ = [0.5, 0.12]
    outputs, _ = record(np.random.default_rng(2), 3, 150, 5, 0.5, κ, rest=True)
    ends = np.random.default_rng(3).normal(size=5)
    found = measure_universe(trajectories(outputs + ends), ETA, intervals="curvature")
    assert found.hubble_rate.value == pytest.approx(dual_universe(ETA, 0.5).hubble_rate, rel=1e-5)
    np.testing.assert_allclose([m.value for m in found.masses_squared], np.array(κ) / ETA, rtol=1e-4)


def test_on_the_attractor_only_a_known_kernel_tells_friction():
    """Plain gradient descent: one root. Blind, every H fits; with the kernel, the roots of the modes tell β = 0."""
    κ = np.array([0.8, 0.4, 0.1, 0.05])
    outputs, directions = record(np.random.default_rng(4), 6, 100, 8, 0.0, κ, noise=1e-3, rest=True)
    blind = measure_universe(trajectories(outputs, np.zeros(8)), ETA, intervals="curvature")
    assert not blind.hubble_rate.identifiable
    assert blind.hubble_rate.value is None
    assert "never leaves the slow-roll attractor" in blind.hubble_rate.reason
    rates = [estimate.value for estimate in blind.decay_rates]
    np.testing.assert_allclose(rates, -np.log(1 - κ), rtol=0.02)  # m²/3H is visible
    known = measure_universe(trajectories(outputs, np.zeros(8), kernel_of(directions, κ)), ETA)
    assert known.hubble_rate.identifiable
    assert known.momentum.low <= 0.0 <= known.momentum.high
    assert known.hubble_rate.value == pytest.approx(dual_universe(ETA, 0.0).hubble_rate, rel=0.02)


def train(momentum, eta_lambda_max, members, updates):
    """Outputs and initial kernels of wide networks on the circle, in float64."""
    data, network, key = circle(points=32), Perceptron((2, 2048, 2048, 1)), jax.random.key(3)
    mapping, loss = choose_mapping("map", members), SquaredLoss("sum")
    λ = np.linalg.eigvalsh(mean_initial_kernel(network, data, key, members, mapping))[-1]
    optimiser = HeavyBall(eta_lambda_max / λ, momentum)
    (chunk,) = train_ensemble(
        network, data, loss, optimiser, key, members, range(updates + 1), mapping, snapshot_updates=(0,)
    )
    assert chunk.kernels is not None
    record = np.moveaxis(chunk.outputs[..., 0], 0, 1)
    return record, data.targets[:, 0], chunk.kernels[:, 0], float(optimiser.learning_rate)


@pytest.mark.slow
def test_wide_networks_show_their_hubble_rate_blind():
    """Width 2048, β = 0.5: within 1 % of the dictionary."""
    outputs, targets, _, η = train(0.5, 0.5, members=2, updates=100)
    found = measure_universe(trajectories(outputs, targets), η, 0.5)
    exact = dual_universe(η, 0.5)
    assert found.hubble_rate.identifiable
    assert found.hubble_rate.value == pytest.approx(exact.hubble_rate, rel=0.01)
    assert found.hubble_rate.low <= exact.hubble_rate <= found.hubble_rate.high


@pytest.mark.slow
def test_plain_descent_of_wide_networks_is_told_by_their_kernels():
    """Width 2048, β = 0, ηλ_max = 0.8: within 2 %. Exact records from rest tell it blind too, with β's own kick
    missing; noise of 10⁻³ of the outputs hides that, and leaves it to the kernels.
    """
    outputs, targets, kernels, η = train(0.0, 0.8, members=2, updates=100)
    exact = dual_universe(η, 0.0)
    for kernel in (None, kernels):
        found = measure_universe(trajectories(outputs, targets, kernel), η, 0.0)
        assert found.hubble_rate.identifiable
        assert found.hubble_rate.value == pytest.approx(exact.hubble_rate, rel=0.02)
        assert found.hubble_rate.low <= exact.hubble_rate <= found.hubble_rate.high
    noisy = outputs + 1e-3 * np.random.default_rng(20261130).normal(size=outputs.shape)
    assert not measure_universe(trajectories(noisy, targets), η, 0.0).hubble_rate.identifiable


@pytest.mark.slow
def test_the_posterior_agrees_with_the_curvature_where_noise_is_small():
    """Small white noise: the posterior is Gaussian, with the covariance of the curvature."""
    outputs, _ = record(np.random.default_rng(8), 3, 60, 5, 0.6, [0.3, 0.06], noise=0.01)
    recorded = trajectories(outputs, np.zeros(5))
    normal, sampled = (measure_universe(recorded, ETA, intervals=kind) for kind in ("curvature", "posterior"))
    assert sampled.interval == "posterior"
    pairs = [
        (normal.hubble_rate, sampled.hubble_rate),
        *zip(normal.masses_squared, sampled.masses_squared, strict=True),
    ]
    for gaussian, free in pairs:
        assert abs(free.value - gaussian.value) < 0.2 * gaussian.standard_error
        assert free.high - free.low == pytest.approx(gaussian.high - gaussian.low, rel=0.15)


@pytest.mark.slow
def test_what_is_no_training_at_constant_kernel_is_not_measured():
    """A diverging run under noise, noise alone, and a random walk: no number, and a reason."""
    rng = np.random.default_rng(9)
    diverging, _ = record(rng, 6, 60, 4, 0.1, [3.6, 1.3], noise=1e-4, rest=True)
    noise, walk = rng.normal(size=(60, 6, 4)), np.cumsum(rng.normal(size=(60, 6, 4)), axis=0)
    for outputs in (diverging, noise, walk):
        found = measure_universe(trajectories(outputs, np.zeros(4)), ETA, intervals="curvature")
        assert not found.hubble_rate.identifiable
        assert found.hubble_rate.reason


@pytest.mark.slow
def test_searches_do_not_end_far_from_the_truth():
    """Noise of a tenth of the signal, known kernel: regressions alone begin in a wrong valley."""
    κ = np.array([0.2, 0.075, 0.025, 0.005])
    for seed in (107, 108, 109):
        outputs, directions = record(np.random.default_rng(seed), 6, 120, 4, 0.9, κ, noise=0.2, rest=True)
        found = measure_universe(
            trajectories(outputs, np.zeros(4), kernel_of(directions, κ)), ETA, intervals="curvature"
        )
        assert found.momentum.value == pytest.approx(0.9, abs=0.02)
        np.testing.assert_allclose([e.value for e in found.eta_lambdas[:2]], κ[:2], rtol=0.1)


def test_records_in_the_wrong_order_show_negative_friction():
    κ = np.array([0.5, 0.12, 0.04])
    outputs, directions = record(np.random.default_rng(1), 3, 40, 7, 0.8, κ)
    found = measure_universe(trajectories(outputs[::-1], np.zeros(7), kernel_of(directions, κ)), ETA, 0.8)
    assert not found.momentum.identifiable
    assert "negative friction" in found.momentum.reason


def test_targets_of_another_run_do_no_harm():
    """A constant force along directions that are followed is one more column: the momentum comes out all the same."""
    κ = np.array([0.5, 0.12, 0.04])
    outputs, directions = record(np.random.default_rng(1), 3, 40, 7, 0.8, κ, rest=True)
    found = measure_universe(trajectories(outputs, np.full(7, 2.0), kernel_of(directions, κ)), ETA, 0.8)
    assert found.hubble_rate.identifiable
    assert found.hubble_rate.value == pytest.approx(dual_universe(ETA, 0.8).hubble_rate, rel=1e-6)
    assert any("measured without it" in note for note in found.notes)


def test_a_momentum_that_is_written_alike_is_no_other():
    """Without noise intervals are narrower than any number is printed."""
    κ = np.array([0.5, 0.12, 0.04])
    outputs, directions = record(np.random.default_rng(1), 3, 40, 7, 0.8 + 1e-7, κ)
    found = measure_universe(trajectories(outputs, np.zeros(7), kernel_of(directions, κ)), ETA, 0.8)
    assert not any("not 0.8 as given" in note for note in found.notes)


def test_members_that_change_places_are_named():
    """Every update holds the same networks in another order: what is left is large and white."""
    rng = np.random.default_rng(11)
    κ = np.array([0.6, 0.2, 0.06, 0.02])
    outputs, directions = record(rng, 8, 40, 4, 0.8, κ)
    mixed_up = np.stack([rng.permutation(row) for row in outputs])
    found = measure_universe(trajectories(mixed_up, np.zeros(4), kernel_of(directions, κ)), ETA, 0.8)
    assert not found.hubble_rate.identifiable
    assert "members in another order at every update" in found.hubble_rate.reason
