"""What a tangent kernel consists of."""

from cosmograd.learning.tangent_kernel.kernel_quantities import QUANTITIES

__all__ = ["NEEDED", "QUANTITIES"]

NEEDED = ("matrix", "eigenvalues", "modes", "outputs")

COMMAND = "cosmograd.tangent_kernel in Python"
