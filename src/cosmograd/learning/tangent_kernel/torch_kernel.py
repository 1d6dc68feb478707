"""Tangent kernels of PyTorch modules, from Jacobians of a few points at a time."""

from typing import Any

import numpy as np
from jaxtyping import Float

from cosmograd.learning.networks.models.torch_modules import TorchModel

# Numbers in the Jacobian of the points that are treated at a time: 256 MiB, twice at once.
_JACOBIAN_NUMBERS = 2**25


def torch_kernel(
    model: TorchModel,
    inputs_1: Float[np.ndarray, "points_1 ..."],
    inputs_2: Float[np.ndarray, "points_2 ..."] | None = None,
    average_outputs: bool = False,
) -> Float[np.ndarray, "rows columns"]:
    r"""$\Theta = J_1J_2^{\mathsf T}$, or its average over outputs $\frac1k\sum_i\Theta(x,i;x',i)$, in float64.

    `inputs_2` None means `inputs_1`; then only half of the blocks are computed.
    """
    symmetric = inputs_2 is None
    inputs_2 = inputs_1 if inputs_2 is None else inputs_2
    k = model.output_size
    rows_of_point = 1 if average_outputs else k
    kernel = np.empty((len(inputs_1) * rows_of_point, len(inputs_2) * rows_of_point))
    step = max(1, _JACOBIAN_NUMBERS // (k * model.parameter_count))

    def jacobian(points: np.ndarray) -> list[Any]:
        tensors = model.jacobian(points)
        return [tensor.reshape(len(points), -1) / k**0.5 for tensor in tensors] if average_outputs else tensors

    for first in range(0, len(inputs_1), step):
        left = jacobian(inputs_1[first : first + step])
        rows = slice(first * rows_of_point, (first + step) * rows_of_point)
        for second in range(first if symmetric else 0, len(inputs_2), step):
            right = left if symmetric and second == first else jacobian(inputs_2[second : second + step])
            block = sum((a @ b.T).numpy() for a, b in zip(left, right, strict=True))
            columns = slice(second * rows_of_point, (second + step) * rows_of_point)
            kernel[rows, columns] = block
            if symmetric:
                kernel[columns, rows] = kernel[rows, columns].T
    return kernel
