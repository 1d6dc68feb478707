"""The regimes of training over learning rate and momentum, with the measured onsets of oscillation and divergence."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.lines import Line2D

from cosmograd.duality import recursion_regimes
from cosmograd.experiments.training.point_measurement import MEASURED
from cosmograd.report.parts import LineStyle, ReportFigure, count, legend_below, number, panels, span
from cosmograd.report.study.dependence import Onset, heaviest
from cosmograd.report.study.swept_keys import setting_of_every_point

_REGIMES = {
    "light": LineStyle("light: slow roll", "#0072B2", "", "o"),
    "underdamped": LineStyle("oscillates", "#E69F00", "", "^"),
    "period-two": LineStyle("period two", "#CC79A7", "", "D"),
    "unstable": LineStyle("grows", "#D55E00", "", "X"),
}
_ONSETS = {"oscillation": ("#000000", "s"), "divergence": ("#000000", "P")}


def regime_map_figure(results: xr.Dataset, onsets: Sequence[Onset]) -> ReportFigure | None:
    """ηλ of the heaviest mode against β, each point by its measured regime; None where fewer than two were measured."""
    if f"{MEASURED}eta_lambdas" not in results:
        return None
    β = results["momentum"].values.astype(float)
    x, b = heaviest(results, "eta_lambdas_predicted"), heaviest(results, "momentum")
    # Without momentum there is a single root, whatever small b was fitted.
    regimes = _regimes(heaviest(results, "eta_lambdas"), np.where(β == 0, 0 * b, b))
    drawn = np.isfinite(x) & (regimes != "")
    if drawn.sum() < 2 or len(np.unique(np.round(x[drawn], 12))) < 2:
        return None
    free = np.array(setting_of_every_point(results, "linearised", "no")) == "yes"
    figure, (axis,) = panels(1, height=2.9)
    grid = np.linspace(0, max(0.95, float(β[drawn].max()) + 0.02), 400)
    root = np.sqrt(grid)
    axis.plot(grid, (1 - root) ** 2, color="#555555", lw=1.0)
    axis.plot(grid, (1 + root) ** 2, color="#555555", lw=1.0, ls=(0, (5, 1.8)))
    axis.plot(grid, 2 * (1 + grid), color="#555555", lw=1.6)
    axis.plot(grid, (1 - grid) ** 2 / (2 * (1 + grid)), color="#0072B2", lw=0.9, ls=(0, (1, 1.2)))
    for name, style in _REGIMES.items():
        for linear in (False, True):
            chosen = drawn & (regimes == name) & (free == linear)
            axis.plot(
                β[chosen], x[chosen], color=style.colour, marker=style.marker, ls="",
                mfc="white" if linear else style.colour, ms=3.4,
            )  # fmt: skip
    for onset in onsets:
        colour, marker = _ONSETS[onset.what]
        reach = (onset.high - onset.low) / 2
        axis.errorbar(
            onset.momentum, onset.eta_lambda, reach, color=colour, marker=marker, ms=7.5 if onset.linearised else 5,
            mfc="none" if onset.linearised else colour, ls="", elinewidth=0.8, capsize=2, zorder=5,
        )  # fmt: skip
    axis.set_yscale("log")
    axis.set_xlabel("momentum β")
    axis.set_ylabel(r"$\eta\lambda$ of the heaviest mode")
    axis.set_xlim(-0.03, grid[-1] + 0.01)
    axis.set_ylim(min(float(x[drawn].min()), 0.003) * 0.7, 6.0)
    legend_below(figure, _handles(onsets, free[drawn]), 2)
    return ReportFigure(
        "regime-map",
        "Regimes of training",
        figure,
        _caption(onsets, int(drawn.sum()), regimes[drawn], _regimes(x, β)[drawn]),
        "Learning rate against momentum: each point marked by the measured regime of its heaviest mode, with the lines "
        "at which theory places the onsets, and the measured onsets.",
        (f"{MEASURED}eta_lambdas", f"{MEASURED}momentum", f"{MEASURED}decay_rates"),
    )


def _regimes(q: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of modes with the recursion d_{n+1} = (1 + b − q) d_n − b d_{n−1}; empty where that is not known."""
    known = np.isfinite(q) & np.isfinite(b)
    regimes = recursion_regimes(np.where(known, 1 + b - q, 0.0), np.where(known, b, 0.0))
    return np.where(known, np.where(regimes == "critical", "light", regimes), "")


def _handles(onsets: Sequence[Onset], free: np.ndarray) -> list[Line2D]:
    lines = [
        Line2D([], [], color="#555555", lw=1.0, label=r"critical, $(1-\sqrt{\beta})^2$"),
        Line2D([], [], color="#555555", lw=1.0, ls=(0, (5, 1.8)), label=r"period two, $(1+\sqrt{\beta})^2$"),
        Line2D([], [], color="#555555", lw=1.6, label=r"unstable, $2(1+\beta)$"),
        Line2D([], [], color="#0072B2", lw=0.9, ls=(0, (1, 1.2)), label="critical by the second-order EFT"),
    ]
    lines += [Line2D([], [], color=s.colour, marker=s.marker, ls="", label=s.name) for s in _REGIMES.values()]
    found = {onset.what for onset in onsets}
    lines += [
        Line2D([], [], color=colour, marker=marker, ms=5, ls="", label=f"measured onset of {what}")
        for what, (colour, marker) in _ONSETS.items()
        if what in found
    ]
    if free.any() and not free.all():
        lines.append(Line2D([], [], color="#555555", marker="o", mfc="white", ls="", label="hollow: linearised"))
    return lines


def _caption(onsets: Sequence[Onset], points: int, regimes: np.ndarray, predicted: np.ndarray) -> str:
    agree = int((regimes == predicted).sum())
    text = (
        f"ηλ of the heaviest mode against the momentum at {count(points, 'point')}, marked by the regime that the "
        f"recursion fitted to the outputs is in; it is the predicted one at {agree} of them. The continuum's "
        "second-order theory places the onset of oscillation too low (dotted), at half its value without momentum."
    )
    for what, line in (("oscillation", "(1−√β)²"), ("divergence", "2(1+β)")):
        for linearised in (True, False):
            found = [onset for onset in onsets if onset.what == what and onset.linearised == linearised]
            if found:
                off = [100 * abs(onset.eta_lambda / onset.predicted - 1) for onset in found]
                text += (
                    f" Onset of {what}, {'linearised' if linearised else 'real'} networks: within "
                    f"{number(max(off), 2)} % of {line} at β = {span(onset.momentum for onset in found)}."
                )
    return text
