r"""The loss of a network as a potential: training is a scalar field that rolls down it.

The fields are the parameters, all in one vector, and in canonical time $V = L$ (heavy ball takes steps of
$\delta = \sqrt{2\eta/(1+\beta)}$), so that everything that works for a potential works for a training problem:
backgrounds with and without back-reaction, events, slow-roll parameters.
"""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from cosmograd.cosmology.potentials import AbstractPotential, Parameter, positive
from cosmograd.learning.datasets import circle
from cosmograd.learning.losses import AbstractLoss, SquaredLoss
from cosmograd.learning.networks import AbstractNetwork, Parameters, Perceptron


class LossPotential(AbstractPotential):
    r"""$V(\theta) = s\,L(f(x;\theta), y)$, the loss on given points.

    parameters: where training starts, in the network's own structure; scale s: how much of the loss counts as
    $M_{\rm Pl}^4$. It is free, and sets how strongly the loss acts back on the expansion; without back-reaction it only
    fixes the unit of time.
    """

    name: ClassVar[str] = "loss"

    network: AbstractNetwork
    loss: AbstractLoss
    inputs: Float[Array, "points ..."]
    targets: Float[Array, "points outputs"]
    parameters: Parameters
    scale: Parameter = positive("unit s of the loss, in M_Pl⁴", 1.0)

    @property
    def fields(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return sum(leaf.size for leaf in jax.tree.leaves(self.parameters))

    def parameters_at(self, field: Float[Array, " fields"]) -> Parameters:
        """The vector of fields in the network's own structure."""
        return ravel_pytree(self.parameters)[1](field)

    def __call__(self, field: Float[Array, " fields"]) -> Float[Array, ""]:
        outputs = self.network.apply(self.parameters_at(field), self.inputs)
        return self.scale * self.loss(outputs, self.targets)

    def suggested_field(self) -> Float[Array, " fields"]:
        """Where training starts."""
        return ravel_pytree(self.parameters)[0]

    @classmethod
    def of(cls, network: AbstractNetwork, dataset: Any, loss: AbstractLoss, parameters: Parameters) -> "LossPotential":
        """On the training points of a dataset."""
        return cls(network, loss, jnp.asarray(dataset.inputs), jnp.asarray(dataset.targets), parameters)

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        network = Perceptron((2, 8, 1))
        parameters = network.initialise(jax.random.key(0))
        return (cls.of(network, circle(6), SquaredLoss("sum"), eqx.filter(parameters, eqx.is_array)),)
