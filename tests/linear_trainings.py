"""Trainings of models that are linear in their parameters, in NumPy: kernels never move; any loss and schedule."""

from collections.abc import Callable
from typing import Any

import numpy as np

POINTS, MEMBERS = 12, 6


def kernel_of(seed: int = 0, largest: float = 1.0, smallest: float = 0.02, points: int = POINTS) -> np.ndarray:
    """Symmetric, with eigenvalues even in the logarithm."""
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(points, points)))[0]
    return (turn * np.geomspace(largest, smallest, points)) @ turn.T


def train(
    kernel: np.ndarray,
    rate: Any,
    momentum: float,
    updates: int,
    gradient: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None,
    seed: int = 1,
    members: int = MEMBERS,
    decay: float = 0.0,
) -> np.ndarray:
    """Outputs (update, member, point) of functions f ← f − ηv, v ← βv + ΘG(f) + w(f − f₀); G(f) = f by default.

    rate: η, or a function of the update.
    """
    rng = np.random.default_rng(seed)
    f = start = rng.normal(size=(members, len(kernel)))
    v, outputs = np.zeros_like(f), []
    for update in range(updates + 1):
        outputs.append(f)
        η = rate(update) if callable(rate) else rate
        pull = f if gradient is None else gradient(f, rng)
        v = momentum * v + pull @ kernel + decay * (f - start)
        f = f - η * v
    return np.stack(outputs)
