"""Affine layers under a parametrisation: drawn, and applied along the last axis."""

from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from cosmograd.learning.networks.abstract import AbstractNetwork
from cosmograd.learning.networks.parametrisations import LayerScales, layer_scales


class AffineParameters(NamedTuple):
    """Trained numbers of an affine layer, or of a convolution."""

    weights: Float[Array, "... fan_in fan_out"]
    biases: Float[Array, " fan_out"]


class Scaling(NamedTuple):
    r"""How all layers of a network are scaled: as in `layer_scales`, with σ_w and σ_b."""

    parametrisation: str
    weight_scale: float
    bias_scale: float

    def of_layer(self, fan_in: int, fan_out: int) -> LayerScales:
        return layer_scales(self.parametrisation, fan_in, fan_out, self.weight_scale, self.bias_scale)

    def draw(self, key: PRNGKeyArray, shape: tuple[int, ...], dtype: Any) -> AffineParameters:
        """shape: fan-in and fan-out, with the sides of a kernel before them."""
        scales = self.of_layer(_fan_in(shape), shape[-1])
        weight_key, bias_key = jax.random.split(key)
        weights = scales.weight_deviation * jax.random.normal(weight_key, shape)
        biases = scales.bias_deviation * jax.random.normal(bias_key, shape[-1:])
        return AffineParameters(weights.astype(dtype), biases.astype(dtype))

    def affine(self, layer: AffineParameters, h: Float[Array, "... fan_in"]) -> Float[Array, "... fan_out"]:
        """$h\\,(m_ww) + m_bb$."""
        scales = self.of_layer(*layer.weights.shape)
        return scales.weight_multiplier * (h @ layer.weights) + scales.bias_multiplier * layer.biases

    def convolution(
        self,
        layer: AffineParameters,
        h: Float[Array, "points height width channels"],
        stride: int,
        padding: str,
    ) -> Float[Array, "points new_height new_width new_channels"]:
        """The same over windows of an image; fan-in: window times channels."""
        scales = self.of_layer(_fan_in(layer.weights.shape), layer.weights.shape[-1])
        z = jax.lax.conv_general_dilated(
            h, layer.weights, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        return scales.weight_multiplier * z + scales.bias_multiplier * layer.biases


class AbstractScaledNetwork(AbstractNetwork):
    """A network of affine layers that are all scaled alike.

    Its fields hold `outputs`, `parametrisation`, `weight_scale` and `bias_scale`, wherever their order puts them.
    """

    @property
    def output_size(self) -> int:
        own: Any = self
        return own.outputs

    @property
    def scaling(self) -> Scaling:
        """How its layers are scaled."""
        own: Any = self
        return Scaling(own.parametrisation, own.weight_scale, own.bias_scale)


def _fan_in(shape: tuple[int, ...]) -> int:
    fan_in = 1
    for side in shape[:-1]:
        fan_in *= side
    return fan_in


def check_scaling(parametrisation: str, weight_scale: float, bias_scale: float) -> None:
    """Raise `ValueError` for an unknown parametrisation or scales out of range."""
    if not 0 < weight_scale < float("inf"):
        raise ValueError(f"`weight_scale` must be positive and finite, got {weight_scale}.")
    if not 0 <= bias_scale < float("inf"):
        raise ValueError(f"`bias_scale` must be ≥ 0 and finite, got {bias_scale}.")
    layer_scales(parametrisation, 1, 1, weight_scale, bias_scale)


def check_counts(**counts: Any) -> None:
    """Raise `ValueError` unless all are whole numbers ≥ 1."""
    for name, value in counts.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"`{name}` must be a whole number ≥ 1, got {value!r}.")
