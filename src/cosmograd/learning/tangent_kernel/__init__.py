"""Empirical neural tangent kernels: the mass matrix of the effective theory."""

from cosmograd.learning.tangent_kernel.kernel import (
    KERNEL_METHODS,
    KernelMethod,
    as_matrix,
    kernel_working_numbers,
    neural_tangent_kernel,
    traced_tangent_kernel,
)
from cosmograd.learning.tangent_kernel.kernel_of_model import (
    TangentKernel,
    kernel_of_points,
    kernel_of_result,
    tangent_kernel,
)
from cosmograd.learning.tangent_kernel.kernel_spectra import kernel_drift, spectral_entropy

__all__ = [
    "KERNEL_METHODS",
    "KernelMethod",
    "TangentKernel",
    "as_matrix",
    "kernel_drift",
    "kernel_of_points",
    "kernel_of_result",
    "kernel_working_numbers",
    "neural_tangent_kernel",
    "spectral_entropy",
    "tangent_kernel",
    "traced_tangent_kernel",
]
