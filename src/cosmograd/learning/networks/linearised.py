"""Networks linearised in their parameters: the free theory, whose tangent kernel never moves."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from cosmograd.learning.networks.abstract import AbstractNetwork, Parameters
from cosmograd.learning.networks.perceptron import Perceptron


class AbstractTaylorExpansion(AbstractNetwork):
    """A network expanded in its parameters: what it has of the network that it comes from."""

    network: eqx.AbstractVar[AbstractNetwork]

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.network.input_shape

    @property
    def output_size(self) -> int:
        return self.network.output_size

    def first_order(
        self, start: Parameters, displacement: Parameters, inputs: Float[Array, "points ..."]
    ) -> Float[Array, "points outputs"]:
        """f(x; θ_0) + J(x; θ_0) (θ − θ_0), without a gradient by θ_0."""
        θ_0 = jax.lax.stop_gradient(start)
        value, change = jax.jvp(lambda θ: self.network.apply(θ, inputs), (θ_0,), (displacement,))
        return value + change


class LinearisedNetwork(AbstractTaylorExpansion):
    r"""First-order Taylor expansion of a network around one draw of its parameters.

    $$f_{\rm lin}(x;\theta) = f(x;\theta_0) + J(x;\theta_0)\,(\theta - \theta_0)$$

    $\theta_0$ is `initial_parameters`; `initialise` returns it whatever the key. Everything the effective theory says
    at fixed kernel is exact for this network at any width.
    """

    network: AbstractNetwork
    initial_parameters: Parameters

    def initialise(self, key: PRNGKeyArray, dtype: Any = None) -> Parameters:
        del key
        return jax.tree.map(lambda leaf: leaf.astype(dtype), self.initial_parameters)

    def apply(self, parameters: Parameters, inputs: Float[Array, "points ..."]) -> Float[Array, "points outputs"]:
        start = jax.tree.map(
            lambda leaf, like: jax.lax.stop_gradient(leaf.astype(like.dtype)), self.initial_parameters, parameters
        )
        return self.first_order(start, jax.tree.map(jnp.subtract, parameters, start), inputs)

    @classmethod
    def examples(cls) -> tuple[AbstractNetwork, ...]:
        network = Perceptron((3, 8, 2))
        return (cls(network, network.initialise(jax.random.key(5))),)


class FreeNetwork(AbstractTaylorExpansion):
    r"""Every draw of a network linearised around itself: an ensemble of free theories, each with its own kernel.

    Parameters are {"start": θ_0, "displacement": θ − θ_0}; only the second is trained, the gradient of the first is
    zero. With each start its outputs and tangent kernel are those of `LinearisedNetwork`.
    """

    network: AbstractNetwork

    def initialise(self, key: PRNGKeyArray, dtype: Any = None) -> Parameters:
        start = self.network.initialise(key, dtype)
        return {"start": start, "displacement": jax.tree.map(jnp.zeros_like, start)}

    def apply(self, parameters: Parameters, inputs: Float[Array, "points ..."]) -> Float[Array, "points outputs"]:
        return self.first_order(parameters["start"], parameters["displacement"], inputs)

    @classmethod
    def examples(cls) -> tuple[AbstractNetwork, ...]:
        return (cls(Perceptron((3, 8, 2))),)
