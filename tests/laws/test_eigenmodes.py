"""Eigenmodes: exact spectra, a fixed order and sign, and bits that do not depend on the threads."""

import numpy as np
import pytest
import scipy.linalg
import threadpoolctl

from cosmograd.solvers import eigenmodes, fixed_blas_threads

SEED = 314


def random_symmetric(size: int) -> np.ndarray:
    matrix = np.random.default_rng(SEED).normal(size=(size, size))
    return matrix @ matrix.T


def test_modes_of_a_circulant_matrix_are_fourier_modes():
    """Independent route: the eigenvalues are the Fourier transform of the first row."""
    row = 1 / (1 + np.minimum(np.arange(16), 16 - np.arange(16)) ** 2)
    values = eigenmodes(scipy.linalg.circulant(row)).eigenvalues
    np.testing.assert_allclose(values, np.sort(np.fft.fft(row).real)[::-1], atol=1e-14)


def test_modes_diagonalise_and_are_orthonormal():
    """To 30 n ε, by which LAPACK's own tests judge its drivers."""
    size = 60
    bound = 30 * size * np.finfo(float).eps
    matrix = random_symmetric(size)
    values, vectors = eigenmodes(matrix)
    assert (np.diff(values) <= 0).all()
    assert np.linalg.norm(vectors.T @ vectors - np.eye(size), 1) <= bound
    assert np.linalg.norm(vectors * values @ vectors.T - matrix, 1) <= bound * np.linalg.norm(matrix, 1)


def test_largest_component_is_positive():
    vectors = eigenmodes(random_symmetric(40)).vectors
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(40)]
    assert (largest > 0).all()


def test_only_the_symmetric_part_counts():
    matrix = random_symmetric(12)
    antisymmetric = np.triu(np.ones((12, 12)), 1) - np.tril(np.ones((12, 12)), -1)
    np.testing.assert_allclose(
        eigenmodes(matrix + antisymmetric).eigenvalues, eigenmodes(matrix).eigenvalues, rtol=1e-12
    )


def test_bits_do_not_depend_on_the_number_of_blas_threads():
    """At this size LAPACK's own result does change with the threads on most machines."""
    matrix = random_symmetric(320)
    results = []
    for threads in (1, 2):
        with threadpoolctl.threadpool_limits(limits=threads, user_api="blas"):
            results.append(eigenmodes(matrix))
    assert results[0].eigenvalues.tobytes() == results[1].eigenvalues.tobytes()
    assert results[0].vectors.tobytes() == results[1].vectors.tobytes()


def test_thread_limit_ends_with_its_block():
    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]

    before = threads()
    with fixed_blas_threads():
        assert set(threads()) == {1}
    assert threads() == before


@pytest.mark.usefixtures("without_type_checks")
def test_bad_matrices_are_refused():
    with pytest.raises(ValueError, match=r"square, got shape \(3,\)"):
        eigenmodes(np.ones(3))
    with pytest.raises(ValueError, match="NaN or infinite"):
        eigenmodes(np.array([[1.0, np.nan], [np.nan, 1.0]]))
