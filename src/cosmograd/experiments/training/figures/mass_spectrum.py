"""Masses of all modes in units of the Hubble rate, and the regime that each is in."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cosmograd.experiments.training.analysis.study import RESOLVED, StudyPoint, study_of
from cosmograd.experiments.training.figures.shown_points import which_points
from cosmograd.figures import (
    Axis,
    Figure,
    Guide,
    LegendEntry,
    Line,
    Mark,
    Panel,
    RightAxis,
    columns_of,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    points,
    thinned,
)
from cosmograd.results import Result
from cosmograd.results.number_format import count

_NEEDS = (
    "mass_over_hubble_squared",
    "eigenvalue",
    "regime",
    "continuum_regime",
    "regime_boundary",
    "regime_boundary_mass",
)
_REGIMES = (
    LegendEntry("light", "#56B4E9", "", "o", size=4.0),
    LegendEntry("critical", "#000000", "", "*", size=4.0),
    LegendEntry("underdamped", "#009E73", "", "^", size=4.0),
    LegendEntry("period-two", "#E69F00", "", "s", size=4.0),
    LegendEntry("unstable", "#D55E00", "", "X", size=4.0),
)
# As `regime_boundary` has them.
_BOUNDARIES = (
    LegendEntry("real map: critical", "#777777", width=0.9),
    LegendEntry("real map: period-two above", "#777777", (0, (6, 1.5, 1.2, 1.5)), width=0.9),
    LegendEntry("real map: unstable above", "#777777", (0, (1, 1)), width=0.9),
)
_TICKS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10000)


@figure("mass-spectrum", needs=_NEEDS)
def mass_spectrum(result: Result) -> Figure | None:
    """m²/H² against mode number for the leapfrog reading of the updates, with regimes and their boundaries."""
    study = study_of(result)
    shown = study.shown
    if not shown:
        return None
    spectra, edges = [point.masses for point in shown], [point.values("regime_boundary_mass") for point in shown]
    limits = limits_of_logarithmic_axis([*spectra, *edges], floor=max(s.max() for s in spectra) * RESOLVED)
    columns, last, panels = columns_of(len(shown)), len(shown) - 1, []
    for place, point in enumerate(shown):
        modes = len(point.masses)
        ticks = [(tick, str(tick)) for tick in _TICKS if tick <= max(modes, 1)]
        label = "mode number k" if place + columns > last else ""
        x = Axis(label, "log", 0.85, max(modes * 1.15, 2.0), ticks, minor=False)
        right = "ηλ" if place % columns == columns - 1 or place == last else ""
        right_axis = RightAxis(right, *masses_and_eta_lambda(point))
        panels.append(Panel(_marks(point), x, logarithmic_axis("", limits), point.title, right_axis))
    return Figure(
        "mass-spectrum",
        "Mass spectrum and regimes",
        panels,
        f"m²/H² of the modes, marked by the regime that the real updates have them in{which_points(study, shown)}. "
        "Lines are the boundaries of regimes; hollow are modes whose regime the second-order EFT gets wrong.",
        "Mass squared over Hubble rate squared against mode number on logarithmic axes, markers by regime, lines at "
        f"the boundaries between regimes, for {count(len(shown), 'study point')}.",
        legend=_legend(shown),
        legend_columns=4,
        height=1.9,
        left="mass  $m^2/H^2$",
    )


def masses_and_eta_lambda(point: StudyPoint) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """m²/H² (leapfrog) ↦ ηλ and back: m²δ² = 2ηλ/(1+β), or 2ηλ/(1+β−βηλ) where the gradient is taken ahead."""
    β, e_folds = point.value("momentum"), point.value("e_folds_per_update", scheme="leapfrog")
    ahead = β if point.looks_ahead else 0.0

    def eta_lambda_of(mass: Any) -> Any:
        squared = np.asarray(mass) * e_folds**2
        return np.divide((1 + β) * squared, 2 + ahead * squared)

    def mass_of(eta_lambda: Any) -> Any:
        return np.divide(2 * np.asarray(eta_lambda), 1 + β - ahead * np.asarray(eta_lambda)) / e_folds**2

    return eta_lambda_of, mass_of


def _stroboscopic_masses(point: StudyPoint) -> np.ndarray:
    return point.values("mass_over_hubble_squared", scheme="stroboscopic")


def _marks(point: StudyPoint) -> list[Mark]:
    masses, regimes, misread = point.masses, point.values("regime"), point.misread
    kept = thinned(len(masses))
    kept = kept[point.resolved[kept]]
    numbers = np.arange(1, len(masses) + 1)
    marks: list[Mark] = []
    stroboscopic = _stroboscopic_masses(point)[kept]
    if np.isfinite(stroboscopic).any():
        positive = np.where(stroboscopic > 0, stroboscopic, np.nan)
        marks.append(Line(numbers[kept], positive, "#888888", width=0.9))
    for regime in _REGIMES:
        for wrong, fill in ((False, regime.colour), (True, "white")):
            some = kept[(regimes[kept] == regime.name) & (misread[kept] == wrong)]
            marks.append(points(numbers[some], masses[some], regime.colour, regime.marker, size=3.6, fill=fill))
    # m²/H² = 9/4 where the friction of all modes is 3H.
    _, mass_of = masses_and_eta_lambda(point)
    critical = float(mass_of(point.value("continuum_critical_eta_lambda")))
    marks.append(Guide(critical, colour="black", dashes="--", width=0.9, layer=None))
    for mass, line in zip(point.values("regime_boundary_mass"), _BOUNDARIES, strict=True):
        marks.append(Guide(float(mass), colour=line.colour, dashes=line.dashes, width=line.width, layer=None))
    return marks


def _legend(shown: list[StudyPoint]) -> list[LegendEntry]:
    present = {str(regime) for point in shown for regime in point.values("regime")}
    legend = [regime for regime in _REGIMES if regime.name in present]
    if any(point.misread.any() for point in shown):
        legend.append(LegendEntry("hollow: misread by EFT", "#555555", "", "o", "white"))
    if any(np.isfinite(_stroboscopic_masses(point)).any() for point in shown):
        legend.append(LegendEntry("stroboscopic scheme", "#888888", width=0.9))
    legend.append(LegendEntry("EFT: critical", "black", "--", width=0.9))
    return [*legend, *_BOUNDARIES]
