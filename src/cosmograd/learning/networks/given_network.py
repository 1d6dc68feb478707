"""A network that has its parameters already: a trained model, or one that was drawn elsewhere."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from cosmograd.learning.networks.abstract import AbstractNetwork, Parameters


class GivenNetwork(AbstractNetwork):
    """A function (parameters, inputs) ↦ outputs with one draw of its parameters, which `initialise` always returns.

    `function` takes all points along the first axis and returns (points, outputs), or (points,) for one output.
    """

    function: Callable[[Any, Array], Array]
    given_parameters: Parameters
    shape_of_input: tuple[int, ...] = eqx.field(static=True)
    number_of_outputs: int = eqx.field(static=True)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.shape_of_input

    @property
    def output_size(self) -> int:
        return self.number_of_outputs

    def initialise(self, key: PRNGKeyArray, dtype: Any = None) -> Parameters:
        del key
        return jax.tree.map(lambda leaf: leaf.astype(dtype), self.given_parameters)

    def apply(self, parameters: Parameters, inputs: Float[Array, "points ..."]) -> Float[Array, "points outputs"]:
        return self.function(parameters, inputs).reshape(inputs.shape[0], self.number_of_outputs)

    @classmethod
    def examples(cls) -> tuple[AbstractNetwork, ...]:
        first, second = (jax.random.normal(jax.random.key(seed), (3, 5)) for seed in (3, 4))
        return (cls(_scalar_example, {"first": first, "second": second}, (3,), 1),)


def _scalar_example(parameters: Any, inputs: Array) -> Array:
    return jnp.sum(jnp.tanh(inputs @ parameters["first"]) * (inputs @ parameters["second"]), axis=1)
