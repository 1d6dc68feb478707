"""Masses of all modes in units of the Hubble rate, and the regime that each is in."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.duality import REGIMES
from cosmograd.report.parts import (
    ReportFigure,
    columns_of,
    count,
    legend_below,
    limits_of_logarithmic_axis,
    listed,
    name_panel,
    number,
    panels,
    span,
    thinned,
    use_logarithmic_axis,
)
from cosmograd.report.study.study_points import ReportPoint, reference_in_words, selection_in_words

_REGIME_STYLES = {
    "light": ("#56B4E9", "o"),
    "critical": ("#000000", "*"),
    "underdamped": ("#009E73", "^"),
    "period-two": ("#E69F00", "s"),
    "unstable": ("#D55E00", "X"),
}
# Masses smaller than this fraction of the largest are round-off of the kernel.
_RESOLVED = 1e-12


class _Boundary(NamedTuple):
    name: str
    words: str
    dashes: object


_BOUNDARIES = (
    _Boundary("critical", "real map: critical", "-"),
    _Boundary("period-two", "real map: period-two above", (0, (6, 1.5, 1.2, 1.5))),
    _Boundary("unstable", "real map: unstable above", (0, (1, 1))),
)


def mass_spectrum_figure(points: Sequence[ReportPoint], shown: Sequence[ReportPoint]) -> ReportFigure:
    """m²/H² against mode number for the leapfrog reading of the updates, with regimes and their boundaries."""
    figure, axes = panels(len(shown), height=1.9)
    spectra = [_masses(point) for point in shown]
    edges = [_boundary_masses(point) for point in shown]
    limits = limits_of_logarithmic_axis([*spectra, *edges], floor=max(s.max() for s in spectra) * _RESOLVED)
    for position, (point, axis) in enumerate(zip(shown, axes, strict=True)):
        _draw_spectrum(axis, point)
        name_panel(axis, position, len(shown), point.title)
        use_logarithmic_axis(axis, limits)
        columns = columns_of(len(shown))
        if position + columns >= len(shown):
            axis.set_xlabel("mode number k")
        _add_eta_lambda_axis(axis, point, label=position % columns == columns - 1 or position == len(shown) - 1)
    figure.supylabel("mass  $m^2/H^2$", fontsize=8)
    present = {str(regime) for point in shown for regime in point.data["regime"].values}
    handles = [_marker(colour, marker, name) for name, (colour, marker) in _REGIME_STYLES.items() if name in present]
    if any(_misread(point).any() for point in shown):
        handles.append(Line2D([], [], color="#555555", marker="o", ls="", mfc="white", label="hollow: misread by EFT"))
    if any(np.isfinite(_stroboscopic_masses(point)).any() for point in shown):
        handles.append(Line2D([], [], color="#888888", lw=0.9, label="stroboscopic scheme"))
    handles.append(Line2D([], [], color="black", ls="--", lw=0.9, label="EFT: critical"))
    handles += [Line2D([], [], color="#777777", ls=b.dashes, lw=0.9, label=b.words) for b in _BOUNDARIES]  # pyright: ignore[reportArgumentType]
    legend_below(figure, handles, 4)
    return ReportFigure(
        "mass-spectrum",
        "Mass spectrum and regimes",
        figure,
        _caption(points, shown),
        "Mass squared over Hubble rate squared against mode number on logarithmic axes, markers by regime, lines at "
        f"the boundaries between regimes, for {count(len(shown), 'study point')}.",
        (
            "mass_over_hubble_squared",
            "eigenvalue",
            "regime",
            "continuum_regime",
            "regime_boundary",
            "regime_boundary_mass",
        ),
    )


def _marker(colour: str, marker: str, label: str) -> Line2D:
    return Line2D([], [], color=colour, marker=marker, ls="", ms=4, label=label)


def _masses(point: ReportPoint) -> np.ndarray:
    return point.data["mass_over_hubble_squared"].sel(scheme="leapfrog").values


def _stroboscopic_masses(point: ReportPoint) -> np.ndarray:
    return point.data["mass_over_hubble_squared"].sel(scheme="stroboscopic").values


def _boundary_masses(point: ReportPoint) -> np.ndarray:
    return point.data["regime_boundary_mass"].values


def _masses_and_eta_lambda(point: ReportPoint) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """m²/H² (leapfrog) ↦ ηλ and back: m²δ² = 2ηλ/(1+β), or 2ηλ/(1+β−βηλ) where the gradient is taken ahead."""
    β, e_folds = point.value("momentum"), point.value("e_folds_per_update", scheme="leapfrog")
    ahead = β if point.looks_ahead else 0.0

    def eta_lambda_of(mass: Any) -> Any:
        squared = np.asarray(mass) * e_folds**2
        return np.divide((1 + β) * squared, 2 + ahead * squared)

    def mass_of(eta_lambda: Any) -> Any:
        return np.divide(2 * np.asarray(eta_lambda), 1 + β - ahead * np.asarray(eta_lambda)) / e_folds**2

    return eta_lambda_of, mass_of


def _continuum_critical_mass(point: ReportPoint) -> float:
    """m²/H² at which the second-order theory is critically damped: 9/4 where the friction of all modes is 3H."""
    _, mass_of = _masses_and_eta_lambda(point)
    return float(mass_of(point.value("continuum_critical_eta_lambda")))


def _misread(point: ReportPoint) -> np.ndarray:
    """Modes that the second-order effective theory takes for something else than the real map makes of them."""
    return point.data["regime"].values != point.data["continuum_regime"].values


def _draw_spectrum(axis: Axes, point: ReportPoint) -> None:
    masses, regimes, misread = _masses(point), point.data["regime"].values, _misread(point)
    kept = thinned(len(masses))
    kept = kept[masses[kept] > _RESOLVED * masses.max()]
    number_of_mode = np.arange(1, len(masses) + 1)
    stroboscopic = _stroboscopic_masses(point)[kept]
    if np.isfinite(stroboscopic).any():
        axis.plot(number_of_mode[kept], np.where(stroboscopic > 0, stroboscopic, np.nan), color="#888888", lw=0.9)
    for regime, (colour, marker) in _REGIME_STYLES.items():
        for wrong, fill in ((False, colour), (True, "white")):
            some = kept[(regimes[kept] == regime) & (misread[kept] == wrong)]
            axis.plot(number_of_mode[some], masses[some], color=colour, marker=marker, ls="", ms=3.6, mfc=fill)
    axis.axhline(_continuum_critical_mass(point), color="black", ls="--", lw=0.9)
    for mass, boundary in zip(_boundary_masses(point), _BOUNDARIES, strict=True):
        axis.axhline(mass, color="#777777", ls=boundary.dashes, lw=0.9)  # pyright: ignore[reportArgumentType]
    axis.set_xscale("log")
    axis.set_xlim(0.85, max(len(masses) * 1.15, 2.0))
    axis.minorticks_off()
    ticks = [tick for tick in (1, 3, 10, 30, 100, 300, 1000, 3000, 10000) if tick <= max(len(masses), 1)]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])


def _add_eta_lambda_axis(axis: Axes, point: ReportPoint, label: bool) -> None:
    right = axis.secondary_yaxis("right", functions=_masses_and_eta_lambda(point))
    right.minorticks_off()
    right.spines["right"].set_visible(True)
    if label:
        right.set_ylabel("ηλ")


def _caption(points: Sequence[ReportPoint], shown: Sequence[ReportPoint]) -> str:
    heaviest, lightest = (
        [float(f(_masses(point)[_masses(point) > _RESOLVED * _masses(point).max()])) for point in shown]
        for f in (np.max, np.min)
    )
    modes = span((len(_masses(point)) for point in shown), 5)
    text = (
        f"Masses of the {modes} modes{reference_in_words(shown)}, from the heaviest, m²/H² = {span(heaviest)}, to the "
        f"lightest that stands above round-off, {span(lightest, 2)}. Markers say in which regime the real updates have "
        f"each mode: {_regime_counts(shown)}. "
    )
    text += _where_critical(shown)
    if any(len(thinned(len(_masses(point)))) < len(_masses(point)) for point in shown):
        drawn = span((len(thinned(len(_masses(point)))) for point in shown), 5)
        text += f" Of the modes {drawn} per panel are drawn, evenly spaced in the logarithm."
    return text + selection_in_words(len(shown), len(points))


def _regime_counts(shown: Sequence[ReportPoint]) -> str:
    regimes = np.concatenate([point.data["regime"].values for point in shown]).astype(str)
    counts = [f"{int((regimes == name).sum())} {name}" for name in REGIMES if (regimes == name).any()]
    return listed(counts) + (" over all panels" if len(shown) > 1 else "")


def _where_critical(shown: Sequence[ReportPoint]) -> str:
    """Where either side puts critical damping, and how many modes that costs."""
    by_momentum = {point.value("momentum"): point for point in reversed(shown)}
    places = []
    for β, point in list(by_momentum.items())[::-1][:3]:
        real = float(point.data["regime_boundary"].values[0])
        continuum = point.value("continuum_critical_eta_lambda")
        places.append(f"for β = {number(β)} at ηλ = {number(continuum)}, the real map at {number(real)}")
    misread = [int(_misread(point).sum()) for point in shown]
    text = f"The second-order EFT puts critical damping {'; '.join(places)}."
    if 0.0 in by_momentum:
        text += " For β = 0 the analogy is quantitatively wrong there, by a factor of 2."
    if not any(misread):
        return text + " No mode lies between, so both agree on every regime."
    modes = span((len(_masses(point)) for point in shown), 5)
    return text + (
        " Hollow markers are modes misread by the EFT, which knows no flips of sign and no instability: "
        f"{span(misread)} of {modes} modes{' per panel' if len(shown) > 1 else ''}."
    )
