"""The user's own models: any pair of functions, or any Equinox module."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from cosmograd.errors import reason
from cosmograd.learning.networks.abstract import AbstractNetwork, Parameters


def _check_parameters(parameters: Any) -> None:
    """Raise `ValueError` where there is nothing to train."""
    if not sum(leaf.size for leaf in jax.tree.leaves(parameters)):
        raise ValueError("the model has no floating-point parameters, so there is nothing to train.")


def _check_real(outputs: Any) -> None:
    if not jnp.issubdtype(outputs.dtype, jnp.floating):
        raise ValueError(f"the model must return real floating-point numbers, got {outputs.dtype}.")


def _check_outputs(
    apply: Callable[[Any, Array], Array], parameters: Any, inputs: jax.ShapeDtypeStruct, output_size: int
) -> None:
    """Raise `ValueError` unless apply(parameters, inputs) has shape (points, output_size); costs no computation."""
    try:
        outputs = jax.eval_shape(apply, parameters, inputs)
    except Exception as error:
        raise ValueError(
            f"the model cannot be applied to inputs of shape {inputs.shape}: {reason(error)}. "
            "`apply(parameters, inputs)` receives all points at once, along the first axis."
        ) from error
    expected = (inputs.shape[0], output_size)
    if not hasattr(outputs, "shape") or outputs.shape != expected:
        got = getattr(outputs, "shape", type(outputs).__name__)
        raise ValueError(
            f"the model returns shape {got} for inputs of shape {inputs.shape}, expected {expected}: "
            "(points, outputs). For one output per point return shape (points, 1)."
        )
    _check_real(outputs)


class FunctionNetwork(AbstractNetwork):
    """Any model given as `initialise(key)` and `apply(parameters, inputs)`.

    `function(parameters, inputs)` takes all points along the first axis and returns (points, outputs); `draw(key)`
    returns a pytree of floating-point arrays. The shapes are checked when the network is made.
    """

    function: Callable[[Any, Array], Array] = eqx.field(static=True)
    draw: Callable[[PRNGKeyArray], Any] = eqx.field(static=True)
    shape_of_input: tuple[int, ...] = eqx.field(static=True)
    number_of_outputs: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        parameters = jax.eval_shape(self.draw, jax.random.key(0))
        wrong = [leaf for leaf in jax.tree.leaves(parameters) if not jnp.issubdtype(leaf.dtype, jnp.floating)]
        if wrong:
            raise ValueError(
                f"`draw` must return floating-point arrays only, got {wrong[0].dtype}. "
                "Keep what is not trained in the function itself."
            )
        _check_parameters(parameters)
        inputs = jax.ShapeDtypeStruct((3, *self.shape_of_input), jnp.result_type(float))
        _check_outputs(self.function, parameters, inputs, self.number_of_outputs)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.shape_of_input

    @property
    def output_size(self) -> int:
        return self.number_of_outputs

    def initialise(self, key: PRNGKeyArray, dtype: Any = None) -> Parameters:
        return jax.tree.map(lambda leaf: leaf.astype(dtype), self.draw(key))

    def apply(self, parameters: Parameters, inputs: Float[Array, "points ..."]) -> Float[Array, "points outputs"]:
        return self.function(parameters, inputs)

    @classmethod
    def examples(cls) -> tuple[AbstractNetwork, ...]:
        def fourier(parameters: Any, inputs: Array) -> Array:
            return jnp.cos(inputs @ parameters["frequencies"]) @ parameters["amplitudes"]

        def draw(key: PRNGKeyArray) -> Any:
            first, second = jax.random.split(key)
            return {
                "frequencies": jax.random.normal(first, (3, 12)),
                "amplitudes": jax.random.normal(second, (12, 2)) / 12**0.5,
            }

        return (cls(fourier, draw, (3,), 2),)


_EXAMPLE_OF_BUILD = "EquinoxNetwork(lambda key: eqx.nn.MLP(3, 1, 64, 2, key=key), (3,))"


def _built(build: Any) -> Any:
    """The module that `build` makes; `ValueError` where it is no function of a key, or makes no module."""
    is_module = isinstance(build, eqx.Module) and any(map(eqx.is_inexact_array, jax.tree.leaves(build)))
    if is_module or not callable(build):
        given = f"a module ({type(build).__name__})" if is_module else repr(build)
        raise ValueError(
            f"`build` is {given}; it must be a function that builds the module from a key, for every network of an "
            f"ensemble starts from parameters of its own: {_EXAMPLE_OF_BUILD}. For a "
            "module that exists use as_model(module, inputs)."
        )
    try:
        module = build(jax.random.key(0))
    except Exception as error:
        raise ValueError(
            f"`build` cannot be called with a key alone: {type(error).__name__}: {reason(error)}. It must be a "
            f"function that builds the module from a key: {_EXAMPLE_OF_BUILD}."
        ) from error
    if not callable(module):
        raise ValueError(
            f"`build(key)` returns {type(module).__name__}; it must return a module that maps one point to outputs."
        )
    return module


class EquinoxNetwork(AbstractNetwork):
    """Any Equinox module, given as the function that builds one from a key.

    `build(key)` returns a module that maps *one* point to a vector of outputs (or to a scalar); its floating-point
    arrays are the parameters, everything else stays as it is.
    """

    build: Callable[[PRNGKeyArray], eqx.Module] = eqx.field(static=True)
    shape_of_input: tuple[int, ...] = eqx.field(static=True)
    number_of_outputs: int = eqx.field(static=True)
    _structure: eqx.Module

    def __init__(self, build: Callable[[PRNGKeyArray], eqx.Module], input_shape: tuple[int, ...]) -> None:
        """Take a builder and the shape of one input point; the number of outputs is read off the module."""
        self.build = build
        self.shape_of_input = tuple(input_shape)
        parameters, self._structure = eqx.partition(_built(build), eqx.is_inexact_array)
        point = jax.ShapeDtypeStruct(self.shape_of_input, jnp.result_type(float))
        try:
            output = jax.eval_shape(lambda p, x: eqx.combine(p, self._structure)(x), parameters, point)  # pyright: ignore[reportCallIssue]
        except Exception as error:
            raise ValueError(
                f"the module cannot be applied to one point of shape {self.shape_of_input}: {reason(error)}."
            ) from error
        if not hasattr(output, "shape") or len(output.shape) > 1:
            got = getattr(output, "shape", type(output).__name__)
            raise ValueError(f"the module must map one point to a vector or a scalar, got shape {got}.")
        _check_real(output)
        _check_parameters(parameters)
        self.number_of_outputs = output.shape[0] if output.shape else 1

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.shape_of_input

    @property
    def output_size(self) -> int:
        return self.number_of_outputs

    def initialise(self, key: PRNGKeyArray, dtype: Any = None) -> Parameters:
        parameters = eqx.filter(self.build(key), eqx.is_inexact_array)
        return jax.tree.map(lambda leaf: leaf.astype(dtype), parameters)

    def apply(self, parameters: Parameters, inputs: Float[Array, "points ..."]) -> Float[Array, "points outputs"]:
        outputs = jax.vmap(eqx.combine(parameters, self._structure))(inputs)  # pyright: ignore[reportArgumentType]
        return outputs.reshape(inputs.shape[0], self.number_of_outputs)

    @classmethod
    def examples(cls) -> tuple[AbstractNetwork, ...]:
        return (cls(lambda key: eqx.nn.MLP(3, 2, 9, 1, activation=jnp.tanh, key=key), (3,)),)
