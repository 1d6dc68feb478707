"""The ensemble that the training benchmarks train, and how much arithmetic that is."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

from cosmograd.learning import choose_mapping, train_ensemble
from cosmograd.learning.datasets import Dataset, make_dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.optimisers import GradientDescent

POINTS, FEATURES, OUTPUTS = 256, 64, 10
LEARNING_RATE = 0.05


class Workload(NamedTuple):
    """`members` networks 64-width-width-10 with tanh on 256 points, for `updates` of plain gradient descent."""

    width: int
    members: int
    updates: int

    @property
    def network(self) -> Perceptron:
        return Perceptron((FEATURES, self.width, self.width, OUTPUTS))

    @property
    def dataset(self) -> Dataset:
        generator = np.random.default_rng(0)
        return make_dataset(generator.normal(size=(POINTS, FEATURES)), generator.normal(size=(POINTS, OUTPUTS)))

    @property
    def flop(self) -> float:
        """Dense products only: forward, gradient of weights and, but for the first layer, gradient of inputs.

        Drawing the networks, activations, losses, updates and the recorded outputs count as nothing.
        """
        w = self.width
        per_update = POINTS * (4 * FEATURES * w + 6 * w * w + 6 * w * OUTPUTS)
        return float(per_update * self.members * self.updates)

    def train(self, strategy: str) -> Callable[[], None]:
        """Our whole job, as a user calls it: draw the members, train them, record the last outputs on the host."""
        network, dataset = self.network, self.dataset
        mapping = choose_mapping(strategy, self.members)

        def run() -> None:
            chunks = train_ensemble(
                network,
                dataset,
                SquaredLoss(),
                GradientDescent(LEARNING_RATE),
                jax.random.key(1),
                self.members,
                [self.updates],
                mapping,
                precision="float32",
                memory_budget=2**31,
            )
            for chunk in chunks:
                if not np.isfinite(chunk.outputs).all():
                    raise FloatingPointError("the benchmark's training diverged; its time means nothing")

        return run
