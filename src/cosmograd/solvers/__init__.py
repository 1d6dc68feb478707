"""Solvers that know no physics: damped oscillators, linear recursions, dense eigenmodes, interpolation."""

from cosmograd.solvers.adaptive_steps import RecordedSteps, adaptive_steps
from cosmograd.solvers.chebyshev import chebyshev_nodes, differentiation_matrix
from cosmograd.solvers.dense_modes import Eigenmodes, eigenmodes, fixed_blas_threads, spectrum
from cosmograd.solvers.hermite import hermite, hermite_coefficients
from cosmograd.solvers.log_spacing import log_spaced_integers
from cosmograd.solvers.oscillators import impulse_response, step_response
from cosmograd.solvers.piecewise_polynomials import PiecewisePolynomial, derivative_at_samples
from cosmograd.solvers.recursions import recursion_roots

__all__ = [
    "Eigenmodes",
    "PiecewisePolynomial",
    "RecordedSteps",
    "adaptive_steps",
    "chebyshev_nodes",
    "derivative_at_samples",
    "differentiation_matrix",
    "eigenmodes",
    "fixed_blas_threads",
    "hermite",
    "hermite_coefficients",
    "impulse_response",
    "log_spaced_integers",
    "recursion_roots",
    "spectrum",
    "step_response",
]
