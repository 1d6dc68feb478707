"""Residual networks, with or without layer normalisation."""

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


class ResidualParameters(NamedTuple):
    """First and last layer, and of every block its layer and, where it normalises, gain and offset."""

    first: AffineParameters
    blocks: tuple[AffineParameters, ...]
    last: AffineParameters
    norms: tuple[NormalisationParameters, ...]


class ResidualNetwork(AbstractScaledNetwork):
    r"""Blocks that add to what they get, $h_{l+1} = h_l + \tfrac1{\sqrt L}\big(\phi(n(h_l))\,(m_ww_l) + m_bb_l\big)$.

    n is layer normalisation with a trained gain and offset, or nothing; $1/\sqrt L$ keeps L blocks of one size.

    Args:
        inputs, width, depth, outputs: size of a point, width of the blocks, their number L, number of outputs.
        normalised: whether blocks, and the last layer, normalise what they get.
        activation, parametrisation, weight_scale, bias_scale: as of `Perceptron`.
    """

    inputs: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    outputs: int = eqx.field(static=True)
    normalised: bool = eqx.field(static=True, default=True)
    activation: str = eqx.field(static=True, default="relu")
    parametrisation: str = eqx.field(static=True, default="ntk")
    weight_scale: float = eqx.field(static=True, default=1.5)
    bias_scale: float = eqx.field(static=True, default=0.1)

    def __check_init__(self) -> None:
        check_counts(inputs=self.inputs, width=self.width, depth=self.depth, outputs=self.outputs)
        activation_function(self.activation)
        check_scaling(self.parametrisation, self.weight_scale, self.bias_scale)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (self.inputs,)

    def initialise(self, key: PRNGKeyArray, dtype: Any = None) -> ResidualParameters:
        shapes = [(self.inputs, self.width), *[(self.width, self.width)] * self.depth, (self.width, self.outputs)]
        layers = [self.scaling.draw(jax.random.fold_in(key, i), shape, dtype) for i, shape in enumerate(shapes)]
        kind = layers[0].weights.dtype
        norms = [unit_normalisation(self.width, kind)] * (self.depth + 1) if self.normalised else []
        return ResidualParameters(layers[0], tuple(layers[1:-1]), layers[-1], tuple(norms))

    def apply(
        self, parameters: ResidualParameters, inputs: Float[Array, "points features"]
    ) -> Float[Array, "points outputs"]:
        activation = activation_function(self.activation)
        norms = parameters.norms or (None,) * (self.depth + 1)

        def normalised(norm: NormalisationParameters | None, h: Array) -> Array:
            return h if norm is None else layer_normalised(norm, h)

        h = self.scaling.affine(parameters.first, inputs)
        for block, norm in zip(parameters.blocks, norms[:-1], strict=True):
            h = h + self.scaling.affine(block, activation(normalised(norm, h))) / jnp.sqrt(self.depth)
        return self.scaling.affine(parameters.last, activation(normalised(norms[-1], h)))

    @classmethod
    def examples(cls) -> tuple[AbstractNetwork, ...]:
        from cosmograd.learning.networks.parametrisations import PARAMETRISATIONS

        by_scaling = tuple(cls(3, 6, 2, 2, parametrisation=name, activation="tanh") for name in PARAMETRISATIONS)
        return (*by_scaling, cls(3, 6, 1, 1, normalised=False))
