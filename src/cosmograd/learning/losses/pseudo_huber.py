"""Pseudo-Huber loss: squared near the targets, linear far from them."""

from typing import Any

import equinox as eqx
from jaxtyping import Shaped

from cosmograd.learning.losses.abstract import NORMALISATIONS, AbstractDeviationLoss, AbstractLoss


class PseudoHuberLoss(AbstractDeviationLoss):
    r"""$\ell(d) = s^2\big(\sqrt{1 + d^2/s^2} - 1\big)$, for large scales s the squared loss.

    A self-interacting field: its curvature $(1 + d^2/s^2)^{-3/2}$, and with it every mass, grows towards one while the
    network learns. Source: Charbonnier et al. 1997, doi:10.1109/83.551699.
    """

    normalisation: str = eqx.field(static=True, default="mean")
    scale: float = eqx.field(static=True, default=1.0)

    def __check_init__(self) -> None:
        if not 0 < self.scale < float("inf"):
            raise ValueError(f"`scale` is {self.scale!r}; allowed: a positive number.")

    def _stretch(self, deviations: Any) -> Any:
        return (1 + (deviations / self.scale) ** 2) ** 0.5

    def density(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        return deviations**2 / (1 + self._stretch(deviations))  # without the difference of nearly equal numbers

    def force(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        return deviations / self._stretch(deviations)

    def curvature(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        return self._stretch(deviations) ** -3

    @classmethod
    def examples(cls) -> tuple[AbstractLoss, ...]:
        return (cls(), *(cls(name, 0.3) for name in NORMALISATIONS))
