"""Tangent kernels of any network, from Jacobians formed a few points at a time."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from cosmograd.learning.networks import AbstractNetwork, Parameters

# Numbers held by one block of Jacobian rows; two blocks are alive at a time. The block never depends on the memory at
# hand, for the last bits of the kernel depend on it.
_BLOCK_NUMBERS = 2**23


def _points_in_a_block(network: AbstractNetwork, parameters: PyTree, most: int) -> int:
    numbers = network.output_size * sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(parameters))
    step = min(most, max(1, _BLOCK_NUMBERS // max(1, numbers)))
    return -(-most // max(1, -(-most // step)))  # blocks of equal size, but for the last


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
    symmetric = inputs_2 is None
    second_inputs = inputs_1 if inputs_2 is None else inputs_2
    size_1, size_2 = inputs_1.shape[0], second_inputs.shape[0]
    step = _points_in_a_block(network, parameters, max(size_1, size_2))
    starts_1, starts_2 = (_starts(size, step) for size in (size_1, size_2))
    pairs = [(a, b) for a in starts_1 for b in starts_2 if not symmetric or a <= b]
    kernel = jnp.zeros((size_1, k, size_2, k), dtype=inputs_1.dtype)

    def block_of(rows: Array, columns: Array) -> Array:
        left = _jacobian_rows(network, parameters, rows)
        right = left if columns is rows else _jacobian_rows(network, parameters, columns)
        block = sum((a @ b.T for a, b in zip(left, right, strict=True)), start=jnp.zeros((), kernel.dtype))
        return block.reshape(rows.shape[0], k, columns.shape[0], k)

    if len(pairs) == 1:
        return block_of(inputs_1, second_inputs)

    height, width = min(step, size_1), min(step, size_2)

    def add(kernel: Array, pair: Array) -> tuple[Array, None]:
        first, second = pair
        rows = jax.lax.dynamic_slice_in_dim(inputs_1, first, height)
        columns = jax.lax.dynamic_slice_in_dim(second_inputs, second, width)
        block = block_of(rows, columns)
        zero = jnp.zeros_like(first)
        kernel = jax.lax.dynamic_update_slice(kernel, block, (first, zero, second, zero))
        if symmetric:
            kernel = jax.lax.dynamic_update_slice(kernel, block.transpose(2, 3, 0, 1), (second, zero, first, zero))
        return kernel, None

    return jax.lax.scan(add, kernel, jnp.asarray(pairs))[0]


def _starts(size: int, step: int) -> list[int]:
    """Where blocks begin; the last one reaches back, so that all are of one size."""
    return [max(0, min(first, size - step)) for first in range(0, max(size, 1), step)]


def jacobian_working_numbers(network: AbstractNetwork, parameters: PyTree, points_1: int, points_2: int) -> int:
    """How many numbers are alive at most while `jacobian_kernel` works: Jacobians in the making and made, and Θ."""
    step = _points_in_a_block(network, parameters, max(points_1, points_2, 1))
    numbers = network.output_size * sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(parameters))
    kernel = points_1 * points_2 * network.output_size**2
    return 3 * step * numbers + 3 * kernel
