"""Networks linearised in their parameters: the free theory, whose tangent kernel never moves."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from cosmograd.learning.networks.abstract import AbstractNetwork, Parameters
from cosmograd.learning.networks.perceptron import Perceptron


class LinearisedNetwork(AbstractNetwork):
    r"""First-order Taylor expansion of a network around one draw of its parameters.

    $$f_{\rm lin}(x;\theta) = f(x;\theta_0) + J(x;\theta_0)\,(\theta - \theta_0)$$

    $\theta_0$ is `initial_parameters`; `initialise` returns it whatever the key. Everything the effective theory says
    at fixed kernel is exact for this network at any width.
    """

    network: AbstractNetwork
    initial_parameters: Parameters

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.network.input_shape

    @property
    def output_size(self) -> int:
        return self.network.output_size

    def initialise(self, key: PRNGKeyArray, dtype: Any = None) -> Parameters:
        del key
        return jax.tree.map(lambda leaf: leaf.astype(dtype), self.initial_parameters)

    def apply(self, parameters: Parameters, inputs: Float[Array, "points ..."]) -> Float[Array, "points outputs"]:
        θ_0 = jax.tree.map(
            lambda leaf, like: jax.lax.stop_gradient(leaf.astype(like.dtype)),
            self.initial_parameters,
            parameters,
        )
        displacement = jax.tree.map(jnp.subtract, parameters, θ_0)
        value, change = jax.jvp(lambda θ: self.network.apply(θ, inputs), (θ_0,), (displacement,))
        return value + change

    @classmethod
    def examples(cls) -> tuple[AbstractNetwork, ...]:
        network = Perceptron((3, 8, 2))
        return (cls(network, network.initialise(jax.random.key(5))),)
