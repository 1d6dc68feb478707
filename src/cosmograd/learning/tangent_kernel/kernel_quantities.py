"""What a tangent kernel consists of, as quantities."""

from cosmograd.results import Quantity

QUANTITIES = (
    Quantity("matrix", "tangent kernel Θ over flattened outputs, points slowest", dimensions=("row", "column")),
    Quantity("eigenvalues", "eigenvalues λ of the kernel, the largest first", dimensions=("mode",), symbol="λ"),
    Quantity("modes", "eigenvectors, one for each mode", dimensions=("row", "mode")),
    Quantity("outputs", "outputs of the model", dimensions=("point", "output")),
    Quantity("probe_matrix", "kernel between other points (rows) and the points", dimensions=("probe_row", "column")),
    Quantity("probe_outputs", "outputs of the model on the other points", dimensions=("probe_point", "output")),
    Quantity("trace", "trace of the kernel"),
)
