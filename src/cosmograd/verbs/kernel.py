"""The tangent kernel at the front door."""

from cosmograd.learning.tangent_kernel import tangent_kernel as kernel_of_model
from cosmograd.precision import in_float64

tangent_kernel = in_float64(kernel_of_model)
