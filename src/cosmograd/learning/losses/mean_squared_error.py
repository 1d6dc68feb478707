"""The mean of squares without a half, as PyTorch and Keras mean it."""

from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Shaped

from cosmograd.learning.losses.abstract import NORMALISATIONS, AbstractLoss


class MeanSquaredError(AbstractLoss):
    r"""$\ell = \frac1k\sum_id_i^2$ of k outputs, mean over points; or $\sum_id_i^2$, sum over points.

    PyTorch's `MSELoss(reduction="mean")` and `"sum"`, Keras's `MeanSquaredError`: 2/k and 2 times the squared loss of
    the dictionary, so that learning rates are k/2 and ½ times as large.
    """

    normalisation: str = eqx.field(static=True, default="mean")

    def constant_curvature(self, outputs: int) -> float:
        return 2 / outputs if self.normalisation == "mean" else 2.0

    def of_points(
        self, outputs: Shaped[Any, "*lead points outputs"], targets: Shaped[Any, "points outputs"]
    ) -> Shaped[Any, "*lead points"]:
        return self.constant_curvature(targets.shape[-1]) / 2 * ((outputs - targets) ** 2).sum(axis=-1)

    def forces(
        self, outputs: Shaped[Any, "*lead points outputs"], targets: Shaped[Any, "points outputs"]
    ) -> Shaped[Any, "*lead points outputs"]:
        return self.constant_curvature(targets.shape[-1]) * (outputs - targets)

    def curvatures(
        self, outputs: Shaped[Any, "*lead points outputs"], targets: Shaped[Any, "points outputs"]
    ) -> Shaped[Any, "*lead points outputs outputs"]:
        k = targets.shape[-1]
        return self.constant_curvature(k) * np.eye(k) + 0 * (outputs - targets)[..., None]

    @classmethod
    def examples(cls) -> tuple[AbstractLoss, ...]:
        return tuple(cls(name) for name in NORMALISATIONS)
