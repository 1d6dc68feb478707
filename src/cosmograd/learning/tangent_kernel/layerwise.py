r"""Tangent kernels of perceptrons, layer by layer: no Jacobian is ever formed.

With $z_l = h_{l-1}(m_w w_l) + m_b b_l$ and the back-signals $B_l(x,i) = \partial f_i(x)/\partial z_l$,

$$\Theta(x,i;\,x',j) = \sum_l \left(m_w^2\, h_{l-1}(x)\cdot h_{l-1}(x') + m_b^2\right)\,B_l(x,i)\cdot B_l(x',j).$$

Each term is the entrywise product of two Gram matrices, so the cost is that of a few matrix products.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.learning.networks import Parameters, Perceptron, value_and_slope

# Rows of the kernel computed at a time: large enough for full speed in the matrix product, small enough that a
# block is still in the cache when the activation Gram multiplies it.
_BLOCK_ROWS = 320


def _forward_and_back_signals(
    network: Perceptron, parameters: Parameters, inputs: Array
) -> tuple[list[Array], list[Array]]:
    """h_{l−1}, shape (points, fan_in), of every layer, and B_l, shape (points, outputs, fan_out), of all but the last.

    The last layer's B is the identity in the outputs.
    """
    activations, slopes = [inputs], []
    z = inputs
    layers = tuple(zip(parameters, network.layer_scales, strict=True))
    for layer, scales in layers[:-1]:
        z = scales.weight_multiplier * (activations[-1] @ layer.weights) + scales.bias_multiplier * layer.biases
        h, slope = value_and_slope(network.activation, z)
        activations.append(h)
        slopes.append(slope)

    signals: list[Array] = []
    signal = jnp.eye(network.output_size, dtype=inputs.dtype)[None]
    for (layer, scales), slope in zip(reversed(layers[1:]), reversed(slopes), strict=True):
        signal = scales.weight_multiplier * (signal @ layer.weights.T) * slope[:, None, :]
        signals.append(signal)
    return activations, signals[::-1]


def layerwise_kernel(
    network: Perceptron,
    parameters: Parameters,
    inputs_1: Float[Array, "points_1 features"],
    inputs_2: Float[Array, "points_2 features"] | None = None,
) -> Float[Array, "points_1 outputs points_2 outputs"]:
    """Full tangent kernel of a perceptron; `inputs_2` None means `inputs_1`, at half the cost by symmetry."""
    symmetric = inputs_2 is None
    h_1, B_1 = _forward_and_back_signals(network, parameters, inputs_1)
    h_2, B_2 = (h_1, B_1) if inputs_2 is None else _forward_and_back_signals(network, parameters, inputs_2)
    size_1, size_2, k = h_1[0].shape[0], h_2[0].shape[0], network.output_size
    grams = [
        scales.weight_multiplier**2 * (first @ second.T) + scales.bias_multiplier**2
        for scales, first, second in zip(network.layer_scales, h_1, h_2, strict=True)
    ]
    identity = jnp.eye(k, dtype=inputs_1.dtype)[None, :, None, :]
    rows_1 = [signal.reshape(size_1 * k, -1) for signal in B_1]
    rows_2 = [signal.reshape(size_2 * k, -1) for signal in B_2]

    kernel = jnp.zeros((size_1 * k, size_2 * k), dtype=inputs_1.dtype)
    step = max(1, _BLOCK_ROWS // k)
    for first in range(0, size_1, step):
        last = min(first + step, size_1)
        column = first if symmetric else 0  # of a symmetric kernel, the blocks on and above the diagonal
        rows, columns = slice(first * k, last * k), slice(column * k, None)
        shape = (last - first, k, size_2 - column, k)
        block = grams[-1][first:last, column:][:, None, :, None] * identity
        for gram, left, right in zip(grams[:-1], rows_1, rows_2, strict=True):
            back = (left[rows] @ right[columns].T).reshape(shape)
            block = block + gram[first:last, column:][:, None, :, None] * back
        block = block.reshape((last - first) * k, -1)
        kernel = kernel.at[rows, columns].set(block)
        if symmetric and last < size_1:
            kernel = kernel.at[last * k :, rows].set(block[:, (last - first) * k :].T)
    return kernel.reshape(size_1, k, size_2, k)


def traced_layerwise_kernel(
    network: Perceptron,
    parameters: Parameters,
    inputs_1: Float[Array, "points_1 features"],
    inputs_2: Float[Array, "points_2 features"] | None = None,
) -> Float[Array, "points_1 points_2"]:
    r"""Mean over outputs $\frac1k\sum_i\Theta(x,i;x',i)$ of the kernel of a perceptron."""
    h_1, B_1 = _forward_and_back_signals(network, parameters, inputs_1)
    h_2, B_2 = (h_1, B_1) if inputs_2 is None else _forward_and_back_signals(network, parameters, inputs_2)
    k = network.output_size
    kernel = jnp.zeros((), dtype=inputs_1.dtype)
    for index, (scales, first, second) in enumerate(zip(network.layer_scales, h_1, h_2, strict=True)):
        gram = scales.weight_multiplier**2 * (first @ second.T) + scales.bias_multiplier**2
        if index < len(B_1):
            left, right = (B[index].reshape(B[index].shape[0], -1) for B in (B_1, B_2))
            gram = gram * (left @ right.T) / k
        kernel = kernel + gram
    return kernel


def layerwise_working_numbers(network: Perceptron, points_1: int, points_2: int) -> int:
    """How many numbers are alive at most while `layerwise_kernel` works: signals of all layers, Gram matrices and Θ."""
    hidden, k = sum(network.widths[1:-1]), network.output_size
    signals = (points_1 + points_2) * (2 * k + 2) * hidden
    return signals + len(network.widths) * points_1 * points_2 + 3 * points_1 * points_2 * k * k
