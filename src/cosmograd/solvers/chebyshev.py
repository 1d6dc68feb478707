"""Polynomials through Chebyshev nodes, and their derivatives."""

import numpy as np


def chebyshev_nodes(count: int) -> np.ndarray:
    """Gauss-Lobatto nodes on [0, 1], from 0 to 1."""
    return (1 - np.cos(np.pi * np.arange(count) / (count - 1))) / 2


def differentiation_matrix(nodes: np.ndarray) -> np.ndarray:
    """Derivative at the nodes of the polynomial through them (barycentric formula; Berrut & Trefethen 2004, §9.3)."""
    difference = nodes[:, None] - nodes[None, :] + np.eye(len(nodes))
    weights = 1 / difference.prod(axis=1)
    matrix = weights[None, :] / weights[:, None] / difference
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return matrix
