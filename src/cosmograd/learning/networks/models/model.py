"""A model as people bring it, as it is now: outputs, parameters, and where JAX can, a network of ours."""

import abc
import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from cosmograd.compilation import compiled
from cosmograd.learning.networks.abstract import AbstractNetwork, Parameters


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class AbstractModel(abc.ABC):
    """A model with its current parameters, computed in float64.

    description: what was given; input_shape: of one point; output_size: outputs of one point.
    """

    description: str
    input_shape: tuple[int, ...]
    output_size: int

    @property
    @abc.abstractmethod
    def parameter_count(self) -> int:
        """How many numbers are trained."""

    @abc.abstractmethod
    def outputs(self, inputs: Float[np.ndarray, "points ..."]) -> Float[np.ndarray, "points outputs"]:
        """The model's values on these points."""

    @abc.abstractmethod
    def along_parameters(self, inputs: Float[np.ndarray, "points ..."]) -> Float[np.ndarray, "points outputs"]:
        r"""$J\theta_0$: how the outputs change as all parameters grow in proportion."""

    def __repr__(self) -> str:
        outputs = "1 output" if self.output_size == 1 else f"{self.output_size} outputs"
        return f"{self.description}: {self.parameter_count:,} parameters, points of shape {self.input_shape}, {outputs}"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class JaxModel(AbstractModel):
    """A model that JAX computes: a network of ours, and its current parameters in float64."""

    network: AbstractNetwork
    parameters: Parameters

    @property
    def parameter_count(self) -> int:
        return sum(leaf.size for leaf in jax.tree.leaves(self.parameters))

    def outputs(self, inputs: Float[np.ndarray, "points ..."]) -> Float[np.ndarray, "points outputs"]:
        points = jnp.asarray(inputs, dtype=float)
        return np.asarray(_outputs(self.network, self.parameters, points), dtype=np.float64)

    def along_parameters(self, inputs: Float[np.ndarray, "points ..."]) -> Float[np.ndarray, "points outputs"]:
        points = jnp.asarray(inputs, dtype=float)
        return np.asarray(_along_parameters(self.network, self.parameters, points), dtype=np.float64)


@compiled
def _along_parameters(network: AbstractNetwork, parameters: Parameters, points: jax.Array) -> jax.Array:
    return jax.jvp(lambda θ: network.apply(θ, points), (parameters,), (parameters,))[1]


@compiled
def _outputs(network: AbstractNetwork, parameters: Parameters, points: jax.Array) -> jax.Array:
    return network.apply(parameters, points)
