"""The spectrum of a tangent kernel, and its leading modes."""

import numpy as np

from cosmograd.figures import (
    POINT_STYLES,
    Axis,
    Figure,
    LegendEntry,
    Line,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
)
from cosmograd.results import Result

_ROUND_OFF, _MODES = 1e-16, 4


@figure("spectrum", needs=("eigenvalues",))
def spectrum(result: Result) -> Figure:
    """Eigenvalues from the largest down."""
    λ = result["eigenvalues"].values
    number = 1 + np.arange(len(λ))
    shown = λ > _ROUND_OFF * len(λ) * λ[0]
    return Figure(
        "spectrum",
        "Spectrum of the tangent kernel",
        [
            Panel(
                [Line(number[shown], λ[shown], "#0072B2", "", "o", size=3.0)],
                Axis("mode", "log", 0.8, 1.25 * len(λ)),
                logarithmic_axis("eigenvalue λ", limits_of_logarithmic_axis([λ[shown]])),
            )
        ],
        "Eigenvalues of the tangent kernel from the largest down; those that are round-off are left out.",
        "Eigenvalues against the number of the mode on logarithmic axes.",
        ("eigenvalues",),
        grid=(1, 1),
        height=2.6,
    )


@figure("modes", needs=("modes",))
def modes(result: Result) -> Figure:
    """Leading eigenvectors over the flattened outputs."""
    vectors = result["modes"].values[:, :_MODES]
    rows = np.arange(len(vectors))
    styles = POINT_STYLES[: vectors.shape[1]]
    return Figure(
        "modes",
        "Leading modes",
        [
            Panel(
                [
                    Line(rows, vector, s.colour, "-", s.marker, size=2.5)
                    for vector, s in zip(vectors.T, styles, strict=True)
                ],
                Axis("output, points slowest"),
                Axis("component"),
            )
        ],
        "Eigenvectors of the largest eigenvalues, which are learned first.",
        "Components of the leading eigenvectors against the number of the output.",
        ("modes",),
        [LegendEntry(f"mode {place}", s.colour, "-", s.marker) for place, s in enumerate(styles, 1)],
        grid=(1, 1),
        height=2.6,
    )


FIGURES = (spectrum, modes)
