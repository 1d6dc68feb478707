"""Solvers that know no physics: oscillators, recursions, eigenmodes, ordinary differential equations, interpolation."""

from cosmograd.solvers.adaptive_steps import RecordedSteps, adaptive_steps
from cosmograd.solvers.chebyshev import chebyshev_nodes, differentiation_matrix
from cosmograd.solvers.dense_modes import Eigenmodes, eigenmodes, fixed_blas_threads, spectrum
from cosmograd.solvers.hermite import hermite, hermite_coefficients
from cosmograd.solvers.log_spacing import log_spaced_integers, spread_apart
from cosmograd.solvers.oscillators import impulse_response, step_response
from cosmograd.solvers.piecewise_polynomials import PiecewisePolynomial, derivative_at_samples, polynomial
from cosmograd.solvers.recursions import recursion_roots
from cosmograd.solvers.requests import disorder, outcome_of, require_accuracy, require_increasing, require_vector
from cosmograd.solvers.small_inverses import small_inverses
from cosmograd.solvers.stage_chain import stage_chain
from cosmograd.solvers.two_tolerances import LEAST_STEP, MAX_STEPS, TwoSolutions, solve_at_two_tolerances

__all__ = [
    "LEAST_STEP",
    "MAX_STEPS",
    "Eigenmodes",
    "PiecewisePolynomial",
    "RecordedSteps",
    "TwoSolutions",
    "adaptive_steps",
    "chebyshev_nodes",
    "derivative_at_samples",
    "differentiation_matrix",
    "disorder",
    "eigenmodes",
    "fixed_blas_threads",
    "hermite",
    "hermite_coefficients",
    "impulse_response",
    "log_spaced_integers",
    "outcome_of",
    "polynomial",
    "recursion_roots",
    "require_accuracy",
    "require_increasing",
    "require_vector",
    "small_inverses",
    "solve_at_two_tolerances",
    "spectrum",
    "spread_apart",
    "stage_chain",
    "step_response",
]
