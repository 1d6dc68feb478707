"""What every network offers: a draw of its parameters, and outputs for given parameters."""

import abc
from typing import Any

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

Parameters = PyTree[Float[Array, "..."]]


class AbstractNetwork(eqx.Module):
    """A parametrised function of points: (parameters, inputs) ↦ outputs.

    The module holds what is not trained; the parameters are passed in, so that ensembles, tangent kernels and
    linearisations are ordinary function transformations.
    """

    @abc.abstractmethod
    def initialise(self, key: PRNGKeyArray, dtype: Any = None) -> Parameters:
        """One draw of the parameters, in `dtype` (JAX's default float when None).

        The draw is made in the default float and then rounded, so that a float32 and a float64 member with the same
        key are the same network.
        """

    @abc.abstractmethod
    def apply(self, parameters: Parameters, inputs: Float[Array, "points ..."]) -> Float[Array, "points outputs"]:
        """Outputs on a set of points."""

    @property
    @abc.abstractmethod
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input point."""

    @property
    @abc.abstractmethod
    def output_size(self) -> int:
        """Number of outputs per point."""

    @classmethod
    @abc.abstractmethod
    def examples(cls) -> tuple["AbstractNetwork", ...]:
        """Small members for the tests that every network must pass."""
