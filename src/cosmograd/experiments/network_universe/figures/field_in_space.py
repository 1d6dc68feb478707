"""The fields in space at several times."""

import numpy as np

from cosmograd.experiments.network_universe.figures.shown import (
    between_points,
    box_of,
    field_names,
    in_space,
    passing_time,
    spaced_updates,
    whose,
)
from cosmograd.figures import Axis, Figure, LegendEntry, Line, Map, Mark, Panel, figure, points
from cosmograd.results import Result
from cosmograd.results.number_format import error, number

_TIMES, _IMAGES = 5, 3


@figure("field-in-space", needs=("e_folds", "time", "network_fields", "direct_fields"))
def field_in_space(result: Result) -> Figure:
    """Lines of one dimension; images of two, and of a slice through three."""
    return _lines(result) if box_of(result).dimension == 1 else _images(result)


def _lines(result: Result) -> Figure:
    updates, names, box = spaced_updates(result, _TIMES), field_names(result), box_of(result)
    x, label = passing_time(result)
    place = np.append(np.asarray(box.coordinates)[:, 0], box.length)
    network, direct = (in_space(result, f"{kind}_fields", updates) for kind in ("network", "direct"))
    fine, smooth = between_points(result, updates)
    colours = [("viridis", float(place)) for place in np.linspace(0, 0.88, len(updates))]
    panels = []
    for c, name in enumerate(names):
        marks: list[Mark] = []
        for u, colour in enumerate(colours):
            marks.append(Line(fine, smooth[u, c], colour))
            marks.append(points(place, np.append(network[u, c], network[u, c, 0]), colour, fill="white"))
        along = Axis("place x", low=0.0, high=box.length)
        panels.append(Panel(marks, along, Axis(name), name if len(names) > 1 else ""))
    symbol = label.split()[-1]
    apart = np.abs(network - direct).max() / np.abs(direct).max()
    return Figure(
        "field-in-space",
        "The field in space",
        panels,
        f"The field along the box at {len(updates)} times, from dark to light: markers are the lattice points, "
        f"as shown by {whose(result)}; lines are the direct solution. At these times and points they differ by "
        f"{error(apart)} at most, relative to the largest value. Places are comoving.",
        "The field against the place at several times: markers of the network lie on the lines of the direct solution.",
        ("e_folds", "network_fields", "direct_fields"),
        [
            LegendEntry(f"{symbol} = {number(x[u], 2)}", colour, marker="o", fill="white")
            for u, colour in zip(updates, colours, strict=True)
        ],
        legend_columns=5,
        height=2.2,
    )


def _images(result: Result) -> Figure:
    updates, names, box = spaced_updates(result, _IMAGES), field_names(result), box_of(result)
    x, label = passing_time(result)
    network, direct = (in_space(result, f"{kind}_fields", updates) for kind in ("network", "direct"))
    symbol, side, panels = label.split()[-1], (0, box.length), []
    for c, name in enumerate(names):
        for u, update in enumerate(updates):
            largest = float(np.abs(network[u, c]).max()) or 1.0
            field = Map(side, side, network[u, c], low=-largest, high=largest)
            panels.append(Panel([field], Axis("x"), Axis("y"), f"{name}, {symbol} = {number(x[update], 2)}"))
    apart = np.abs(network - direct).max() / np.abs(direct).max()
    slice_ = " in the slice z = 0 of the box" if box.dimension == 3 else ""
    return Figure(
        "field-in-space",
        "The field in space",
        panels,
        f"The field at the lattice points{slice_} at {len(updates)} times, as shown by {whose(result)}; each image "
        f"has a scale of its own. It differs from the direct solution by {error(apart)} at most, relative to the "
        "largest value. Places are comoving.",
        "Images of the field at several times.",
        ("e_folds", "network_fields", "direct_fields"),
        grid=(len(names), len(updates)),
        height=2.1,
    )
