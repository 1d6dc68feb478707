"""The mean loss of training by minibatches: against all sequences of batches, simulated runs, and exact radii."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.duality.minibatch_mean import (
    largest_stable_learning_rate,
    mean_of_spectrum,
    mean_square_radius,
    minibatch_mean,
)
from cosmograd.learning.optimisers import HeavyBall, sgd

# Declared before any run was made.
SEED = 20261210


def kernel_of(points: int, outputs: int, rank: int = 12) -> np.ndarray:
    A = np.random.default_rng(SEED).standard_normal((points * outputs, rank))
    return A @ A.T / rank + 0.2 * np.eye(points * outputs)


def trained(kernel, d, η, β, batches, outputs):
    """½|d|²/N after each update with these batches, lists of points."""
    v, losses, points = np.zeros_like(d), [0.5 * d @ d], len(d) // outputs
    for batch in batches:
        force = np.zeros((points, outputs))
        for point in batch:
            force[point] += d.reshape(points, outputs)[point]
        v = β * v - η / len(batch) * kernel @ force.ravel()
        d = d + v
        losses.append(0.5 * d @ d)
    return np.array(losses) / points


class TestExactly:
    @pytest.mark.parametrize("replacement", [False, True])
    @pytest.mark.parametrize(("points", "outputs", "batch"), [(3, 1, 1), (3, 2, 2), (4, 1, 2)])
    @pytest.mark.parametrize("β", [0.0, 0.8])
    def test_mean_over_all_sequences_of_batches(self, points, outputs, batch, replacement, β):
        kernel = kernel_of(points, outputs)
        d = np.random.default_rng(SEED + 1).standard_normal((points, outputs))
        draw = (
            (lambda: itertools.product(range(points), repeat=batch))
            if replacement
            else (lambda: itertools.combinations(range(points), batch))
        )
        expected = np.mean(
            [trained(kernel, d.ravel(), 0.4, β, batches, outputs) for batches in itertools.product(draw(), repeat=3)],
            axis=0,
        )
        found, mean = minibatch_mean(kernel, d, HeavyBall(0.4, β), batch, [0, 1, 2, 3], replacement)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        assert (mean[1:] < found[1:]).all()

    def test_full_batches_make_no_noise(self):
        kernel, d = kernel_of(6, 1), np.ones((6, 1))
        found, mean = minibatch_mean(kernel, d, HeavyBall(0.4, 0.5), 6, [1, 5, 50])
        np.testing.assert_allclose(found, mean, rtol=1e-11)

    @pytest.mark.parametrize("β", [0.0, 0.7])
    @pytest.mark.parametrize("batch", [1, 3])
    def test_radius_is_that_of_the_map(self, β, batch):
        """The map on (P, Q, S) written out as a matrix, for four points; P and S symmetric."""
        points, η = 4, 0.9
        kernel = kernel_of(points, 1)
        s_2 = (batch - 1) / (batch * points * (points - 1))
        s_1 = 1 / (batch * points) - s_2
        G = η / points * kernel

        def advance(x):
            P, Q, S = x.reshape(3, points, points)
            P, S = (P + P.T) / 2, (S + S.T) / 2  # all others are no moments
            M = s_1 * np.diag(np.diag(P)) + s_2 * P
            S = β**2 * S - β * (Q.T @ G + G @ Q) + η**2 * kernel @ M @ kernel
            X = β * Q - P @ G
            return np.stack([P + X + X.T + S, X + S, S]).ravel()

        matrix = np.stack([advance(unit) for unit in np.eye(3 * points**2)], axis=1)
        expected = np.abs(np.linalg.eigvals(matrix)).max()
        assert mean_square_radius(kernel, η, β, batch) == pytest.approx(expected, rel=1e-4)

    @pytest.mark.parametrize("β", [0.0, 0.9])
    def test_limit_of_large_batches_is_that_of_full_ones(self, β):
        kernel = kernel_of(8, 1)
        full = 2 * (1 + β) / np.linalg.eigvalsh(kernel)[-1] * 8
        limits = [largest_stable_learning_rate(kernel, β, batch) for batch in (1, 4, 7, 8)]
        assert limits == sorted(limits)
        assert limits[-1] == pytest.approx(full, rel=1e-12)
        assert (
            mean_square_radius(kernel, 0.99 * limits[1], β, 4) < 1 < mean_square_radius(kernel, 1.01 * limits[1], β, 4)
        )

    def test_one_mode_by_hand(self):
        """One pass, one feature, β = 0: p' = (1 − 2ηλ + η²λ²(1 + 2/B))p + η²λσ²/B."""
        η, λ, B, noise = 0.3, 0.7, 4, 0.2
        p, losses = 1.5, []
        for _ in range(6):
            losses.append((λ * p + noise) / 2)
            p = (1 - 2 * η * λ + η**2 * λ**2 * (1 + 2 / B)) * p + η**2 * λ * noise / B
        found = mean_of_spectrum(np.array([λ]), np.array([1.5]), HeavyBall(η), B, np.arange(6), noise)
        np.testing.assert_allclose(found.loss, losses, rtol=1e-13)

    def test_refusals(self):
        with pytest.raises(ValueError, match="batch of 9 cannot be drawn from 4 points"):
            minibatch_mean(kernel_of(4, 1), np.ones((4, 1)), HeavyBall(0.1), 9, [1])
        with pytest.raises(ValueError, match="gradient descent and heavy ball"):
            minibatch_mean(kernel_of(4, 1), np.ones((4, 1)), sgd(0.1, 0.9, nesterov=True), 1, [1])


class TestSchedulesCanBeOptimised:
    def test_the_mean_loss_is_differentiable_in_the_schedule(self):
        λ = np.arange(1, 40.0) ** -1.5

        def loss(rates):
            optimiser = eqx.tree_at(lambda o: o.learning_rate, HeavyBall(0.2, 0.5), rates)
            return mean_of_spectrum(λ, np.ones(39), optimiser, 8, [30], 0.1).loss[0]

        rates = jnp.linspace(0.3, 0.05, 30)
        slope, h = jax.jvp(loss, (rates,), (rates,))[1], 1e-5
        assert slope == pytest.approx(float((loss(rates * (1 + h)) - loss(rates * (1 - h))) / (2 * h)), rel=1e-7)
