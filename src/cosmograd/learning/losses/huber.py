"""Huber's loss: squared up to a distance from the targets, linear beyond it."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Shaped

from cosmograd.learning.losses.abstract import NORMALISATIONS, AbstractDeviationLoss, AbstractLoss


class HuberLoss(AbstractDeviationLoss):
    r"""$\ell(d) = d^2/2$ for $|d| \leq s$, and $s(|d| - s/2)$ beyond.

    PyTorch's `HuberLoss(delta=s)`, and s times its `SmoothL1Loss(beta=s)`, summed over outputs. A massive field where
    it is within s of the targets, and a linear potential outside. Source: Huber 1964, doi:10.1214/aoms/1177703732.
    """

    normalisation: str = eqx.field(static=True, default="mean")
    scale: float = eqx.field(static=True, default=1.0)

    def __check_init__(self) -> None:
        if not 0 < self.scale < float("inf"):
            raise ValueError(f"`scale` is {self.scale!r}; allowed: a positive number.")

    def density(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        inside = self.force(deviations)
        return inside * (deviations - inside / 2)

    def force(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        return jnp.clip(deviations, -self.scale, self.scale)

    def curvature(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        return (abs(deviations) <= self.scale) * jnp.ones_like(deviations)

    @classmethod
    def examples(cls) -> tuple[AbstractLoss, ...]:
        return tuple(cls(name, 0.4) for name in NORMALISATIONS)
