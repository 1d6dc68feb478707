"""The fields in space at several times."""

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.lines import Line2D

from cosmograd.report.analogue.figures.analogue_data import (
    between_points,
    box_of,
    field_names,
    in_space,
    passing_time,
    spaced_updates,
    whose,
)
from cosmograd.report.parts import ReportFigure, error, figure_text, legend_below, name_panel, number, panels

_TIMES, _IMAGES = 5, 3


def space_figure(results: xr.Dataset) -> ReportFigure:
    """Lines of one dimension; images of two, and of a slice through three."""
    return _lines(results) if box_of(results).dimension == 1 else _images(results)


def _lines(results: xr.Dataset) -> ReportFigure:
    updates, names, box = spaced_updates(results, _TIMES), field_names(results), box_of(results)
    x, label = passing_time(results)
    place = np.append(np.asarray(box.coordinates)[:, 0], box.length)
    network, direct = (in_space(results, f"{kind}_fields", updates) for kind in ("network", "direct"))
    fine, smooth = between_points(results, updates)
    figure, axes = panels(len(names), height=2.2)
    colours = colormaps["viridis"](np.linspace(0, 0.88, len(updates)))
    for c, axis in enumerate(axes):
        for u, colour in enumerate(colours):
            axis.plot(fine, smooth[u, c], color=colour)
            axis.plot(place, np.append(network[u, c], network[u, c, 0]), ls="", marker="o", mfc="white", color=colour)
        axis.set(xlabel="place x", ylabel=figure_text(names[c]), xlim=(0, box.length))
        if len(names) > 1:
            name_panel(axis, c, len(names), names[c])
    symbol = label.split()[-1]
    handles = [
        Line2D([], [], color=colour, marker="o", mfc="white", label=f"{symbol} = {number(x[u], 2)}")
        for u, colour in zip(updates, colours, strict=True)
    ]
    legend_below(figure, handles, 5)
    apart = np.abs(network - direct).max() / np.abs(direct).max()
    return ReportFigure(
        "field-in-space",
        "The field in space",
        figure,
        f"The field along the box at {len(updates)} times, from dark to light: markers are the lattice points, "
        f"as shown by {whose(results)}; lines are the direct solution. At these times and points they differ by "
        f"{error(apart)} at most, relative to the largest value. Places are comoving.",
        "The field against the place at several times: markers of the network lie on the lines of the direct solution.",
        ("e_folds", "network_fields", "direct_fields"),
    )


def _images(results: xr.Dataset) -> ReportFigure:
    updates, names, box = spaced_updates(results, _IMAGES), field_names(results), box_of(results)
    x, label = passing_time(results)
    network, direct = (in_space(results, f"{kind}_fields", updates) for kind in ("network", "direct"))
    figure, axes = panels(len(names) * len(updates), (len(names), len(updates)), height=2.1)
    symbol = label.split()[-1]
    for c, name in enumerate(names):
        for u, update in enumerate(updates):
            place = c * len(updates) + u
            axis, largest = axes[place], float(np.abs(network[u, c]).max()) or 1.0
            picture = axis.imshow(
                network[u, c].T, origin="lower", extent=(0, box.length, 0, box.length), cmap="RdBu_r", vmin=-largest,
                vmax=largest, interpolation="nearest",
            )  # fmt: skip
            bar = figure.colorbar(picture, ax=axis, shrink=0.75, pad=0.03)
            bar.ax.tick_params(labelsize=6)
            axis.grid(False)
            axis.set(xlabel="x", ylabel="y")
            name_panel(axis, place, len(axes), f"{name}, {symbol} = {number(x[update], 2)}")
    apart = np.abs(network - direct).max() / np.abs(direct).max()
    slice_ = " in the slice z = 0 of the box" if box.dimension == 3 else ""
    return ReportFigure(
        "field-in-space",
        "The field in space",
        figure,
        f"The field at the lattice points{slice_} at {len(updates)} times, as shown by {whose(results)}; each image "
        f"has a scale of its own. It differs from the direct solution by {error(apart)} at most, relative to the "
        "largest value. Places are comoving.",
        "Images of the field at several times.",
        ("e_folds", "network_fields", "direct_fields"),
    )
