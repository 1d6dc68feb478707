"""Modes on the network beside the direct solution, and their phase portraits."""

import numpy as np

from cosmograd.experiments.network_universe.figures.shown import (
    DIRECT,
    NETWORK,
    NETWORK_AND_DIRECT,
    ShownMode,
    passing_time,
    shown_modes,
    spaced_updates,
    whose,
)
from cosmograd.figures import Axis, Figure, LegendEntry, Line, Panel, figure, points
from cosmograd.results import Result
from cosmograd.results.number_format import error, listed

_MODES, _PORTRAITS, _MARKERS = 6, 3, 33


@figure("modes", needs=("e_folds", "time", "network_fields", "direct_fields", "error_of_modes"))
def modes(result: Result) -> Figure:
    """The coefficients of some modes by e-folds: network and direct solution."""
    shown, (x, label) = shown_modes(result, _MODES), passing_time(result)
    some, panels = spaced_updates(result, _MARKERS), []
    for mode, component, name in shown:
        direct, network = (result[f"{kind}_fields"].values[:, mode, component] for kind in ("direct", "network"))
        marks = [
            Line(x, direct, DIRECT.colour),
            points(x[some], network[some], NETWORK.colour, NETWORK.marker, fill="none"),
        ]
        panels.append(Panel(marks, Axis(label), Axis("q"), name))
    return Figure(
        "modes",
        "Modes on the network and in the equations",
        panels,
        f"Coefficients q of {_named(shown)} of the box: read off {whose(result)} at every update, of which some "
        "are marked, and from the equations of motion by a solver of high order. They differ by "
        f"{error(_worst(result, shown))} at most, in units of the size that modes of one |k| have at that time.",
        "The coefficients of some modes against the e-folds: markers of the network lie on the lines of the direct "
        "solution.",
        ("e_folds", "time", "network_fields", "direct_fields"),
        NETWORK_AND_DIRECT,
    )


@figure("phase-portraits", needs=("time", "network_fields", "direct_fields"))
def phase_portraits(result: Result) -> Figure:
    """Velocity against coefficient for a few modes."""
    shown, some = shown_modes(result, _PORTRAITS), spaced_updates(result, _MARKERS)
    return Figure(
        "phase-portraits",
        "Phase portraits",
        [_portrait(result, mode, some) for mode in shown],
        f"Velocity dq/dt against q for {_named(shown)}, by differences of the fields from update to update: of "
        f"{whose(result)}, some updates marked, and of the direct solution. Squares mark the start. A mode that "
        "freezes comes to rest, dq/dt = 0; one that oscillates goes round.",
        "Velocity of some modes against their coefficients: markers of the network lie on the lines of the direct "
        "solution.",
        ("time", "network_fields", "direct_fields"),
        [*NETWORK_AND_DIRECT, LegendEntry("start", "black", "", "s")],
        grid=(1, len(shown)) if len(shown) > 1 else None,
        height=2.1,
    )


def _portrait(result: Result, shown: ShownMode, some: np.ndarray) -> Panel:
    time = result["time"].values
    direct, network = (
        result[f"{kind}_fields"].values[:, shown.mode, shown.component] for kind in ("direct", "network")
    )
    if len(time) > 2:
        rate, network_rate = (np.gradient(path, time, edge_order=2) for path in (direct, network))
    else:
        rate, network_rate = (np.gradient(path, time) for path in (direct, network))
    marks = [
        Line(direct, rate, DIRECT.colour),
        points(network[some], network_rate[some], NETWORK.colour, NETWORK.marker, fill="none"),
        points(direct[:1], rate[:1], "black", "s", layer=5.0),
    ]
    return Panel(marks, Axis("q"), Axis("dq/dt"), shown.label)


def _named(shown: list[ShownMode]) -> str:
    return f"the mode{'s' * (len(shown) > 1)} {listed(mode.label for mode in shown)}"


def _worst(result: Result, shown: list[ShownMode]) -> float:
    return float(np.nanmax(result["error_of_modes"].values[:, [mode.mode for mode in shown]]))
