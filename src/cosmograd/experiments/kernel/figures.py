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


@figure("modes", needs=("modes", "outputs"))
def modes(result: Result) -> Figure:
    """Leading eigenvectors over the points, a curve for each output."""
    vectors = result["modes"].values[:, :_MODES]
    points = result.sizes["point"]
    by_output = vectors.reshape(points, -1, vectors.shape[1])
    shown = min(by_output.shape[1], len(POINT_STYLES))
    styles = POINT_STYLES[:shown]
    x = np.arange(points)
    panels = [
        Panel(
            [Line(x, by_output[:, o, m], s.colour, "-", s.marker, size=2.5) for o, s in enumerate(styles)],
            Axis("point"),
            Axis("component"),
            f"mode {m + 1}",
        )
        for m in range(vectors.shape[1])
    ]
    several = [LegendEntry(f"output {o}", s.colour, "-", s.marker) for o, s in enumerate(styles, 1)]
    return Figure(
        "modes",
        "Leading modes",
        panels,
        "Eigenvectors of the largest eigenvalues, which are learned first"
        + (f"; {shown} of {by_output.shape[1]} outputs." if shown < by_output.shape[1] else "."),
        "A panel for each of the leading eigenvectors, its components against the number of the point.",
        ("modes",),
        several if shown > 1 else (),
        height=2.0,
    )


FIGURES = (spectrum, modes)
