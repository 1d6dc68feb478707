"""Squared loss, with the two normalisations in use."""

from typing import Any, Literal, get_args

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

Normalisation = Literal["mean", "sum"]
NORMALISATIONS: tuple[str, ...] = get_args(Normalisation)


class SquaredLoss(eqx.Module):
    r"""$L = \frac{1}{2N}\sum_{x,i}(f_i(x) - y_i(x))^2$, N the number of points (`mean`) or 1 (`sum`).

    The mean is over points only, never over outputs. The Hessian of L in function space is the tangent kernel
    divided by N; its eigenvalues are the λ of ηλ and of the dictionary.
    """

    normalisation: str = eqx.field(static=True, default="mean")

    def __check_init__(self) -> None:
        if self.normalisation not in NORMALISATIONS:
            raise ValueError(f"`normalisation` is {self.normalisation!r}; allowed: {', '.join(NORMALISATIONS)}.")

    def divisor(self, points: int) -> int:
        """N: what the tangent kernel is divided by."""
        return points if self.normalisation == "mean" else 1

    def scale_of_batch(self, batch_size: int, points: int) -> float:
        """What the loss of a batch is multiplied by to be an unbiased estimate of the loss over all points."""
        return 1.0 if self.normalisation == "mean" else points / batch_size

    def __call__(
        self, outputs: Float[Array, "points outputs"], targets: Float[Array, "points outputs"]
    ) -> Float[Array, ""]:
        return 0.5 * jnp.sum(jnp.square(outputs - targets)) / self.divisor(targets.shape[0])

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        return tuple(cls(name) for name in NORMALISATIONS)
