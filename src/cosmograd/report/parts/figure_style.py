"""How all figures look: print width, type sizes, and colours that differ for colour-blind readers and in grey."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from cosmograd.report.parts.formula_text import figure_text
from cosmograd.solvers import log_spaced_integers

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


class LineStyle(NamedTuple):
    """How one thing is drawn wherever it appears."""

    name: str
    colour: str
    dashes: Any
    marker: str


# Colours of Okabe & Ito (2008); dashes and markers say the same without colour.
MEASURED = LineStyle("trained networks", "#000000", "", "o")
PREDICTION_STYLES = {
    "gradient_flow": LineStyle("gradient flow", "#E69F00", (0, (1, 1.2)), "^"),
    "second_order": LineStyle("second-order EFT", "#0072B2", (0, (5, 1.8)), "s"),
    "stroboscopic": LineStyle("stroboscopic", "#D55E00", "-", "v"),
    "drifting": LineStyle("drifting kernel", "#009E73", (0, (6, 1.5, 1.2, 1.5)), "D"),
}
POINT_STYLES = tuple(
    LineStyle("", colour, "-", marker)
    for colour, marker in (
        ("#000000", "o"), ("#E69F00", "^"), ("#0072B2", "s"), ("#009E73", "D"), ("#D55E00", "v"), ("#CC79A7", "P"),
    )
)  # fmt: skip


def draw_intervals(
    axis: Axes, places: np.ndarray, value: np.ndarray, low: np.ndarray, high: np.ndarray, style: LineStyle
) -> None:
    """Points with their intervals, without a line through them."""
    reach = np.clip([value - low, high - value], 0, None)
    axis.errorbar(places, value, reach, color=style.colour, marker=style.marker, ls="", elinewidth=0.9, capsize=2)


def panels(amount: int, rows_by_columns: tuple[int, int] | None = None, height: float = 1.75) -> tuple[Figure, Any]:
    """A figure with `amount` panels in rows of at most three; the list of its axes, in reading order."""
    rows, columns = rows_by_columns or (-(-amount // columns_of(amount)), columns_of(amount))
    size = (0.72 * WIDTH, height * 1.35 + 0.55) if (rows, columns) == (1, 1) else (WIDTH, height * rows + 0.55)
    figure = Figure(figsize=size)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes[amount:]:
        axis.set_axis_off()
    return figure, axes[:amount]


def columns_of(amount: int) -> int:
    """How many of so many panels stand side by side."""
    return 2 if amount in (2, 4) else min(amount, 3)


def name_panel(axis: Axes, position: int, of: int, title: str) -> None:
    """Letter and title of a panel; titles longer than a panel is wide are broken, at commas if possible."""
    title = f"({chr(ord('a') + position)}) {title}" if of > 1 else title
    figure, place = axis.get_figure(root=True), axis.get_subplotspec()
    columns = 1 if place is None else place.get_gridspec().ncols
    width = WIDTH if figure is None else figure.get_figwidth()
    most = int((width / columns - _BESIDE_PANEL) * _CHARACTERS_PER_INCH)
    axis.set_title(figure_text("\n".join(_broken(title, most))))


# Of a panel's share of the width, what labels take; and how many characters of a title fit into an inch.
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


def use_update_axis(axis: Axes, last: int, label: bool = True) -> None:
    """Updates on an axis in log(1 + n), which shows the start as well as the end."""
    axis.set_xscale("function", functions=(_log_of, _exp_of))
    candidates = range(last + 1) if last <= 5 else [0, *(m * 10**k for k in range(12) for m in (1, 3))]
    ticks = [tick for tick in candidates if tick <= last]
    if len(ticks) > 9:
        ticks = [tick for tick in ticks if str(tick).strip("0") in ("", "1")]
    axis.set_xticks(ticks, [f"{tick:g}" if tick < 1e4 else rf"$10^{{{len(str(tick)) - 1}}}$" for tick in ticks])
    axis.set_xlim(0, last * 1.03 + 0.05)
    if label:
        axis.set_xlabel("update n")


def _log_of(update: Any) -> Any:
    return np.log1p(np.maximum(update, -0.9))


def _exp_of(value: Any) -> Any:
    return np.expm1(value)


# Curves of more points than this are thinned, evenly in the logarithm.
_MOST_POINTS = 160


def thinned(length: int) -> np.ndarray:
    """Indices of a curve's points that are drawn: all, or of a long one those evenly spaced in the logarithm."""
    if length <= _MOST_POINTS:
        return np.arange(length)
    return log_spaced_integers(length - 1, _MOST_POINTS)


def marked(updates: np.ndarray, most: int = 24) -> np.ndarray:
    """Indices of the updates at which a curve carries a marker: not closer than a step of the axis in log(1 + n)."""
    places = np.log1p(updates.astype(float))
    chosen = [0]
    for index, place in enumerate(places):
        if place - places[chosen[-1]] > places[-1] / most:
            chosen.append(index)
    return np.array(chosen)


def limits_of_logarithmic_axis(
    values: Sequence[np.ndarray], floor: float = 0.0, ceiling: float = np.inf
) -> tuple[float, float] | None:
    """Limits that hold all positive finite values between `floor` and `ceiling`, with a margin; None without any."""
    flat = np.concatenate([np.ravel(value) for value in values]) if len(values) else np.zeros(0)
    flat = flat[np.isfinite(flat) & (flat > 0)]
    if not flat.size:
        return None
    low, high = max(flat.min(), floor), min(flat.max(), ceiling)
    if low >= high:
        low, high = 0.5 * high, 2 * high
    margin = (high / low) ** 0.06
    return float(low / margin), float(high * margin)


# Beyond this span ticks between powers of ten lie too close to be read.
_WIDEST_WITH_MINOR_TICKS = 1e4


def use_logarithmic_axis(axis: Axes, limits: tuple[float, float] | None, direction: str = "y") -> None:
    """A logarithmic axis whose labels are powers of ten, of which two at least are in sight.

    Without limits nothing is positive; the axis stays linear, from zero to one.
    """
    chosen = axis.yaxis if direction == "y" else axis.xaxis
    set_limits = axis.set_ylim if direction == "y" else axis.set_xlim
    if limits is None:
        set_limits(-0.05, 1.05)
        return
    (axis.set_yscale if direction == "y" else axis.set_xscale)("log", nonpositive="mask")
    low, high = limits
    if np.floor(np.log10(high)) - np.ceil(np.log10(low)) < 1:
        low, high = 10.0 ** np.floor(np.log10(low) + 0.02) * 0.9, 10.0 ** np.ceil(np.log10(high) - 0.02) * 1.1
    set_limits(low, high)
    if high > _WIDEST_WITH_MINOR_TICKS * low:
        chosen.set_minor_locator(NullLocator())
    else:
        chosen.set_minor_formatter(NullFormatter())


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
