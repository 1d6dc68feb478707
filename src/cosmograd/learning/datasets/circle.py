"""Points on the unit circle with a Fourier series as the target."""

import math
from collections.abc import Sequence

import numpy as np

from cosmograd.learning.datasets.dataset import Dataset, make_dataset


def circle(
    points: int = 32,
    probe_points: int = 0,
    cosine: Sequence[float] = (0.0, 1.0),
    sine: Sequence[float] = (0.0, 0.0, 0.5),
) -> Dataset:
    r"""Equidistant points $x = (\cos\vartheta, \sin\vartheta)$ with a Fourier series as the target.

    $$y = \sum_k a_k\cos k\vartheta + b_k\sin k\vartheta$$

    `cosine` and `sine` are $a_0, a_1, …$ and $b_0, b_1, …$ ($b_0$ is without effect); the default is
    $\cos\vartheta + \tfrac12\sin 2\vartheta$. The N training points lie at $2\pi j/N$; the N′ probe points at
    $2\pi j/N' + \pi/{\rm lcm}(N, N')$, as far from all training points as N′ equidistant points can be.
    """
    if points < 1 or probe_points < 0:
        raise ValueError(f"circle: need points ≥ 1 and probe_points ≥ 0, got {points} and {probe_points}.")
    if not np.isfinite([*cosine, *sine]).all():
        raise ValueError(f"circle: the Fourier coefficients must be finite, got {cosine} and {sine}.")

    def target(angle: np.ndarray) -> np.ndarray:
        value = np.zeros_like(angle)
        for k, amplitude in enumerate(cosine):
            value += amplitude * np.cos(k * angle)
        for k, amplitude in enumerate(sine):
            value += amplitude * np.sin(k * angle)
        return value

    def embed(angle: np.ndarray) -> np.ndarray:
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    train = 2 * np.pi * np.arange(points) / points
    probe = 2 * np.pi * np.arange(probe_points) / max(probe_points, 1) + np.pi / max(math.lcm(points, probe_points), 1)
    return make_dataset(embed(train), target(train), embed(probe), target(probe), "circle")
