"""Regressions with drifting kernels against trainings whose momentum, masses and drift are known."""

import jax
import numpy as np
import pytest
from linear_trainings import kernel_of, train

from cosmograd.duality import dual_universe
from cosmograd.learning import choose_mapping, mean_initial_kernel, train_ensemble
from cosmograd.learning.datasets import circle
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.optimisers import HeavyBall
from cosmograd.measurement import ensemble_of, measure_universe, trajectories
from cosmograd.measurement.drift_regression import solved

ETA = 0.3


def measured(outputs, momentum=None, updates=None, **more):
    zeros = np.zeros(outputs.shape[2])
    numbers = np.arange(len(outputs)) if updates is None else updates
    return measure_universe(trajectories(outputs, zeros, updates=numbers), ETA, momentum, **more)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_constant_kernels_show_their_momentum_exactly(momentum):
    """Exact records from rest, blind; plain gradient descent too, since a momentum would show in the first updates."""
    found = measured(train(kernel_of(), ETA, momentum, 80), momentum)
    assert found.estimator == "regression"
    assert found.momentum.value == pytest.approx(momentum, abs=1e-8)
    assert found.hubble_rate.value == pytest.approx(dual_universe(ETA, momentum).hubble_rate, rel=1e-7)
    assert found.kernel_drift.value == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("spacing", [2, 3, 5])
@pytest.mark.parametrize("noise", [0.0, 1e-4])
def test_records_at_an_even_spacing_are_exact(spacing, noise):
    """b = β^k and the roots' powers: β and the masses of single updates come back."""
    outputs = train(kernel_of(largest=0.2), ETA, 0.9, 240)[::spacing]
    outputs = outputs + noise * np.random.default_rng(3).normal(size=outputs.shape)
    found = measured(outputs, 0.9, spacing * np.arange(len(outputs)))
    assert found.estimator == ("trajectory" if noise else "regression")
    assert found.momentum.value == pytest.approx(0.9, abs=10 * noise + 1e-8)
    assert found.eta_lambdas[0].value == pytest.approx(0.2 * ETA, rel=1e-3)
    assert found.updates == 240


def outputs_that_share_kernels(points, outputs, scatter, drift, updates=150, members=5, momentum=0.9):
    """Networks with kernels of their own over the points, which all outputs share, from random starts; their mean."""
    rng = np.random.default_rng(20261201)
    kernel = kernel_of(largest=0.3 / ETA, smallest=0.003 / ETA, points=points)
    values, vectors = np.linalg.eigh(kernel)
    root = (vectors * np.sqrt(values)) @ vectors.T
    noise = rng.normal(size=(members, points, points)) / np.sqrt(points)
    kernels = root @ (np.eye(points) + scatter * (noise + np.swapaxes(noise, 1, 2)) / 2) @ root
    d, v, recorded = rng.normal(size=(members, points, outputs)), 0.0, []
    for update in range(updates + 1):
        recorded.append(d)
        v = momentum * v - ETA * (1 + drift * np.log1p(update) / np.log1p(updates)) * (kernels @ d)
        d = d + v
    record = trajectories(np.stack(recorded), np.zeros((points, outputs)), updates=np.arange(updates + 1))
    return record, ETA * np.linalg.eigvalsh(kernels.mean(axis=0))[::-1]


@pytest.mark.parametrize("outputs", [1, 4])
def test_outputs_share_the_masses_over_the_points(outputs):
    """Every mass stands once, whatever the number of outputs; and exactly, where all networks have one kernel."""
    record, κ = outputs_that_share_kernels(20, outputs, 0.0, 0.0)
    found = measure_universe(record, ETA)
    np.testing.assert_allclose([one.value for one in found.eta_lambdas[:8]], κ[:8], rtol=1e-4)
    record, κ = outputs_that_share_kernels(20, outputs, 0.05, 0.1)
    found = measure_universe(record, ETA)
    assert all(one.low <= own <= one.high for one, own in zip(found.eta_lambdas[:4], κ, strict=False))
    assert found.kernel_drift.low <= 0.1 <= found.kernel_drift.high


def test_modes_beyond_the_directions_that_are_followed_are_no_masses():
    """Random starts along a hundred points move along more directions than are followed, and mix them."""
    record, _ = outputs_that_share_kernels(100, 10, 0.0, 0.0, updates=60)
    found = measure_universe(record, ETA)
    assert found.momentum.value == pytest.approx(0.9, abs=0.05)
    assert not any(one.identifiable for one in found.masses_squared)
    assert "reach outside of the 40 strongest directions" in found.masses_squared[0].reason


def test_known_kernels_show_the_step():
    """A kernel given twice too large makes the step half of what was given; the eigenvalues of K stay."""
    kernel = kernel_of(smallest=0.1)
    outputs = train(kernel, ETA, 0.5, 60)
    record = trajectories(outputs, np.zeros(len(kernel)), 2 * kernel, updates=np.arange(61))
    found = measure_universe(record, ETA, 0.5)
    assert found.step is not None
    assert found.step.value == pytest.approx(ETA / 2, rel=1e-6)
    assert found.eta_lambdas[0].value == pytest.approx(ETA, rel=1e-4)
    assert any("0.5 times as large as given" in note and "That is 1 − β" in note for note in found.notes)


def test_an_average_of_gradients_is_heavy_ball_at_a_smaller_step():
    kernel = kernel_of(smallest=0.1)
    outputs = train(kernel, 0.2 * ETA, 0.8, 100)
    record = trajectories(outputs, np.zeros(len(kernel)), kernel, updates=np.arange(101))
    found = measure_universe(record, ETA, 0.8, convention="averaged", optimiser="sgd")
    assert found.step is not None
    assert found.step.predicted == pytest.approx(0.2 * ETA)
    assert found.step.low <= 0.2 * ETA <= found.step.high
    assert not any("times as large as given" in note for note in found.notes)
    with pytest.raises(ValueError, match="needs the `momentum`"):
        measure_universe(record, ETA, convention="averaged")


def test_the_estimators_agree_where_noise_is_small():
    outputs = train(kernel_of(smallest=0.1), ETA, 0.8, 60)
    outputs = outputs + 1e-6 * np.random.default_rng(5).normal(size=outputs.shape)
    by = {name: measured(outputs, estimator=name).momentum for name in ("regression", "trajectory")}
    for estimate in by.values():
        assert estimate.low <= 0.8 <= estimate.high
    assert by["trajectory"].high - by["trajectory"].low < by["regression"].high - by["regression"].low


def test_members_may_come_in_any_order_and_from_several_files():
    outputs = train(kernel_of(), ETA, 0.7, 60) + 0.0
    whole = measured(outputs).momentum
    turned = measured(outputs[:, ::-1]).momentum
    parts = [trajectories(outputs[:, [m]], np.zeros(outputs.shape[2]), updates=np.arange(61)) for m in range(6)]
    together = measure_universe(ensemble_of(parts), ETA).momentum
    assert together.value == pytest.approx(whole.value, abs=1e-12)
    assert together.high == pytest.approx(whole.high, abs=1e-9)
    assert turned.value == pytest.approx(whole.value, abs=1e-9)
    with pytest.raises(ValueError, match="record 2 has another first update"):
        ensemble_of([parts[0], trajectories(outputs[5:, [1]], np.zeros(outputs.shape[2]), updates=np.arange(5, 61))])


def logistic(f, _):
    labels = np.where(np.arange(f.shape[-1]) % 2, 1.0, -1.0)
    return -labels / (1 + np.exp(labels * f))


def bent(f, _):
    return f / np.sqrt(1 + (f / 0.3) ** 2)


def batches(f, rng):
    chosen = rng.permuted(np.broadcast_to(np.arange(f.shape[-1]) < f.shape[-1] // 2, f.shape), axis=1)
    return 2 * f * chosen


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("cross-entropy", {"gradient": logistic, "rate": 1.0, "momentum": 0.8}),
        ("bends where they differ by much", {"gradient": bent, "rate": 0.3, "momentum": 0.8}),
        ("batches drawn at random", {"gradient": batches, "rate": 0.2, "momentum": 0.8}),
        ("stand still from record 0 to record 1", {"rate": lambda n: ETA * min(1, n / 20), "momentum": 0.8}),
        ("a warm-up of the learning rate", {"rate": lambda n: ETA * min(1, (n + 1) / 20), "momentum": 0.8}),
        ("a step of the learning rate", {"rate": lambda n: ETA * (0.2 if n > 30 else 1.0), "momentum": 0.8}),
        ("comes to rest off its targets", {"rate": ETA, "momentum": 0.8, "decay": 0.2}),
        ("grow", {"rate": -0.02, "momentum": 0.5}),
        ("period of two", {"rate": 3.7, "momentum": 0.8}),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_other_motions_are_named(words, arguments):
    targets = np.where(np.arange(12) % 2, 1.0, -1.0) if "cross" in words else np.zeros(12)
    settings = {"kernel": kernel_of(smallest=0.1), "updates": 80} | arguments
    record = trajectories(train(**settings), targets, updates=np.arange(81))
    found = measure_universe(record, ETA)
    said = [found.hubble_rate.reason, *found.notes]
    assert any(words in text for text in said), said


@pytest.fixture(scope="module")
def narrow():
    """Six networks of width 128 on the circle at β = 0.8, with kernels at the start and the end."""
    data, network, key = circle(points=16), Perceptron((2, 128, 128, 1)), jax.random.key(20261130)
    mapping, loss = choose_mapping("map", 6), SquaredLoss("sum")
    λ = np.linalg.eigvalsh(mean_initial_kernel(network, data, key, 6, mapping))[-1]
    η = 0.3 / λ
    (chunk,) = train_ensemble(
        network, data, loss, HeavyBall(η, 0.8), key, 6, range(101), mapping, snapshot_updates=(0, 20, 100)
    )
    assert chunk.kernels is not None
    return np.moveaxis(chunk.outputs[..., 0], 0, 1), data.targets[:, 0], np.moveaxis(chunk.kernels, 1, 0), float(η)


def test_narrow_networks_show_momentum_masses_and_drift(narrow):
    """The interval holds the dictionary's H, the drift and the leading masses of the networks' own mean kernels."""
    outputs, targets, kernels, η = narrow
    found = measure_universe(trajectories(outputs, targets, updates=np.arange(101)), η, 0.8)
    assert found.hubble_rate.low <= dual_universe(η, 0.8).hubble_rate <= found.hubble_rate.high
    assert found.hubble_rate.value == pytest.approx(dual_universe(η, 0.8).hubble_rate, rel=0.05)
    mean = kernels.mean(axis=1)
    drift = np.linalg.norm(mean[-1] - mean[0]) / np.linalg.norm(mean[0])
    assert found.kernel_drift.low <= drift <= found.kernel_drift.high
    over_time = found.eta_lambda_over_time
    for snapshot, update in enumerate((0, 20, 100)):
        largest = η * np.linalg.eigvalsh(mean[snapshot])[-1]
        assert over_time.low[update, 0] <= largest <= over_time.high[update, 0]


def test_snapshots_of_the_kernel_show_the_step(narrow):
    outputs, targets, kernels, η = narrow
    record = trajectories(outputs, targets, kernels, np.arange(101), kernel_updates=[0, 20, 100])
    found = measure_universe(record, η, 0.8)
    assert found.kernel == "known"
    assert found.step is not None
    assert found.step.value == pytest.approx(η, rel=0.01)
    assert found.momentum.low <= 0.8 <= found.momentum.high


def test_one_network_alone_has_wider_intervals(narrow):
    outputs, targets, _, η = narrow
    widths = []
    for members in (1, 6):
        β = measure_universe(trajectories(outputs[:, :members], targets, updates=np.arange(101)), η).momentum
        assert β.low <= 0.8 <= β.high
        widths.append(β.high - β.low)
    assert widths[0] > widths[1]


@pytest.mark.slow
def test_little_noise_leaves_the_answer_to_regressions(narrow):
    """Noise that moves β by less than its interval needs no trajectory fit; where it moves β by more, one answers."""
    outputs, targets, _, η = narrow
    noise = np.random.default_rng(20261201).normal(size=outputs.shape)
    for size, estimator in ((1e-7, "regression"), (1e-3, "trajectory")):
        found = measure_universe(trajectories(outputs + size * noise, targets, updates=np.arange(101)), η, 0.8)
        assert found.estimator == estimator
        assert found.momentum.low <= 0.8 <= found.momentum.high


def test_columns_that_explain_nothing_are_left_out():
    """A singular Gram matrix: the coefficient of a column of zeros is zero, the others are as without it."""
    rows = np.random.default_rng(20261201).normal(size=(40, 3))
    rows[:, 0] = 0.0
    alone = solved(rows[:, 1:].T @ rows[:, 1:])
    np.testing.assert_allclose(solved(rows.T @ rows), [0.0, *alone], rtol=1e-12)
