"""One block of self-attention on points that are rows of tokens."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from cosmograd.learning.networks.abstract import AbstractNetwork
from cosmograd.learning.networks.activations import activation_function
from cosmograd.learning.networks.affine_layers import (
    AbstractScaledNetwork,
    AffineParameters,
    check_counts,
    check_scaling,
)
from cosmograd.learning.networks.normalisation import NormalisationParameters, layer_normalised, unit_normalisation


class AttentionParameters(NamedTuple):
    """Embedding with a place for each token; queries, keys, values and what they are put together by; the two layers
    behind them; the last one; gains and offsets.
    """

    embedding: AffineParameters
    places: Float[Array, "tokens width"]
    queries: AffineParameters
    keys: AffineParameters
    values: AffineParameters
    together: AffineParameters
    wide: AffineParameters
    narrow: AffineParameters
    last: AffineParameters
    norms: tuple[NormalisationParameters, ...]


class AttentionNetwork(AbstractScaledNetwork):
    r"""A transformer of one block: embedding, self-attention and a perceptron, each added to what it gets.

    $$h \leftarrow h + \mathrm{softmax}(c\,QK^{\mathsf T})V\,W, \qquad h \leftarrow h + \phi(n(h)\,W_1)\,W_2, \qquad
      f = \overline{n(h)}\,W_3$$

    with layer normalisation n before each, several heads of d = width/heads, $c = 1/\sqrt d$, and 1/d in the
    maximal-update parametrisation (Yang & Hu 2021); the mean is over tokens. Source: Vaswani et al. 2017.

    Args:
        tokens, features: a point is a flat array of tokens · features numbers, token by token (8 rows of 8 pixels of a
            digit), or with flat = False of shape (tokens, features).
        width, heads: of the block; heads divide the width.
        outputs: number of outputs.
        activation, parametrisation, weight_scale, bias_scale: as of `Perceptron`.
    """

    tokens: int = eqx.field(static=True)
    features: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    heads: int = eqx.field(static=True)
    outputs: int = eqx.field(static=True)
    activation: str = eqx.field(static=True, default="gelu")
    parametrisation: str = eqx.field(static=True, default="ntk")
    weight_scale: float = eqx.field(static=True, default=1.5)
    bias_scale: float = eqx.field(static=True, default=0.1)
    flat: bool = eqx.field(static=True, default=True)

    def __check_init__(self) -> None:
        check_counts(
            tokens=self.tokens, features=self.features, width=self.width, heads=self.heads, outputs=self.outputs
        )
        if self.width % self.heads:
            raise ValueError(f"`heads` must divide the width: {self.width} is no multiple of {self.heads}.")
        activation_function(self.activation)
        check_scaling(self.parametrisation, self.weight_scale, self.bias_scale)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (self.tokens * self.features,) if self.flat else (self.tokens, self.features)

    def initialise(self, key: PRNGKeyArray, dtype: Any = None) -> AttentionParameters:
        width, wide = self.width, 2 * self.width
        square = (width, width)
        shapes = [(self.features, width), square, square, square, square, (width, wide), (wide, width),
                  (width, self.outputs)]  # fmt: skip
        layers = [self.scaling.draw(jax.random.fold_in(key, i), shape, dtype) for i, shape in enumerate(shapes)]
        places = jax.random.normal(jax.random.fold_in(key, len(shapes)), (self.tokens, width))
        kind = layers[0].weights.dtype
        norms = tuple(unit_normalisation(width, kind) for _ in range(3))
        embedding, queries, keys, values, together, wide_layer, narrow, last = layers
        places = places.astype(kind)
        return AttentionParameters(embedding, places, queries, keys, values, together, wide_layer, narrow, last, norms)

    def apply(
        self, parameters: AttentionParameters, inputs: Float[Array, "points ..."]
    ) -> Float[Array, "points outputs"]:
        affine, activation, θ = self.scaling.affine, activation_function(self.activation), parameters
        h = affine(θ.embedding, inputs.reshape(-1, self.tokens, self.features)) + θ.places
        h = h + affine(θ.together, self._attended(θ, layer_normalised(θ.norms[0], h)))
        h = h + affine(θ.narrow, activation(affine(θ.wide, layer_normalised(θ.norms[1], h))))
        return affine(θ.last, layer_normalised(θ.norms[2], h).mean(axis=1))

    def _attended(self, θ: AttentionParameters, h: Float[Array, "points tokens width"]) -> Array:
        size = self.width // self.heads
        sharpness = 1 / size if self.parametrisation == "mup" else size**-0.5
        Q, K, V = (
            self.scaling.affine(layer, h).reshape(*h.shape[:2], self.heads, size)
            for layer in (θ.queries, θ.keys, θ.values)
        )
        weights = jax.nn.softmax(sharpness * jnp.einsum("pthd,pshd->phts", Q, K), axis=-1)
        return jnp.einsum("phts,pshd->pthd", weights, V).reshape(h.shape)

    @classmethod
    def examples(cls) -> tuple[AbstractNetwork, ...]:
        from cosmograd.learning.networks.parametrisations import PARAMETRISATIONS

        return tuple(cls(3, 2, 8, 2, 2, parametrisation=name) for name in PARAMETRISATIONS)
