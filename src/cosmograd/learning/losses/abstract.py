"""What a loss must provide."""

from abc import abstractmethod
from typing import Any, Literal, get_args

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped

Normalisation = Literal["mean", "sum"]
NORMALISATIONS: tuple[str, ...] = get_args(Normalisation)


class AbstractLoss(eqx.Module):
    r"""$L = \frac1N\sum_x\ell\big(f(x), y(x)\big)$, N the number of points (`mean`) or 1 (`sum`).

    The mean is over points only, never over outputs. The masses of the effective theory are the eigenvalues of
    $\Theta^{1/2}\ell''\Theta^{1/2}/N$, with the curvature ℓ'' of each point at its outputs. Formulas take NumPy and JAX
    arrays alike.
    """

    normalisation: eqx.AbstractVar[str]

    def __check_init__(self) -> None:
        if self.normalisation not in NORMALISATIONS:
            raise ValueError(f"`normalisation` is {self.normalisation!r}; allowed: {', '.join(NORMALISATIONS)}.")

    @abstractmethod
    def of_points(
        self, outputs: Shaped[Any, "*lead points outputs"], targets: Shaped[Any, "points outputs"]
    ) -> Shaped[Any, "*lead points"]:
        r"""ℓ of each point."""

    @abstractmethod
    def forces(
        self, outputs: Shaped[Any, "*lead points outputs"], targets: Shaped[Any, "points outputs"]
    ) -> Shaped[Any, "*lead points outputs"]:
        r"""$\partial\ell/\partial f$: N times the gradient of L with respect to each output."""

    @abstractmethod
    def curvatures(
        self, outputs: Shaped[Any, "*lead points outputs"], targets: Shaped[Any, "points outputs"]
    ) -> Shaped[Any, "*lead points outputs outputs"]:
        r"""$\ell''$: the matrix of second derivatives by the outputs of each point."""

    def constant_curvature(self, outputs: int) -> float | None:
        """The one curvature of all outputs where the loss is quadratic, None where it is not."""
        del outputs
        return None

    def divisor(self, points: int) -> int:
        """N: what the tangent kernel is divided by."""
        return points if self.normalisation == "mean" else 1

    def scale_of_batch(self, batch_size: int, points: int) -> float:
        """What the loss of a batch is multiplied by to be an unbiased estimate of the loss over all points."""
        return 1.0 if self.normalisation == "mean" else points / batch_size

    def __call__(
        self, outputs: Float[Array, "points outputs"], targets: Float[Array, "points outputs"]
    ) -> Float[Array, ""]:
        return jnp.sum(self.of_points(outputs, targets)) / self.divisor(targets.shape[0])

    @classmethod
    @abstractmethod
    def examples(cls) -> tuple["AbstractLoss", ...]:
        """A few members of the family, for tests."""


class AbstractDeviationLoss(AbstractLoss):
    r"""$\ell = \sum_i\ell(f_i - y_i)$, of each deviation on its own.

    Every $\ell$ has its minimum at zero, with value 0 and curvature 1: near the targets the Hessian of L in function
    space is the tangent kernel divided by N, whose eigenvalues are the λ of ηλ and of the dictionary.
    """

    @abstractmethod
    def density(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        r"""$\ell(d)$ of each deviation d = f − y."""

    @abstractmethod
    def force(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        r"""$\ell'(d)$: N times the gradient of L with respect to each output."""

    @abstractmethod
    def curvature(self, deviations: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        r"""$\ell''(d)$: by how much each output's share of the mass matrix differs from that at the minimum."""

    def of_points(
        self, outputs: Shaped[Any, "*lead points outputs"], targets: Shaped[Any, "points outputs"]
    ) -> Shaped[Any, "*lead points"]:
        return self.density(outputs - targets).sum(axis=-1)

    def forces(
        self, outputs: Shaped[Any, "*lead points outputs"], targets: Shaped[Any, "points outputs"]
    ) -> Shaped[Any, "*lead points outputs"]:
        return self.force(outputs - targets)

    def curvatures(
        self, outputs: Shaped[Any, "*lead points outputs"], targets: Shaped[Any, "points outputs"]
    ) -> Shaped[Any, "*lead points outputs outputs"]:
        return self.curvature(outputs - targets)[..., None] * np.eye(targets.shape[-1])

    def __call__(
        self, outputs: Float[Array, "points outputs"], targets: Float[Array, "points outputs"]
    ) -> Float[Array, ""]:
        return jnp.sum(self.density(outputs - targets)) / self.divisor(targets.shape[0])
