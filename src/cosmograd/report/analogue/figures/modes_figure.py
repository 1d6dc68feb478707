"""Modes on the network beside the direct solution, and their phase portraits."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.analogue.figures.analogue_data import (
    DIRECT,
    NETWORK,
    passing_time,
    shown_modes,
    spaced_updates,
    whose,
)
from cosmograd.report.parts import ReportFigure, error, legend_below, listed, name_panel, panels

_MODES, _PORTRAITS, _MARKERS = 6, 3, 33


def modes_figure(results: xr.Dataset) -> ReportFigure:
    """The coefficients of some modes by e-folds: network and direct solution."""
    shown, (x, label) = shown_modes(results, _MODES), passing_time(results)
    figure, axes = panels(len(shown))
    some = spaced_updates(results, _MARKERS)
    for place, (axis, (mode, component, name)) in enumerate(zip(axes, shown, strict=True)):
        direct, network = (results[f"{kind}_fields"].values[:, mode, component] for kind in ("direct", "network"))
        axis.plot(x, direct, color=DIRECT.colour)
        axis.plot(x[some], network[some], ls="", marker="o", mfc="none", color=NETWORK.colour)
        axis.set(xlabel=label, ylabel="q")
        name_panel(axis, place, len(shown), name)
    legend_below(figure, _handles())
    return ReportFigure(
        "modes",
        "Modes on the network and in the equations",
        figure,
        f"Coefficients q of {_named(shown)} of the box: read off {whose(results)} at every update, of which some "
        "are marked, and from the equations of motion by a solver of high order. They differ by "
        f"{error(_worst(results, shown))} at most, in units of the size that modes of one |k| have at that time.",
        "The coefficients of some modes against the e-folds: markers of the network lie on the lines of the direct "
        "solution.",
        ("e_folds", "time", "network_fields", "direct_fields"),
    )


def phase_portrait_figure(results: xr.Dataset) -> ReportFigure:
    """Velocity against coefficient for a few modes."""
    shown = shown_modes(results, _PORTRAITS)
    figure, axes = panels(len(shown), (1, len(shown)) if len(shown) > 1 else None, height=2.1)
    some = spaced_updates(results, _MARKERS)
    for place, (axis, (mode, component, name)) in enumerate(zip(axes, shown, strict=True)):
        _portrait(axis, results, mode, component, some)
        name_panel(axis, place, len(shown), name)
    start = Line2D([], [], ls="", marker="s", color="black", label="start")
    legend_below(figure, [*_handles(), start])
    return ReportFigure(
        "phase-portraits",
        "Phase portraits",
        figure,
        f"Velocity dq/dt against q for {_named(shown)}, by differences of the fields from update to update: of "
        f"{whose(results)}, some updates marked, and of the direct solution. Squares mark the start. A mode that "
        "freezes comes to rest, dq/dt = 0; one that oscillates goes round.",
        "Velocity of some modes against their coefficients: markers of the network lie on the lines of the direct "
        "solution.",
        ("time", "network_fields", "direct_fields"),
    )


def _portrait(axis: Axes, results: xr.Dataset, mode: int, component: int, some: np.ndarray) -> None:
    time = results["time"].values
    direct, network = (results[f"{kind}_fields"].values[:, mode, component] for kind in ("direct", "network"))
    if len(time) > 2:
        rate, network_rate = (np.gradient(path, time, edge_order=2) for path in (direct, network))
    else:
        rate, network_rate = (np.gradient(path, time) for path in (direct, network))
    axis.plot(direct, rate, color=DIRECT.colour)
    axis.plot(network[some], network_rate[some], ls="", marker="o", mfc="none", color=NETWORK.colour)
    axis.plot(direct[:1], rate[:1], ls="", marker="s", color="black", zorder=5)
    axis.set(xlabel="q", ylabel="dq/dt")


def _handles() -> list[Line2D]:
    return [
        Line2D([], [], color=DIRECT.colour, label=DIRECT.name),
        Line2D([], [], color=NETWORK.colour, ls="", marker="o", mfc="none", label=NETWORK.name),
    ]


def _named(shown: list) -> str:
    return f"the mode{'s' * (len(shown) > 1)} {listed(mode.label for mode in shown)}"


def _worst(results: xr.Dataset, shown: list) -> float:
    return float(np.nanmax(results["error_of_modes"].values[:, [mode.mode for mode in shown]]))
