r"""Tangent kernels of any network that can be trained: no more than a few points' Jacobians are ever formed.

$\Theta = J_1 J_2^{\mathsf T}$ is computed in columns. A few rows of $J_2$ come from a backward pass; $J_1$ acts on each
of them as a direction in parameter space, all at once in matrix products. $J_1 v$ is the transpose of the backward
pass $u \mapsto J_1^{\mathsf T} u$, which exists for models with their own rules for it too, where forward derivatives
do not.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from cosmograd.learning.networks import AbstractNetwork, Parameters

# Numbers held by a few rows of the Jacobian, and by all points' activations moved along each of them. It never depends
# on the memory at hand, for the last bits of the kernel depend on it.
_BLOCK_NUMBERS = 2**23


class _Blocks(NamedTuple):
    """Points at a time: whose Jacobian is formed; the sides of one block of Θ, the second a multiple of that."""

    jacobian: int
    side_1: int
    side_2: int


def jacobian_kernel(
    network: AbstractNetwork,
    parameters: Parameters,
    inputs_1: Float[Array, "points_1 ..."],
    inputs_2: Float[Array, "points_2 ..."] | None = None,
) -> Float[Array, "points_1 outputs points_2 outputs"]:
    r"""Full tangent kernel $\Theta = J_1 J_2^{\mathsf T}$ of any network that treats points independently."""
    symmetric = inputs_2 is None
    second_inputs = inputs_1 if inputs_2 is None else inputs_2
    k, size_1, size_2 = network.output_size, inputs_1.shape[0], second_inputs.shape[0]
    kernel = jnp.zeros((size_1, k, size_2, k), dtype=inputs_1.dtype)
    if 0 in (size_1, size_2):
        return kernel
    transposes = _transposes(network, parameters)
    blocks = _blocks(network, parameters, size_1, size_2, transposes, symmetric)
    block_of = _block_by_transposition if transposes else _block_by_products

    def add(kernel: Array, pair: Array) -> tuple[Array, None]:
        first, second = pair
        rows = jax.lax.dynamic_slice_in_dim(inputs_1, first, blocks.side_1)
        columns = jax.lax.dynamic_slice_in_dim(second_inputs, second, blocks.side_2)
        block = block_of(network, parameters, rows, columns, blocks.jacobian)
        zero = jnp.zeros_like(first)
        if symmetric:
            mirrored = block.transpose(2, 3, 0, 1)
            block = jnp.where(first == second, (block + mirrored) / 2, block)
            mirrored = block.transpose(2, 3, 0, 1)
            kernel = jax.lax.dynamic_update_slice(kernel, mirrored, (second, zero, first, zero))
        return jax.lax.dynamic_update_slice(kernel, block, (first, zero, second, zero)), None

    starts_1, starts_2 = _starts(size_1, blocks.side_1), _starts(size_2, blocks.side_2)
    pairs = [(a, b) for a in starts_1 for b in starts_2 if not symmetric or a <= b]
    return jax.lax.scan(add, kernel, jnp.asarray(pairs))[0]


def _block_by_transposition(
    network: AbstractNetwork, parameters: Parameters, rows: Array, columns: Array, points_at_a_time: int
) -> Array:
    """A block of Θ: the Jacobian on `rows` acts on that of a few `columns` at a time."""
    k = network.output_size
    along = _forward_by_transposition(network, parameters, rows)

    def few_columns(points: Array) -> Array:
        return jax.vmap(along)(_jacobian_rows(network, parameters, points))  # (points · outputs, rows, outputs)

    groups = columns.reshape(-1, points_at_a_time, *columns.shape[1:])
    return jax.lax.map(few_columns, groups).reshape(columns.shape[0], k, rows.shape[0], k).transpose(2, 3, 0, 1)


def _block_by_products(
    network: AbstractNetwork, parameters: Parameters, rows: Array, columns: Array, points_at_a_time: int
) -> Array:
    """A block of Θ from both Jacobians, whose sides are the points at a time."""
    k = network.output_size
    left, right = (_jacobian_rows(network, parameters, points) for points in (rows, columns))
    products = [
        a.reshape(a.shape[0], -1) @ b.reshape(b.shape[0], -1).T
        for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    ]
    return sum(products, start=jnp.zeros((), rows.dtype)).reshape(rows.shape[0], k, columns.shape[0], k)


def _jacobian_rows(network: AbstractNetwork, parameters: Parameters, inputs: Array) -> Parameters:
    """∂f_i(x)/∂θ, each leaf of shape (points · outputs, ...)."""

    def outputs_at(point: Array, θ: Parameters) -> Array:
        return network.apply(θ, point[None])[0]

    jacobian = jax.vmap(lambda point: jax.jacrev(lambda θ: outputs_at(point, θ))(parameters))(inputs)
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), jacobian)


def _forward_by_transposition(
    network: AbstractNetwork, parameters: Parameters, inputs: Array
) -> Callable[[Parameters], Array]:
    """v ↦ J v, of shape (points, outputs), for a direction v in parameter space."""
    outputs, backward = jax.vjp(lambda θ: network.apply(θ, inputs), parameters)
    forward = jax.linear_transpose(backward, outputs)
    return lambda direction: forward((direction,))[0]


def _transposes(network: AbstractNetwork, parameters: PyTree) -> bool:
    """Whether JAX can transpose the backward pass; not so where that is a loop of its own, as in neural ODEs."""
    try:
        point = _abstract_points(network, parameters, 1)
        jax.eval_shape(lambda θ, x: _forward_by_transposition(network, θ, x)(θ), parameters, point)
    except Exception:  # of whatever class the model's rules raise; what is wrong with the model itself comes up again
        return False
    return True


def _abstract_points(network: AbstractNetwork, parameters: PyTree, count: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct((count, *network.input_shape), jnp.result_type(*jax.tree.leaves(parameters)))


def _numbers_of_a_point(network: AbstractNetwork, parameters: PyTree) -> tuple[int, int]:
    """In its Jacobian per output, and kept for its backward pass."""

    def kept(points: int) -> int:
        inputs = _abstract_points(network, parameters, points)
        backward = jax.eval_shape(lambda θ, x: jax.vjp(lambda φ: network.apply(φ, x), θ)[1], parameters, inputs)
        return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(backward))

    in_jacobian = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(parameters))
    return max(1, in_jacobian), max(network.output_size, kept(2) - kept(1))


def _blocks(
    network: AbstractNetwork, parameters: PyTree, size_1: int, size_2: int, transposes: bool, symmetric: bool
) -> _Blocks:
    k = network.output_size
    in_jacobian, kept = _numbers_of_a_point(network, parameters)
    most = min(_BLOCK_NUMBERS // (k * in_jacobian), math.isqrt(_BLOCK_NUMBERS // (k * kept)))
    if not transposes:
        side = _even_side(max(size_1, size_2), most)
        return _Blocks(min(side, size_2), min(side, size_1), min(side, size_2))
    jacobian = _even_side(size_2, most)
    side = max(jacobian, _BLOCK_NUMBERS // (k * kept * jacobian))
    side_2 = min(-(-_even_side(size_2, side) // jacobian), size_2 // jacobian) * jacobian
    return _Blocks(jacobian, side_2 if symmetric else _even_side(size_1, side), side_2)


def _even_side(size: int, most: int) -> int:
    """Of as few blocks as cover `size`, none longer than `most` and all of nearly the same length."""
    return -(-size // -(-size // max(1, min(size, most))))


def _starts(size: int, side: int) -> list[int]:
    """Where blocks begin; the last one reaches back, so that all are of one size."""
    return [max(0, min(first, size - side)) for first in range(0, size, side)]


def jacobian_working_numbers(network: AbstractNetwork, parameters: PyTree, points_1: int, points_2: int) -> int:
    """How many numbers are alive at most while `jacobian_kernel` works: Jacobians in the making and made, and Θ."""
    k = network.output_size
    kernel = points_1 * points_2 * k**2
    if kernel == 0:
        return 0
    in_jacobian, kept = _numbers_of_a_point(network, parameters)
    transposes = _transposes(network, parameters)
    blocks = _blocks(network, parameters, points_1, points_2, transposes, symmetric=False)
    rows = 2 * blocks.jacobian * k * in_jacobian
    moved = 2 * blocks.jacobian * k * blocks.side_1 * kept if transposes else 0
    return rows + max(moved, rows // 2) + 3 * kernel
