"""Cross-entropy of classes (softmax) and of single labels (logistic)."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Shaped

from cosmograd.learning.losses.abstract import NORMALISATIONS, AbstractLoss


class CrossEntropyLoss(AbstractLoss):
    r"""$\ell(f,y) = -\sum_cy_c\ln p_c$ with $p = \mathrm{softmax}(f)$; y: probabilities of the classes, or one-hot.

    Force p − y, curvature $\mathrm{diag}(p) - pp^{\mathsf T}$, which is bounded by ½ and vanishes as confidence grows:
    masses redshift, and separable data end in an exponential potential with no minimum. PyTorch's `CrossEntropyLoss`,
    Optax's `softmax_cross_entropy`.
    """

    normalisation: str = eqx.field(static=True, default="mean")

    def of_points(
        self, outputs: Shaped[Any, "*lead points classes"], targets: Shaped[Any, "points classes"]
    ) -> Shaped[Any, "*lead points"]:
        total = targets.sum(axis=-1)
        return total * jax.nn.logsumexp(outputs, axis=-1) - (targets * outputs).sum(axis=-1)

    def forces(
        self, outputs: Shaped[Any, "*lead points classes"], targets: Shaped[Any, "points classes"]
    ) -> Shaped[Any, "*lead points classes"]:
        return targets.sum(axis=-1)[..., None] * jax.nn.softmax(outputs, axis=-1) - targets

    def curvatures(
        self, outputs: Shaped[Any, "*lead points classes"], targets: Shaped[Any, "points classes"]
    ) -> Shaped[Any, "*lead points classes classes"]:
        p = jax.nn.softmax(outputs, axis=-1)
        spread = p[..., None] * np.eye(p.shape[-1]) - p[..., :, None] * p[..., None, :]
        return targets.sum(axis=-1)[..., None, None] * spread

    @classmethod
    def examples(cls) -> tuple[AbstractLoss, ...]:
        return tuple(cls(name) for name in NORMALISATIONS)


class LogisticLoss(AbstractLoss):
    r"""$\ell(f,y) = \sum_i\ln(1+e^{f_i}) - y_if_i$ for labels y in [0, 1], every output a label of its own.

    Force $\sigma(f) - y$, curvature $\sigma(1-\sigma) \leq \tfrac14$. PyTorch's `BCEWithLogitsLoss`, summed over
    outputs; Optax's `sigmoid_binary_cross_entropy`.
    """

    normalisation: str = eqx.field(static=True, default="mean")

    def of_points(
        self, outputs: Shaped[Any, "*lead points labels"], targets: Shaped[Any, "points labels"]
    ) -> Shaped[Any, "*lead points"]:
        return (jax.nn.softplus(outputs) - targets * outputs).sum(axis=-1)

    def forces(
        self, outputs: Shaped[Any, "*lead points labels"], targets: Shaped[Any, "points labels"]
    ) -> Shaped[Any, "*lead points labels"]:
        return jax.nn.sigmoid(outputs) - targets

    def curvatures(
        self, outputs: Shaped[Any, "*lead points labels"], targets: Shaped[Any, "points labels"]
    ) -> Shaped[Any, "*lead points labels labels"]:
        σ = jax.nn.sigmoid(outputs)
        return (σ * (1 - σ))[..., None] * np.eye(outputs.shape[-1]) + 0 * jnp.asarray(targets)[..., None]

    @classmethod
    def examples(cls) -> tuple[AbstractLoss, ...]:
        return tuple(cls(name) for name in NORMALISATIONS)
