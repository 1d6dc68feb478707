"""What a training step does to its modes, and how the universe changes with the learning rate."""

import numpy as np

from cosmograd.figures import (
    Axis,
    Figure,
    Guide,
    Line,
    Note,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
)
from cosmograd.results import Result
from cosmograd.solvers import recursion_roots

_POINTS = 600
_COLOUR = "#0072B2"


@figure("modes", needs=("momentum", "largest_stable_eta_lambda"))
def decay_of_modes(result: Result) -> Figure | None:
    """The factor by which a mode shrinks in an update, against its ηλ."""
    if result["momentum"].ndim:
        return None
    β, stable = float(result["momentum"]), float(result["largest_stable_eta_lambda"])
    ηλ = np.geomspace(1e-4 * stable, 4 * stable, _POINTS)
    factor = np.abs(recursion_roots(1 + β - ηλ, β)[0])
    ends = {name: float(result[f"{name}_eta_lambda"]) for name in ("critical", "period_two", "largest_stable")}
    guides = [Guide(at, "x", dashes="--") for at in sorted(set(ends.values()))]
    regions = [(ηλ[0], ends["critical"], "light")]
    regions += [(ends["critical"], ends["period_two"], "underdamped")] if β else []
    regions += [(ends["period_two"], stable, "period two"), (stable, ηλ[-1], "unstable")]
    notes = [
        Note(name, float(np.sqrt(low * high)), 0.98, "y", ("center", "top"), size=6)
        for low, high, name in regions
        if high > 1.2 * low
    ]
    return Figure(
        "modes",
        "Modes under this training step",
        [
            Panel(
                [Line(ηλ, factor, _COLOUR), Guide(1.0), *guides, *notes],
                logarithmic_axis("ηλ of the mode", (float(ηλ[0]), float(ηλ[-1]))),
                Axis("|r|, factor per update", low=0.0, high=1.3),
            )
        ],
        "Larger root of r² − (1 + β − ηλ)r + β = 0: a mode shrinks by |r| in an update and diverges above 1. Dashed "
        "lines separate the regimes.",
        "A curve of the factor by which a mode shrinks in an update against its learning rate times eigenvalue, with "
        "the regimes light, underdamped, period two and unstable.",
        ("critical_eta_lambda", "period_two_eta_lambda", "largest_stable_eta_lambda"),
        height=2.6,
        grid=(1, 1),
    )


@figure("expansion", needs=("learning_rate", "cosmological_constant"))
def expansion_against_learning_rate(result: Result) -> Figure | None:
    """Λ of several settings against their learning rates."""
    η, Λ = result["learning_rate"].values.ravel(), result["cosmological_constant"].values.ravel()
    if len(set(η)) < 3:
        return None
    return Figure(
        "expansion",
        "Cosmological constant and learning rate",
        [
            Panel(
                [Line(η, Λ, _COLOUR, "", "o")],
                logarithmic_axis("learning rate η", limits_of_logarithmic_axis([η])),
                logarithmic_axis("Λ [1/T²]", limits_of_logarithmic_axis([Λ])),
            )
        ],
        "Cosmological constant of each setting against its learning rate, in canonical time Λ ∝ 1/η at fixed momentum.",
        "Points of the cosmological constant against the learning rate on logarithmic axes.",
        ("learning_rate", "cosmological_constant"),
        height=2.6,
        grid=(1, 1),
    )


FIGURES = (decay_of_modes, expansion_against_learning_rate)
