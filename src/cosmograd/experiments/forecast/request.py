"""What a forecast is asked for."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cosmograd.experiments.prediction.linearised_run import GivenPoints
from cosmograd.learning.losses import AbstractLoss
from cosmograd.learning.optimisers import AbstractAdaptive, AbstractOptimiser, CoupledWeightDecay, DecoupledWeightDecay
from cosmograd.learning.tangent_kernel import TangentKernel


@dataclass(frozen=True)
class ForecastRequest:
    """kernel: of the model on the points; method: None where it has no recursion; refusal: why; batch_size: None for
    full batches; trial: updates of the real model's training on which the forecast is tried, 0 for none.
    """

    kernel: TangentKernel
    points: GivenPoints
    probe_targets: np.ndarray | None
    loss: AbstractLoss
    method: AbstractOptimiser | AbstractAdaptive | None
    updates: int
    stops: np.ndarray
    batch_size: int | None = None
    replacement: bool = False
    trial: int = 0
    refusal: str = ""


@dataclass(frozen=True)
class UsersNumbers:
    """Momentum, b1 and weight decay that the user's method has, those of PyTorch where it has none."""

    momentum: float
    b1: float
    weight_decay: float


def users_numbers(method: Any) -> UsersNumbers:
    """Of schedules the last."""
    if isinstance(method, AbstractAdaptive):
        b1 = float(getattr(method, "b1", 0.9))
        return UsersNumbers(0.9, b1, float(method.weight_decay))
    w, inner = 0.0, method
    if isinstance(method, CoupledWeightDecay):
        w, inner = float(method.weight_decay), method.method
    elif isinstance(method, DecoupledWeightDecay):
        κ, η = (float(np.ravel(x)[-1]) for x in (method.shrinkage, method.learning_rate))
        w, inner = κ / η if η else 0.0, method.method
    β = float(np.ravel(inner.momentum)[-1]) if inner is not None else 0.0
    return UsersNumbers(β or 0.9, 0.9, w)
