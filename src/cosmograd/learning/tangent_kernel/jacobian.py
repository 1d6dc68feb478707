"""Tangent kernels of any network, from Jacobians formed a few points at a time."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.learning.networks import AbstractNetwork, Parameters

# Numbers held by one block of Jacobian rows; two blocks are alive at a time.
_BLOCK_NUMBERS = 2**27


def _jacobian_rows(network: AbstractNetwork, parameters: Parameters, inputs: Array) -> list[Array]:
    """∂f_i(x)/∂θ, one array of shape (points · outputs, numbers in the leaf) per leaf of the parameters."""

    def outputs_at(point: Array, θ: Parameters) -> Array:
        return network.apply(θ, point[None])[0]

    jacobian = jax.vmap(lambda point: jax.jacrev(lambda θ: outputs_at(point, θ))(parameters))(inputs)
    return [leaf.reshape(inputs.shape[0] * network.output_size, -1) for leaf in jax.tree.leaves(jacobian)]


def jacobian_kernel(
    network: AbstractNetwork,
    parameters: Parameters,
    inputs_1: Float[Array, "points_1 ..."],
    inputs_2: Float[Array, "points_2 ..."] | None = None,
) -> Float[Array, "points_1 outputs points_2 outputs"]:
    r"""Full tangent kernel $\Theta = J_1 J_2^{\mathsf T}$ of any network that treats points independently."""
    k = network.output_size
    numbers = k * sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(parameters))
    step = max(1, _BLOCK_NUMBERS // max(1, numbers))

    def blocks(size: int) -> list[slice]:
        return [slice(first, min(first + step, size)) for first in range(0, size, step)]

    symmetric = inputs_2 is None
    second_inputs = inputs_1 if inputs_2 is None else inputs_2
    size_1, size_2 = inputs_1.shape[0], second_inputs.shape[0]
    kernel = jnp.zeros((size_1, k, size_2, k), dtype=inputs_1.dtype)
    for rows in blocks(size_1):
        left = _jacobian_rows(network, parameters, inputs_1[rows])
        for columns in blocks(size_2):
            if symmetric and columns.start < rows.start:
                continue
            same = symmetric and columns == rows
            right = left if same else _jacobian_rows(network, parameters, second_inputs[columns])
            block = sum((a @ b.T for a, b in zip(left, right, strict=True)), start=jnp.zeros((), kernel.dtype))
            block = block.reshape(rows.stop - rows.start, k, columns.stop - columns.start, k)
            kernel = kernel.at[rows, :, columns].set(block)
            if symmetric and not same:
                kernel = kernel.at[columns, :, rows].set(block.transpose(2, 3, 0, 1))
    return kernel
