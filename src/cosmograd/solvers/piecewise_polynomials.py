"""Local polynomials through equidistant samples: one row of coefficients per cell, so that looking one up is cheap."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.solvers.chebyshev import differentiation_matrix

_SAMPLES = 6
_BEFORE = 2  # samples to the left of a cell in the middle of the grid


def _coefficients_from_samples() -> np.ndarray:
    """For a cell with 0 … 4 of its six samples before it: from the samples to powers of the fraction of the cell."""
    matrices = []
    for before in range(_SAMPLES - 1):
        positions = np.arange(_SAMPLES) - before
        matrices.append(np.linalg.inv(np.vander(positions.astype(float), increasing=True)))
    return np.stack(matrices)


class PiecewisePolynomial(eqx.Module):
    r"""Functions of one variable on [0, cells · width], by the quintic through the six nearest samples.

    The error is below $0.005\,h^6\max|f^{(6)}|$ for cells of width h away from both ends.
    """

    width: Float[Array, ""]
    coefficients: Float[Array, "cells columns powers"]

    @classmethod
    def through(cls, samples: Float[Array, "points columns"], width: Float[Array, ""]) -> "PiecewisePolynomial":
        """From samples at 0, width, 2 width, …; at least six."""
        cells = samples.shape[0] - 1
        first = np.clip(np.arange(cells) - _BEFORE, 0, samples.shape[0] - _SAMPLES)
        matrices = _coefficients_from_samples()[np.arange(cells) - first]
        windows = samples[first[:, None] + np.arange(_SAMPLES)]
        return cls(width, jnp.einsum("cps,csk->ckp", matrices, windows))

    def __call__(self, x: Float[Array, "*points"]) -> Float[Array, "*points columns"]:
        """Values at x; the polynomials of the first and last cell beyond the ends."""
        position = x / self.width
        cell = jnp.clip(jnp.floor(jax.lax.stop_gradient(position)), 0, self.coefficients.shape[0] - 1).astype(jnp.int32)
        return polynomial(self.coefficients[cell], position - cell)


def polynomial(
    coefficients: Float[Array, "*points columns powers"], fraction: Float[Array, "*points"]
) -> Float[Array, "*points columns"]:
    """Polynomials by their coefficients, the constant first; at each point its own, all columns of it."""
    u, result = fraction[..., None], coefficients[..., -1]
    for power in range(coefficients.shape[-1] - 2, -1, -1):
        result = result * u + coefficients[..., power]
    return result


def derivative_at_samples(samples: Float[Array, "points *columns"], width: Float[Array, ""]) -> Array:
    """First derivative of equidistant samples, by the seven nearest: exact for polynomials of sixth degree."""
    count, points = 7, samples.shape[0]
    first = np.clip(np.arange(points) - count // 2, 0, points - count)
    position = np.arange(points) - first
    rows = differentiation_matrix(np.arange(float(count)))[position]
    return jnp.einsum("ps,ps...->p...", rows, samples[first[:, None] + np.arange(count)]) / width
