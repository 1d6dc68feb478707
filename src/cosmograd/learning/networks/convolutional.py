"""Convolutional networks on images."""

import math
from typing import Any

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

POOLINGS = ("average", "max", "none")


class ConvolutionalNetwork(AbstractScaledNetwork):
    r"""Convolutions, each followed by the activation and by pooling, then one affine layer of what is left.

    $$h_l = \mathrm{pool}\big(\phi(h_{l-1} * (m_ww_l) + m_bb_l)\big), \qquad f = \mathrm{flat}(h_L)\,(m_ww) + m_bb$$

    The fan-in of a convolution is its window times its channels. Images may come flat, as the digits do.

    Args:
        image: (height, width, channels) of a point.
        channels: of every convolution.
        outputs: number of outputs.
        window, stride: of the convolutions.
        padding: `SAME` or `VALID`.
        pooling: `average` or `max` over squares of 2 × 2 after each convolution (as long as two pixels are left in both
            directions), or `none`.
        globally: whether what is left is averaged over pixels, instead of flattened.
        activation, parametrisation, weight_scale, bias_scale: as of `Perceptron`.
        flat: whether points are flat arrays of height · width · channels numbers.
    """

    image: tuple[int, int, int] = eqx.field(static=True)
    channels: tuple[int, ...] = eqx.field(static=True)
    outputs: int = eqx.field(static=True)
    window: int = eqx.field(static=True, default=3)
    stride: int = eqx.field(static=True, default=1)
    padding: str = eqx.field(static=True, default="SAME")
    pooling: str = eqx.field(static=True, default="average")
    globally: bool = eqx.field(static=True, default=False)
    activation: str = eqx.field(static=True, default="relu")
    parametrisation: str = eqx.field(static=True, default="ntk")
    weight_scale: float = eqx.field(static=True, default=1.5)
    bias_scale: float = eqx.field(static=True, default=0.1)
    flat: bool = eqx.field(static=True, default=True)

    def __check_init__(self) -> None:
        if len(self.image) != 3:
            raise ValueError(f"`image` must be (height, width, channels), got {self.image}.")
        height, width, channels = self.image
        check_counts(height=height, width=width, channels=channels, outputs=self.outputs, window=self.window)
        check_counts(stride=self.stride, **{f"channels[{i}]": count for i, count in enumerate(self.channels)})
        if self.padding not in ("SAME", "VALID"):
            raise ValueError(f"`padding` is {self.padding!r}; allowed: SAME, VALID.")
        if self.pooling not in POOLINGS:
            raise ValueError(f"`pooling` is {self.pooling!r}; allowed: {', '.join(POOLINGS)}.")
        activation_function(self.activation)
        check_scaling(self.parametrisation, self.weight_scale, self.bias_scale)
        self._sizes()

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (math.prod(self.image),) if self.flat else self.image

    def _sizes(self) -> list[tuple[int, int]]:
        """Height and width after every convolution, before pooling; ValueError where nothing is left."""
        height, width, found = self.image[0], self.image[1], []
        for number, _ in enumerate(self.channels, start=1):
            if self.padding == "SAME":
                height, width = (-(-side // self.stride) for side in (height, width))
            else:
                height, width = ((side - self.window) // self.stride + 1 for side in (height, width))
            if min(height, width) < 1:
                raise ValueError(f"nothing of the image {self.image[:2]} is left after convolution {number}.")
            found.append((height, width))
            if self._pools(height, width):
                height, width = height // 2, width // 2
        return [*found, (height, width)]

    def _pools(self, height: int, width: int) -> bool:
        return self.pooling != "none" and min(height, width) >= 2

    def initialise(self, key: PRNGKeyArray, dtype: Any = None) -> tuple[AffineParameters, ...]:
        layers, fan_in = [], self.image[2]
        for index, count in enumerate(self.channels):
            shape = (self.window, self.window, fan_in, count)
            layers.append(self.scaling.draw(jax.random.fold_in(key, index), shape, dtype))
            fan_in = count
        if not self.globally:
            fan_in *= math.prod(self._sizes()[-1])
        layers.append(self.scaling.draw(jax.random.fold_in(key, len(self.channels)), (fan_in, self.outputs), dtype))
        return tuple(layers)

    def apply(
        self, parameters: tuple[AffineParameters, ...], inputs: Float[Array, "points ..."]
    ) -> Float[Array, "points outputs"]:
        activation, h = activation_function(self.activation), inputs.reshape(-1, *self.image)
        for layer in parameters[:-1]:
            h = activation(self.scaling.convolution(layer, h, self.stride, self.padding))
            if self._pools(*h.shape[1:3]):
                h = _pooled(h, self.pooling)
        h = h.mean(axis=(1, 2)) if self.globally else h.reshape(len(h), -1)
        return self.scaling.affine(parameters[-1], h)

    @classmethod
    def examples(cls) -> tuple[AbstractNetwork, ...]:
        from cosmograd.learning.networks.parametrisations import PARAMETRISATIONS

        by_scaling = tuple(cls((4, 4, 1), (3,), 2, parametrisation=name) for name in PARAMETRISATIONS)
        strided = cls((6, 5, 2), (3, 4), 2, stride=2, pooling="none", activation="tanh", flat=False)
        pooled = cls((6, 6, 1), (3,), 1, padding="VALID", pooling="max", globally=True, activation="tanh")
        return (*by_scaling, strided, pooled)


def _pooled(h: Float[Array, "points height width channels"], pooling: str) -> Array:
    """Over squares of 2 × 2; a last odd row or column is left out."""
    points, height, width, channels = h.shape
    squares = h[:, : height // 2 * 2, : width // 2 * 2].reshape(points, height // 2, 2, width // 2, 2, channels)
    return squares.mean(axis=(2, 4)) if pooling == "average" else jnp.max(squares, axis=(2, 4))
