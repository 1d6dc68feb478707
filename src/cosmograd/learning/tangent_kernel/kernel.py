"""The empirical neural tangent kernel on any two sets of points."""

from typing import Any, Literal, get_args

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, PyTree

from cosmograd.learning.networks import AbstractNetwork, Parameters, Perceptron
from cosmograd.learning.tangent_kernel.jacobian import jacobian_kernel, jacobian_working_numbers
from cosmograd.learning.tangent_kernel.layerwise import (
    layerwise_kernel,
    layerwise_working_numbers,
    traced_layerwise_kernel,
)

KernelMethod = Literal["auto", "layer-wise", "jacobian"]
KERNEL_METHODS: tuple[str, ...] = get_args(KernelMethod)


def _uses_layers(network: AbstractNetwork, method: str) -> bool:
    if method not in KERNEL_METHODS:
        raise ValueError(f"`method` is {method!r}; allowed: {', '.join(KERNEL_METHODS)}.")
    if method == "layer-wise" and not isinstance(network, Perceptron):
        raise ValueError(
            f"the layer-wise path is for `Perceptron` only, got {type(network).__name__}. "
            'Use method="jacobian" or "auto".'
        )
    return isinstance(network, Perceptron) and method != "jacobian"


def neural_tangent_kernel(
    network: AbstractNetwork,
    parameters: Parameters,
    inputs_1: Float[ArrayLike, "points_1 ..."],
    inputs_2: Float[ArrayLike, "points_2 ..."] | None = None,
    method: str = "auto",
) -> Float[Array, "points_1 outputs points_2 outputs"]:
    r"""Empirical tangent kernel, with all pairs of outputs.

    $$\Theta(x,i;\,x',j) = \sum_p \frac{\partial f_i(x)}{\partial\theta_p}\frac{\partial f_j(x')}{\partial\theta_p}$$

    `inputs_2` None means `inputs_1`, at half the cost. `as_matrix` makes it two-dimensional, in the order of
    flattened outputs. `method`: `layer-wise` (perceptrons), `jacobian` (any network) or `auto`, the faster of those
    that apply. Differentiable; compile it with `equinox.filter_jit`. Source: Jacot, Gabriel & Hongler 2018, §3.
    """
    compute: Any = layerwise_kernel if _uses_layers(network, method) else jacobian_kernel
    return compute(network, parameters, jnp.asarray(inputs_1), None if inputs_2 is None else jnp.asarray(inputs_2))


def traced_tangent_kernel(
    network: AbstractNetwork,
    parameters: Parameters,
    inputs_1: Float[ArrayLike, "points_1 ..."],
    inputs_2: Float[ArrayLike, "points_2 ..."] | None = None,
    method: str = "auto",
) -> Float[Array, "points_1 points_2"]:
    r"""Tangent kernel averaged over outputs, $\frac1k\sum_{i=1}^k \Theta(x,i;\,x',i)$.

    At infinite width the full kernel is this one times the identity in the outputs.
    """
    inputs_1, inputs_2 = jnp.asarray(inputs_1), None if inputs_2 is None else jnp.asarray(inputs_2)
    if _uses_layers(network, method):
        return traced_layerwise_kernel(network, parameters, inputs_1, inputs_2)  # pyright: ignore[reportArgumentType]
    full = jacobian_kernel(network, parameters, inputs_1, inputs_2)
    return jnp.trace(full, axis1=1, axis2=3) / network.output_size


def kernel_working_numbers(network: AbstractNetwork, parameters: PyTree, points_1: int, points_2: int) -> int:
    """About how many numbers `neural_tangent_kernel` holds at a time; the parameters may be abstract."""
    if isinstance(network, Perceptron):
        return layerwise_working_numbers(network, points_1, points_2)
    return jacobian_working_numbers(network, parameters, points_1, points_2)


def as_matrix(
    kernel: Float[Array, "points_1 outputs points_2 outputs"],
) -> Float[Array, "size_1 size_2"]:
    """The full kernel as a matrix that acts on flattened outputs, (points · outputs) square."""
    return kernel.reshape(kernel.shape[0] * kernel.shape[1], -1)
