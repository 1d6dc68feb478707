"""The field in space while the network trains, as an animated GIF."""

import io

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from cosmograd.report.analogue.figures.analogue_data import (
    DIRECT,
    NETWORK,
    between_points,
    box_of,
    field_names,
    in_space,
    passing_time,
    spaced_updates,
)
from cosmograd.report.parts import figure_style, figure_text

_FRAMES, _MILLISECONDS, _LAST = 50, 90, 1500
_SIZE, _DOTS_PER_INCH = (4.6, 2.9), 110
_COLOURS = 64


def field_animation(results: xr.Dataset) -> bytes:
    """One frame for each of some updates; the same results give the same bytes."""
    updates = spaced_updates(results, _FRAMES)
    network = in_space(results, "network_fields", updates)
    one_dimension = box_of(results).dimension == 1
    smooth = between_points(results, updates) if one_dimension else None
    x, label = passing_time(results)
    symbol, frames = label.split()[-1], []
    with figure_style():
        for place, update in enumerate(updates):
            figure = Figure(figsize=_SIZE, dpi=_DOTS_PER_INCH)
            axes = figure.subplots(1, network.shape[1], squeeze=False)[0]
            for c, axis in enumerate(axes):
                if smooth is not None:
                    _draw_line(axis, results, network[:, c], smooth[0], smooth[1][:, c], place)
                else:
                    _draw_image(figure, axis, results, network[:, c], place)
                axis.set_ylabel(figure_text(field_names(results)[c]) if one_dimension else "y")
            figure.suptitle(f"update {update}:  {symbol} = {x[update]:.2f}", fontsize=8)
            frames.append(_pixels(figure))
    # One palette for all frames, so that the file stays small.
    palette = Image.fromarray(np.concatenate([frames[0], frames[-1]])).quantize(_COLOURS, dither=Image.Dither.NONE)
    pictures = [Image.fromarray(f).quantize(palette=palette, dither=Image.Dither.NONE) for f in frames]
    buffer = io.BytesIO()
    pictures[0].save(
        buffer, format="GIF", save_all=True, append_images=pictures[1:], loop=0, optimize=False,
        duration=[_MILLISECONDS] * (len(pictures) - 1) + [_LAST],
    )  # fmt: skip
    return buffer.getvalue()


def _draw_line(
    axis: Axes, results: xr.Dataset, network: np.ndarray, fine: np.ndarray, direct: np.ndarray, frame: int
) -> None:
    box = box_of(results)
    place = np.append(np.asarray(box.coordinates)[:, 0], box.length)
    largest = 1.05 * max(float(np.abs(network).max()), float(np.abs(direct).max()), 1e-300)
    axis.plot(fine, direct[frame], color=DIRECT.colour, label=DIRECT.name)
    points = np.append(network[frame], network[frame][0])
    axis.plot(place, points, color=NETWORK.colour, ls="", marker="o", mfc="none", label=NETWORK.name)
    axis.set(xlim=(0, box.length), ylim=(-largest, 1.25 * largest), xlabel="place x")
    axis.legend(loc="upper right", ncols=2)


def _draw_image(figure: Figure, axis: Axes, results: xr.Dataset, network: np.ndarray, frame: int) -> None:
    length, largest = box_of(results).length, float(np.abs(network).max()) or 1.0
    picture = axis.imshow(
        network[frame].T, origin="lower", extent=(0, length, 0, length), cmap="RdBu_r", vmin=-largest, vmax=largest,
        interpolation="nearest",
    )  # fmt: skip
    axis.grid(False)
    axis.set_xlabel("x")
    figure.colorbar(picture, ax=axis, shrink=0.8)


def _pixels(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
