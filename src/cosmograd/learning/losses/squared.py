"""Squared loss."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Shaped

from cosmograd.learning.losses.abstract import NORMALISATIONS, AbstractDeviationLoss, AbstractLoss


class SquaredLoss(AbstractDeviationLoss):
    r"""$\ell(d) = d^2/2$: the one loss that is quadratic in the outputs, a free field."""

    normalisation: str = eqx.field(static=True, default="mean")

    def density(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        return 0.5 * deviations**2

    def force(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        return deviations

    def curvature(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        return jnp.ones_like(deviations)

    def constant_curvature(self, outputs: int) -> float:
        del outputs
        return 1.0

    @classmethod
    def examples(cls) -> tuple[AbstractLoss, ...]:
        return tuple(cls(name) for name in NORMALISATIONS)
