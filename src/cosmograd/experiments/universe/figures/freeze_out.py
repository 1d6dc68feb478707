"""Modes that freeze out: the power of the curvature perturbation on its way through the horizon."""

import numpy as np

from cosmograd.experiments.horizon_axis import horizon_axis
from cosmograd.figures import (
    POINT_STYLES,
    Axis,
    Figure,
    LegendEntry,
    Line,
    Mark,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
)
from cosmograd.results import Result
from cosmograd.results.number_format import count, error_span, number, span

# A mode counts as frozen once its power stays within this of its last one.
_FROZEN = 0.01
_LEAST_DRAWN = 1e-3  # k/aH
_NAMES = ("mode_e_folds", "mode_scalar_power", "mode_wavenumber_over_ah")
_DE_SITTER = LegendEntry("de Sitter space, 1 + (k/aH)²", "#777777", (0, (1, 1.2)))


@figure("freeze-out", needs=_NAMES)
def freeze_out(result: Result) -> Figure | None:
    """Power of some modes against N, and over its last value against k/aH; None where no mode was recorded."""
    if result.sizes["mode"] == 0:
        return None
    legend = [
        LegendEntry(f"{number(k)} k_pivot", style.colour, "-", style.marker, "none")
        for k, style in zip(result["mode_wavenumber"].values, POINT_STYLES, strict=False)
    ]
    return Figure(
        "freeze-out",
        "Modes that freeze out",
        [_by_e_folds(result), _by_horizon(result)],
        _caption(result),
        f"Power of the curvature perturbation for {count(result.sizes['mode'], 'wavenumber')}, against e-folds and "
        "against k over aH: it falls while a mode is inside the horizon and stays constant after its horizon crossing, "
        "which is marked, unless something feeds it.",
        ("mode_wavenumber", *_NAMES),
        [*legend, _DE_SITTER],
        legend_columns=3,
        grid=(1, 2),
        height=2.3,
    )


def _modes(result: Result) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """N, power and k/aH along each mode, from the start of the background on: before it, nothing is known."""
    along = np.stack([result[name].values for name in _NAMES], axis=1)
    return [tuple(mode[:, mode[0] >= 0]) for mode in along]


def _crossing(along: np.ndarray, ratio: np.ndarray) -> float:
    """A quantity where k/aH first falls to one; NaN where it never does."""
    inside = ratio > 1
    if inside.all() or not inside[0]:
        return np.nan
    i = int(np.argmin(inside))
    part = np.log(ratio[i - 1]) / (np.log(ratio[i - 1]) - np.log(ratio[i]))
    return float(along[i - 1] + part * (along[i] - along[i - 1]))


def _frozen_from(n: np.ndarray, power: np.ndarray) -> float:
    """N from which on the power stays close to its last value."""
    away = ~(np.abs(power / power[-1] - 1) <= _FROZEN)
    return float(n[len(away) - int(np.argmax(away[::-1]))]) if away[:-1].any() else float(n[0])


def _by_e_folds(result: Result) -> Panel:
    modes = _modes(result)
    marks: list[Mark] = []
    for (n, power, ratio), style in zip(modes, POINT_STYLES, strict=False):
        crossing = _crossing(n, ratio)
        there = np.exp(np.interp(crossing, n, np.log(power)))
        marks += [
            Line(n, power, style.colour),
            Line([crossing], [there], style.colour, "-", style.marker, size=4.0, fill="white", layer=5.0),
        ]
    first, last = min(n[0] for n, _, _ in modes), max(n[-1] for n, _, _ in modes)
    settled = max(max(_frozen_from(n, power), np.nan_to_num(_crossing(n, ratio))) for n, power, ratio in modes)
    along = Axis("e-folds N", low=first, high=min(last, settled + 0.3 * (settled - first)))
    powers = logarithmic_axis("power of curvature P_R", limits_of_logarithmic_axis([power for _, power, _ in modes]))
    return Panel(marks, along, powers, "power by e-folds")


def _last_drawn(modes: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> float:
    """k/aH somewhat beyond where all modes are frozen."""
    frozen = [np.exp(np.interp(_frozen_from(n, power), n, np.log(ratio))) for n, power, ratio in modes]
    return float(max(min(0.2 * min(frozen), 0.03), min(ratio.min() for _, _, ratio in modes), _LEAST_DRAWN))


def _by_horizon(result: Result) -> Panel:
    modes = _modes(result)
    least = _last_drawn(modes)
    x = np.geomspace(max(float(ratio.max()) for _, _, ratio in modes), least, 200)
    marks: list[Mark] = [Line(x, 1 + x**2, _DE_SITTER.colour, _DE_SITTER.dashes, layer=3.0)]
    for i, ((_, power, ratio), style) in enumerate(zip(modes, POINT_STYLES, strict=False)):
        places = np.geomspace(x[0], least, 7 * len(modes) + 1)[1 + i :: len(modes)]  # each mode has its own
        some = [int(np.argmin(np.abs(np.log(ratio / place)))) for place in places]
        marks.append(
            Line(ratio, power / power[-1], style.colour, "-", style.marker, 1.0, 3.0, fill="white", every=some)
        )
    along, crossing = horizon_axis(least, float(x[0]) * 1.2)
    drawn = [power[ratio > least] / power[-1] for _, power, ratio in modes]
    powers = logarithmic_axis("P_R / last value", limits_of_logarithmic_axis([*drawn, 1 + x**2]))
    return Panel([*marks, *crossing], along, powers, "over its last value, by k/aH")


def _caption(result: Result) -> str:
    modes = _modes(result)
    ratios = [
        float(np.exp(_crossing(np.log(power), ratio)) / power[-1])
        for _, power, ratio in modes
        if np.isfinite(_crossing(power, ratio))
    ]
    later = [_frozen_from(n, power) - _crossing(n, ratio) for n, power, ratio in modes]
    text = (
        f"Power P_R of the comoving curvature perturbation of {count(len(modes), 'mode')}, from k/aH = "
        f"{span((ratio[0] for _, _, ratio in modes), 2)} on, in the left panel with markers where k = aH. There it is "
        f"{span(ratios)} times its last value (2 in de Sitter space), and from {span(later, 2)} e-folds later on it "
        "stays within 1% of it. A squared modulus does not oscillate in the vacuum, inside the horizon."
    )
    return text + _beside_the_spectrum(result)


def distance_from_spectrum(result: Result) -> np.ndarray:
    """Relative difference of the last values from the spectrum, for the modes whose wavenumber it has."""
    known = np.isfinite(result["scalar_power"].values)
    if result.sizes.get("mode", 0) == 0 or not known.any():
        return np.zeros(0)
    wavenumbers, powers = np.log(result["wavenumber"].values[known]), result["scalar_power"].values[known]
    shown = np.log(result["mode_wavenumber"].values)
    last = result["mode_scalar_power"].values[:, -1]
    nearest = np.argmin(np.abs(wavenumbers - shown[:, None]), axis=1)
    return np.abs(last / powers[nearest] - 1)[np.abs(wavenumbers[nearest] - shown) < 1e-9]


def _beside_the_spectrum(result: Result) -> str:
    differences = distance_from_spectrum(result)
    if not differences.size:
        return ""
    return (
        " These curves are computed apart from the spectrum, with fewer steps; their last values differ from it by "
        f"{error_span(differences)} (relative)."
    )
