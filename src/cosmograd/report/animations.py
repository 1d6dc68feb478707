"""Animations as data become GIFs: the same results give the same bytes."""

import base64
import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from cosmograd.figures import Animation, Figure
from cosmograd.report.drawing import drawn
from cosmograd.report.figure_style import figure_style
from cosmograd.report.page_parts import width_on_screen

_DOTS_PER_INCH, _COLOURS = 110, 64


def gif(animation: Animation) -> bytes:
    """The animation as the bytes of its file."""
    with figure_style():
        frames = [_pixels(frame) for frame in animation.frames]
    # One palette for all frames, so that the file stays small.
    palette = Image.fromarray(np.concatenate([frames[0], frames[-1]])).quantize(_COLOURS, dither=Image.Dither.NONE)
    pictures = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    buffer = io.BytesIO()
    pictures[0].save(
        buffer, format="GIF", save_all=True, append_images=pictures[1:], loop=0, optimize=False,
        duration=list(animation.milliseconds),
    )  # fmt: skip
    return buffer.getvalue()


def _pixels(frame: Figure) -> np.ndarray:
    figure = drawn(frame)
    figure.set_dpi(_DOTS_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def on_page(animation: Animation, contents: bytes) -> tuple[Animation, str, float]:
    """As templates take it: with its data address, and its width on the page."""
    width, _ = animation.frames[0].size or (0.0, 0.0)
    return animation, f"data:image/gif;base64,{base64.b64encode(contents).decode()}", width_on_screen(width)
