"""Figures as data become figures of matplotlib: for print, pages and notebooks."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure as DrawnFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter, NullLocator

from cosmograd.figures import (
    Axis,
    Band,
    Figure,
    Guide,
    Intervals,
    LegendEntry,
    Line,
    Map,
    Mark,
    Note,
    Panel,
    Span,
    columns_of,
)
from cosmograd.report.figure_style import WIDTH, legend_below, name_panel
from cosmograd.report.formula_text import figure_text


def drawn(figure: Figure) -> DrawnFigure:
    """The figure in matplotlib; to be called within `figure_style`."""
    canvas = DrawnFigure(figsize=size_of(figure))
    axes = list(canvas.subplots(*_grid_of(figure), squeeze=False).flat)
    for unused in axes[len(figure.panels) :]:
        unused.set_axis_off()
    axes = axes[: len(figure.panels)]
    for place, (axis, panel) in enumerate(zip(axes, figure.panels, strict=False)):
        _draw_panel(canvas, axis, panel)
        if panel.title:
            name_panel(axis, place, len(figure.panels), panel.title)
    if figure.left:
        canvas.supylabel(figure_text_or_formula(figure.left), fontsize=8)
    if figure.heading:
        canvas.suptitle(figure_text_or_formula(figure.heading), fontsize=8)
    if figure.bar is not None:
        _draw_bar(canvas, axes, *figure.bar)
    legend_below(canvas, [_handle(entry) for entry in figure.legend], figure.legend_columns)
    return canvas


def size_of(figure: Figure) -> tuple[float, float]:
    """Width and height in inches: those that it asks for, or the width of a page, less for a single panel."""
    if figure.size is not None:
        return figure.size
    rows, columns = _grid_of(figure)
    if (rows, columns) == (1, 1):
        return 0.72 * WIDTH, figure.height * 1.35 + 0.55
    return WIDTH, figure.height * rows + 0.55


def _grid_of(figure: Figure) -> tuple[int, int]:
    """Rows and columns."""
    amount = len(figure.panels)
    if figure.grid is not None or figure.size is not None:
        return figure.grid or (1, amount)
    return -(-amount // columns_of(amount)), columns_of(amount)


def _draw_panel(canvas: DrawnFigure, axis: Axes, panel: Panel) -> None:
    if panel.blank:
        axis.set_axis_off()
    # Scales first: some marks look at them. Ends last: marks would move them.
    _set_scale(axis, panel.x, "x")
    _set_scale(axis, panel.y, "y")
    for mark in panel.marks:
        _DRAW[type(mark)](axis, mark)
    _set_ends(axis, panel.x, "x")
    _set_ends(axis, panel.y, "y")
    for mark in panel.marks:
        if isinstance(mark, Map) and mark.bar is not None:
            bar = canvas.colorbar(
                axis.collections[-1] if not axis.images else axis.images[-1],
                ax=axis,
                shrink=mark.bar_height,
                **_given(pad=mark.bar_gap),
            )
            bar.ax.tick_params(**_given(labelsize=mark.bar_type))
            bar.set_label(figure_text(mark.bar))
    if panel.right is not None:
        right = axis.secondary_yaxis("right", functions=(panel.right.of_left, panel.right.to_left))
        right.minorticks_off()
        right.spines["right"].set_visible(True)
        right.set_ylabel(figure_text(panel.right.label))
    if panel.legend:
        place = "center" if panel.blank else "upper right"
        axis.legend(handles=[_handle(entry) for entry in panel.legend], loc=place, ncols=panel.legend_columns)


_SCALES: dict[str, tuple[str, dict[str, Any]]] = {
    "linear": ("linear", {}),
    "log": ("log", {"nonpositive": "mask"}),
    "log2": ("log", {"base": 2}),
    "symlog": ("symlog", {"linthresh": 0.1}),
    "update": ("function", {"functions": (lambda n: np.log1p(np.maximum(n, -0.9)), np.expm1)}),
}


def _set_scale(axis: Axes, chosen: Axis, direction: str) -> None:
    name, settings = _SCALES[chosen.scale]
    if name != "linear":
        (axis.set_xscale if direction == "x" else axis.set_yscale)(name, **settings)


def _set_ends(axis: Axes, chosen: Axis, direction: str) -> None:
    along = axis.xaxis if direction == "x" else axis.yaxis
    set_limits = axis.set_xlim if direction == "x" else axis.set_ylim
    if chosen.low is not None or chosen.high is not None:
        set_limits(chosen.low, chosen.high)
    if chosen.falling:
        (axis.invert_xaxis if direction == "x" else axis.invert_yaxis)()
    if chosen.ticks is not None:
        along.set_major_locator(FixedLocator([value for value, _ in chosen.ticks]))
        along.set_major_formatter(FixedFormatter([figure_text_or_formula(text) for _, text in chosen.ticks]))
        along.set_minor_locator(NullLocator())
    elif chosen.minor is False:
        along.set_minor_locator(NullLocator())
    elif chosen.minor:
        along.set_minor_formatter(NullFormatter())
    if chosen.narrowest is not None:
        low, high = axis.get_xlim() if direction == "x" else axis.get_ylim()
        middle = (low + high) / 2
        reach = max((high - low) / 2, chosen.narrowest / 2 * abs(middle))
        set_limits(middle - reach, middle + reach)
    if not chosen.grid:
        axis.grid(visible=False, axis=direction)  # pyright: ignore[reportArgumentType]
    if not chosen.offset:
        axis.ticklabel_format(axis=direction, useOffset=False)  # pyright: ignore[reportArgumentType]
    if not chosen.tick_marks:
        axis.tick_params(axis=direction, length=0)  # pyright: ignore[reportArgumentType]
    along.set_label_text(figure_text_or_formula(chosen.label))


def figure_text_or_formula(text: str) -> str:
    """Text with its subscripts set; what is a formula already stays."""
    return text if text.count("$") >= 2 else figure_text(text)


def _colour(colour: Any) -> Any:
    return colour if isinstance(colour, str) else colormaps[colour[0]](colour[1])


def _given(**settings: Any) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


def _draw_line(axis: Axes, mark: Line) -> None:
    axis.plot(
        mark.x,
        mark.y,
        color=_colour(mark.colour),
        ls=mark.dashes,
        marker=mark.marker,
        clip_on=mark.clipped,
        **_given(
            lw=mark.width, ms=mark.size, mfc=mark.fill, mec=mark.edge, mew=mark.edge_width, zorder=mark.layer,
            alpha=mark.opacity, markevery=None if mark.every is None else list(np.asarray(mark.every).tolist()),
        ),
    )  # fmt: skip


def _draw_band(axis: Axes, mark: Band) -> None:
    axis.fill_between(mark.x, mark.low, mark.high, color=_colour(mark.colour), alpha=mark.opacity, lw=0)


def _draw_intervals(axis: Axes, mark: Intervals) -> None:
    x, value, low, high = (np.atleast_1d(np.asarray(a)) for a in (mark.x, mark.value, mark.low, mark.high))
    reach = np.clip([value - low, high - value], 0, None)
    axis.errorbar(
        x,
        value,
        reach,
        color=_colour(mark.colour),
        marker=mark.marker,
        ls=mark.dashes,
        capsize=mark.cap,
        **_given(lw=mark.width, ms=mark.size, mfc=mark.fill, elinewidth=mark.bar_width, zorder=mark.layer),
    )


def _draw_guide(axis: Axes, mark: Guide) -> None:
    line = axis.axhline if mark.across == "y" else axis.axvline
    line(mark.at, color=_colour(mark.colour), ls=mark.dashes, **_given(lw=mark.width, zorder=mark.layer))


def _draw_span(axis: Axes, mark: Span) -> None:
    span = axis.axhspan if mark.across == "y" else axis.axvspan
    look = {"color": _colour(mark.colour), "alpha": mark.opacity, "lw": mark.width}
    span(mark.low, mark.high, **look, **_given(zorder=mark.layer))


def _draw_map(axis: Axes, mark: Map) -> None:
    x, y, values = (np.asarray(a) for a in (mark.x, mark.y, mark.values))
    if len(x) == 2 and len(y) == 2:
        axis.imshow(
            values.T, origin="lower", extent=(x[0], x[-1], y[0], y[-1]), cmap=mark.colours, vmin=mark.low,
            vmax=mark.high, interpolation="nearest", aspect="equal" if mark.even else "auto",
        )  # fmt: skip
    else:
        norm = (LogNorm if mark.logarithmic else Normalize)(mark.low, mark.high)
        if mark.edges is not None:
            axis.pcolormesh(x, y, values.T, cmap=mark.colours, norm=norm, edgecolors=mark.edges, linewidth=0.6)
        else:
            mesh = axis.pcolormesh(x, y, values.T, cmap=mark.colours, norm=norm, rasterized=True)
            mesh.set_edgecolor("face")
    axis.grid(False)


def _draw_note(axis: Axes, mark: Note) -> None:
    where = ("axes fraction" if "x" in mark.share else "data", "axes fraction" if "y" in mark.share else "data")
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if mark.boxed else None
    axis.annotate(
        figure_text_or_formula(mark.text), (mark.x, mark.y), mark.shift, where, "offset points", ha=mark.anchor[0],
        va=mark.anchor[1], fontsize=mark.size, color=mark.colour, **_given(bbox=box),
    )  # fmt: skip


_DRAW: dict[type[Mark], Callable[[Axes, Any], None]] = {
    Line: _draw_line,
    Band: _draw_band,
    Intervals: _draw_intervals,
    Guide: _draw_guide,
    Span: _draw_span,
    Map: _draw_map,
    Note: _draw_note,
}


def _handle(entry: LegendEntry) -> Line2D:
    return Line2D(
        [],
        [],
        color=_colour(entry.colour),
        ls=entry.dashes,
        marker=entry.marker,
        label=figure_text_or_formula(entry.name),
        **_given(lw=entry.width, ms=entry.size, mfc=entry.fill, mec=entry.edge, mew=entry.edge_width),
    )


def _draw_bar(
    canvas: DrawnFigure,
    axes: list[Axes],
    colours: str,
    low: float,
    high: float,
    logarithmic: bool,
    ticks: Any,
    label: str,
) -> None:
    scale = ScalarMappable((LogNorm if logarithmic else Normalize)(low, high), colours)
    bar = canvas.colorbar(scale, ax=axes, pad=0.01, fraction=0.03, aspect=40)
    if ticks:
        bar.set_ticks([value for value, _ in ticks], labels=[text for _, text in ticks])
        bar.minorticks_off()
    if bar.solids is not None:
        bar.solids.set(rasterized=False, edgecolor="face")
    bar.set_label(figure_text(label))
