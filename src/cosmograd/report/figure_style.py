"""How all figures look: print width, type sizes, and colours that differ for colour-blind readers and in grey."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosmograd.report.formula_text import figure_text

WIDTH = 7.0  # inches: the text width of a printed page

_SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so the same on every machine
    "mathtext.fontset": "dejavusans",
    "mathtext.default": "regular",
    "font.size": 8.0,
    "axes.labelsize": 8.0,
    "axes.titlesize": 8.0,
    "axes.titlelocation": "left",
    "axes.titlepad": 4.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "legend.handletextpad": 0.5,
    "legend.columnspacing": 1.2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.2,
    "lines.markeredgewidth": 0.8,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.visible": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "cosmograd",
    "path.simplify": False,
}


@contextmanager
def figure_style() -> Iterator[None]:
    """The style of the figures, whatever the user's own settings; they come back afterwards."""
    with matplotlib.style.context(["default", _SETTINGS]):
        yield


def name_panel(axis: Axes, position: int, of: int, title: str) -> None:
    """Letter and title of a panel; titles longer than a panel is wide are broken, at commas if possible."""
    title = f"({chr(ord('a') + position)}) {title}" if of > 1 else title
    figure, place = axis.get_figure(root=True), axis.get_subplotspec()
    columns = 1 if place is None else place.get_gridspec().ncols
    width = WIDTH if figure is None else figure.get_figwidth()
    most = int((width / columns - _BESIDE_PANEL) * _CHARACTERS_PER_INCH)
    axis.set_title(figure_text("\n".join(_broken(title, most))))


# Inches that labels take beside a panel, and characters of a title in an inch.
_BESIDE_PANEL, _CHARACTERS_PER_INCH = 0.45, 14


def _broken(title: str, most: int) -> list[str]:
    lines = [""]
    for part in title.split(", "):
        longer = f"{lines[-1]}, {part}" if lines[-1] else part
        if len(longer) >= most and lines[-1]:
            lines[-1] += ","
            lines.append(part)
        else:
            lines[-1] = longer
    return [shorter for line in lines for shorter in textwrap.wrap(line, most)]


def legend_below(figure: Figure, handles: Sequence[Any], columns: int | None = None) -> None:
    """One legend for all panels, below them, in as many columns as fit."""
    if not handles:
        return
    lengths = [len(_MARKUP.sub("", str(handle.get_label()))) for handle in handles]
    most = min(columns or 4, len(handles))
    fitting = [n for n in range(1, most + 1) if _legend_width(lengths, n) < figure.get_figwidth()]
    figure.legend(handles=list(handles), loc="outside lower center", ncols=max(fitting, default=1))


# Inches of a legend's line or marker with the space around it, and characters in an inch; what of a label is not seen.
_HANDLE, _LABEL_PER_INCH, _MARKUP = 0.45, 18, re.compile(r"\\\w+|[${}_^]")


def _legend_width(lengths: Sequence[int], columns: int) -> float:
    """In inches, of labels of so many characters, filled in column by column."""
    return sum(max(part) / _LABEL_PER_INCH + _HANDLE for part in np.array_split(lengths, columns))
