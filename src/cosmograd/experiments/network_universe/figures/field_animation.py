"""The field in space while the network trains."""

import numpy as np

from cosmograd.experiments.network_universe.figures.shown import (
    DIRECT,
    NETWORK,
    NETWORK_AND_DIRECT,
    between_points,
    box_of,
    field_names,
    in_space,
    is_ensemble,
    passing_time,
    spaced_updates,
)
from cosmograd.figures import Animation, Axis, Figure, Line, Map, Panel, animation, points
from cosmograd.results import Result

_FRAMES, _MILLISECONDS, _LAST = 50, 90, 1500
_SIZE = (4.6, 2.9)
_TITLE = "The field in motion"


@animation("field", needs=("e_folds", "time", "network_fields", "direct_fields"))
def field_in_motion(result: Result) -> Animation:
    """One frame for each of some updates."""
    updates, (x, label) = spaced_updates(result, _FRAMES), passing_time(result)
    network, symbol = in_space(result, "network_fields", updates), label.split()[-1]
    panels = _lines(result, network, updates) if box_of(result).dimension == 1 else _images(result, network)
    frames = [
        Figure("field", _TITLE, shown, "", "", size=_SIZE, heading=f"update {update}:  {symbol} = {x[update]:.2f}")
        for update, shown in zip(updates, panels, strict=True)
    ]
    whose = "the first network of the ensemble" if is_ensemble(result) else "the network"
    return Animation(
        "field",
        _TITLE,
        frames,
        [_MILLISECONDS] * (len(frames) - 1) + [_LAST],
        f"The field in the box, from the first update to the last, as {whose} shows it.",
        "The field in the box while the network trains, as an animation.",
        ("network_fields", "direct_fields"),
    )


def _lines(result: Result, network: np.ndarray, updates: np.ndarray) -> list[list[Panel]]:
    """The panels of each frame, one for each field: it along the box, and its direct solution."""
    box, names = box_of(result), field_names(result)
    place = np.append(np.asarray(box.coordinates)[:, 0], box.length)
    fine, direct = between_points(result, updates)
    frames = [[] for _ in updates]
    for c, name in enumerate(names):
        largest = 1.05 * max(float(np.abs(network[:, c]).max()), float(np.abs(direct[:, c]).max()), 1e-300)
        for panels, smooth, values in zip(frames, direct[:, c], network[:, c], strict=True):
            marks = [
                Line(fine, smooth, DIRECT.colour),
                points(place, np.append(values, values[0]), NETWORK.colour, NETWORK.marker, fill="none"),
            ]
            along = Axis("place x", low=0.0, high=box.length)
            height = Axis(name, low=-largest, high=1.25 * largest)
            panels.append(Panel(marks, along, height, legend=NETWORK_AND_DIRECT, legend_columns=2))
    return frames


def _images(result: Result, network: np.ndarray) -> list[list[Panel]]:
    """The same over the plane, or over a slice."""
    side = (0, box_of(result).length)
    largest = [float(np.abs(network[:, c]).max()) or 1.0 for c in range(network.shape[1])]
    look = {"bar_height": 0.8, "bar_gap": None, "bar_type": None}
    return [
        [
            Panel([Map(side, side, field, low=-most, high=most, **look)], Axis("x"), Axis("y"))
            for field, most in zip(fields, largest, strict=True)
        ]
        for fields in network
    ]
