"""Eigenmodes of symmetric matrices, the same bits whatever the number of threads.

Dense decompositions change their last bits with the number of BLAS threads, so they are always run on one.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import scipy.linalg
import threadpoolctl
from jaxtyping import Float
from numpy.typing import ArrayLike


class Eigenmodes(NamedTuple):
    """Eigenvalues in descending order, and eigenvectors as columns in the same order."""

    eigenvalues: Float[np.ndarray, " modes"]
    vectors: Float[np.ndarray, "size modes"]


@contextmanager
def fixed_blas_threads() -> Iterator[None]:
    """Hold NumPy's and SciPy's BLAS to one thread inside the block, for bit-identical results."""
    with _thread_pools().limit(limits=1, user_api="blas"):
        yield


@functools.cache
def _thread_pools() -> threadpoolctl.ThreadpoolController:
    """Of NumPy's and SciPy's BLAS, which are loaded with this module; to look for them takes milliseconds."""
    return threadpoolctl.ThreadpoolController()


def _checked(matrix: ArrayLike) -> Float[np.ndarray, "size size"]:
    matrix = np.asarray(matrix, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"`matrix` must be square, got shape {matrix.shape}.")
    if not np.isfinite(matrix).all():
        raise ValueError("`matrix` holds NaN or infinite entries; its eigenmodes are undefined.")
    return 0.5 * (matrix + matrix.T)


def spectrum(matrix: ArrayLike) -> Float[np.ndarray, " modes"]:
    """All eigenvalues of a symmetric matrix in float64, the largest first; half the work of `eigenmodes`."""
    with fixed_blas_threads():
        return scipy.linalg.eigh(_checked(matrix), eigvals_only=True)[::-1].copy()


def eigenmodes(matrix: ArrayLike) -> Eigenmodes:
    """All eigenmodes of a symmetric matrix in float64, the largest eigenvalue first.

    The sign of each vector is fixed by making its largest component positive.
    """
    with fixed_blas_threads():
        values, vectors = scipy.linalg.eigh(_checked(matrix))
    values, vectors = values[::-1].copy(), vectors[:, ::-1].copy()
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None, :], axis=0)
    return Eigenmodes(values, vectors * np.where(largest < 0, -1.0, 1.0))
