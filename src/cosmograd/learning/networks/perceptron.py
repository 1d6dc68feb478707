"""Multilayer perceptrons."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray

from cosmograd.learning.networks.abstract import AbstractNetwork
from cosmograd.learning.networks.activations import activation_function
from cosmograd.learning.networks.matrix_products import weighted
from cosmograd.learning.networks.parametrisations import LayerScales, layer_scales


class LayerParameters(NamedTuple):
    """Trained numbers of one affine layer."""

    weights: Float[Array, "fan_in fan_out"]
    biases: Float[Array, " fan_out"]


class Perceptron(AbstractNetwork):
    r"""Multilayer perceptron of any widths.

    $$h_0 = x, \quad z_l = h_{l-1}\,(m_w w_l) + m_b b_l, \quad h_l = \phi(z_l), \quad f = z_L$$

    Args:
        widths: sizes of the input, of every hidden layer and of the output: (64, 512, 512, 10).
        activation: one of `ACTIVATIONS`.
        parametrisation: `ntk`, `standard` or `mup`; see `layer_scales` for the multipliers m.
        weight_scale, bias_scale: $\sigma_w > 0$ and $\sigma_b \geq 0$, the same in every layer.
    """

    widths: tuple[int, ...] = eqx.field(static=True)
    activation: str = eqx.field(static=True, default="tanh")
    parametrisation: str = eqx.field(static=True, default="ntk")
    weight_scale: float = eqx.field(static=True, default=1.5)
    bias_scale: float = eqx.field(static=True, default=0.1)

    def __check_init__(self) -> None:
        if len(self.widths) < 2 or any(not isinstance(w, int) or w < 1 for w in self.widths):
            raise ValueError(
                "`widths` must be whole numbers ≥ 1: the input's size, those of the hidden layers, the output's; "
                f"got {self.widths}."
            )
        activation_function(self.activation)
        if not 0 < self.weight_scale < float("inf"):
            raise ValueError(f"`weight_scale` must be positive and finite, got {self.weight_scale}.")
        if not 0 <= self.bias_scale < float("inf"):
            raise ValueError(f"`bias_scale` must be ≥ 0 and finite, got {self.bias_scale}.")
        self.layer_scales  # noqa: B018 – raises for an unknown parametrisation

    @property
    def layer_scales(self) -> tuple[LayerScales, ...]:
        """Multipliers and initial deviations, layer by layer."""
        return tuple(
            layer_scales(self.parametrisation, fan_in, fan_out, self.weight_scale, self.bias_scale)
            for fan_in, fan_out in zip(self.widths[:-1], self.widths[1:], strict=True)
        )

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.widths[:1]

    @property
    def output_size(self) -> int:
        return self.widths[-1]

    def initialise(self, key: PRNGKeyArray, dtype: Any = None) -> tuple[LayerParameters, ...]:
        layers = []
        for index, scales in enumerate(self.layer_scales):
            weight_key, bias_key = jax.random.split(jax.random.fold_in(key, index))
            shape = self.widths[index : index + 2]
            weights = scales.weight_deviation * jax.random.normal(weight_key, shape)
            biases = scales.bias_deviation * jax.random.normal(bias_key, shape[1:])
            layers.append(LayerParameters(weights.astype(dtype), biases.astype(dtype)))
        return tuple(layers)

    def apply(
        self, parameters: tuple[LayerParameters, ...], inputs: Float[Array, "points features"]
    ) -> Float[Array, "points outputs"]:
        activation = activation_function(self.activation)
        h = inputs
        for index, (layer, scales) in enumerate(zip(parameters, self.layer_scales, strict=True)):
            if index > 0:
                h = activation(h)
            h = scales.weight_multiplier * weighted(h, layer.weights) + scales.bias_multiplier * layer.biases
        return h

    @classmethod
    def examples(cls) -> tuple[AbstractNetwork, ...]:
        from cosmograd.learning.networks.activations import ACTIVATIONS
        from cosmograd.learning.networks.parametrisations import PARAMETRISATIONS

        by_activation = tuple(cls((3, 8, 6, 2), activation=name) for name in ACTIVATIONS)
        by_scaling = tuple(cls((3, 7, 2), parametrisation=name, bias_scale=0.3) for name in PARAMETRISATIONS)
        return (*by_activation, *by_scaling, cls((3, 2)), cls((2, 5, 4, 3, 1), activation="gelu"))
