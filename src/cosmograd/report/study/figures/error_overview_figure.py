"""The error of every prediction at every point of the study."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from cosmograd.report.parts import (
    PREDICTION_STYLES,
    WIDTH,
    LineStyle,
    ReportFigure,
    count,
    error_span,
    figure_text,
    legend_below,
    limits_of_logarithmic_axis,
    listed,
    name_panel,
    number,
    panels,
    use_logarithmic_axis,
)
from cosmograd.report.study.study_points import ReportPoint, beyond_the_limit_in_words
from cosmograd.report.study.swept_keys import key_name, swept_keys, value_text

# A row for each point, up to so many points; more are drawn against a swept key.
_MOST_ROWS = 18
_FLOOR, _CEILING = 1e-8, 10.0


class _SweptAxis(NamedTuple):
    """A numeric swept key with its value at every point."""

    key: str
    values: np.ndarray

    @property
    def logarithmic(self) -> bool:
        return bool(self.values.min() > 0 and self.values.max() > 8 * self.values.min())


def error_overview_figure(results: xr.Dataset, points: Sequence[ReportPoint]) -> ReportFigure | None:
    """Median relative error of each prediction for all points; None where every member of every point diverged."""
    medians = np.array(
        [[point.typical("relative_error", prediction=name) for name in PREDICTION_STYLES] for point in points]
    )
    if not np.isfinite(medians).any():
        return None
    if len(points) <= _MOST_ROWS:
        figure, probed = _rows(points), any(np.isfinite(_probe_medians(point)).any() for point in points)
        how = " Bars reach from the smallest to the largest member" if _several(points) else ""
        how += (" and hollow" if how else " Hollow") + " markers show probe points." if probed else "." if how else ""
    else:
        figure, how = _against_keys(results, points, medians)
    return ReportFigure(
        "error-overview",
        "Error of each prediction at every point",
        figure,
        _caption(points, medians) + how + beyond_the_limit_in_words(points),
        f"Median relative error of four predictions at {count(len(points), 'study point')}.",
        ("relative_error", "relative_error_probe"),
    )


def _several(points: Sequence[ReportPoint]) -> bool:
    return any(point.intact.sum() > 1 for point in points)


def _probe_medians(point: ReportPoint) -> np.ndarray:
    return np.array([point.typical("relative_error_probe", prediction=name) for name in PREDICTION_STYLES])


def _rows(points: Sequence[ReportPoint]) -> Figure:
    """One row per point; within it the predictions one below the other."""
    figure = Figure(figsize=(WIDTH, 1.0 + 0.46 * len(points)))
    axis = figure.subplots()
    everything = []
    for row, point in enumerate(points):
        for place, (name, style) in enumerate(PREDICTION_STYLES.items()):
            errors = point.of_intact("relative_error", prediction=name)
            errors = errors[errors > 0]
            height = row + 0.21 * (place - 1.5)
            if errors.size:
                middle = float(np.median(errors))
                reach = np.clip([errors.min(), errors.max()], 1e-12, 1e6)
                axis.plot(reach, [height, height], color=style.colour, lw=1.0)
                axis.plot([middle], [height], color=style.colour, marker=style.marker, ms=4.2, ls="")
                everything.append(np.clip(reach, middle / 4, middle * 4))
            else:
                middle = float("nan")
            if middle > _CEILING:
                _name_outside(axis, f"{number(middle, 1)} →", 1.0, height, style)
            if middle < _FLOOR:
                _name_outside(axis, f"← {number(middle, 1)}", 0.0, height, style)
            probe = point.typical("relative_error_probe", prediction=name)
            if np.isfinite(probe) and probe > 0:
                axis.plot([probe], [height], color=style.colour, marker=style.marker, ms=4.2, ls="", mfc="none")
                everything.append(np.array([min(probe, _CEILING)]))
        if row:
            axis.axhline(row - 0.5, color="#bbbbbb", lw=0.5)
    use_logarithmic_axis(axis, limits_of_logarithmic_axis(everything, _FLOOR, _CEILING), "x")
    axis.set_yticks(range(len(points)), [figure_text(_row_name(point, len(points))) for point in points])
    axis.tick_params(axis="y", length=0)
    axis.grid(visible=False, axis="y")
    axis.set_ylim(len(points) - 0.5, -0.5)
    axis.set_xlabel(r"relative error  $\|f-f_{\mathrm{pred}}\|\,/\,\|f-y\|$")
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, label=style.name)
        for style in PREDICTION_STYLES.values()
    ]
    legend_below(figure, handles)
    return figure


def _name_outside(axis: Axes, text: str, side: float, height: float, style: LineStyle) -> None:
    """The value of a marker that lies beyond the left (0) or right (1) end of the axis."""
    axis.annotate(
        text,
        (side, height),
        xycoords=("axes fraction", "data"),
        ha="right" if side else "left",
        va="center",
        fontsize=6,
        color=style.colour,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )


def _row_name(point: ReportPoint, of: int) -> str:
    name = point.label or ("" if of == 1 else f"point {point.number}")
    return name if point.intact.any() else f"{name} (all diverged)".strip()


def _against_keys(results: xr.Dataset, points: Sequence[ReportPoint], medians: np.ndarray) -> tuple[Figure, str]:
    """One panel per prediction: error against one swept key, colour for another."""
    axes_of_sweep = _swept_axes(results)
    horizontal = axes_of_sweep[0] if axes_of_sweep else _SweptAxis("point of the study", np.arange(len(points)))
    colour = axes_of_sweep[1] if len(axes_of_sweep) > 1 else None
    figure, axes = panels(4, (2, 2), height=2.0)
    limits = limits_of_logarithmic_axis([medians], _FLOOR, _CEILING)
    scale = None
    if colour is not None:
        norm = (LogNorm if colour.logarithmic else Normalize)(colour.values.min(), colour.values.max())
        scale = ScalarMappable(norm, "cividis")
    for position, (axis, style) in enumerate(zip(axes, PREDICTION_STYLES.values(), strict=True)):
        _draw_against_keys(axis, horizontal, colour, scale, medians[:, position])
        name_panel(axis, position, 4, style.name)
        if horizontal.logarithmic:
            axis.set_xscale("log")
        use_logarithmic_axis(axis, limits)
        if position > 1:
            axis.set_xlabel(figure_text(key_name(horizontal.key)))
    figure.supylabel("median relative error", fontsize=8)
    if scale is not None and colour is not None:
        bar = figure.colorbar(scale, ax=axes, pad=0.01, fraction=0.03, aspect=40)
        colours = np.unique(colour.values)
        bar.set_ticks(list(colours[np.unique(np.linspace(0, len(colours) - 1, 6).astype(int))]))
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: value_text(float(value))))
        bar.minorticks_off()
        if bar.solids is not None:
            bar.solids.set(rasterized=False, edgecolor="face")
        bar.set_label(figure_text(key_name(colour.key)))
    others = [key_name(axis.key) for axis in axes_of_sweep[2:]]
    how = f" Drawn against {key_name(horizontal.key)}"
    how += f", colours tell {key_name(colour.key)} apart" if colour is not None else ""
    return figure, how + (f"; points that differ only in {listed(others)} lie above each other." if others else ".")


def _swept_axes(results: xr.Dataset) -> list[_SweptAxis]:
    """Numeric swept keys of which every point has a value, those of the optimiser first."""
    keys = [key for key in swept_keys(results) if results[key].dtype.kind in "if"]
    keys.sort(key=lambda key: (key == "seed", not key.startswith("optimiser.")))
    axes = [_SweptAxis(key, results[key].values.astype(float)) for key in keys]
    return [axis for axis in axes if np.isfinite(axis.values).all() and np.ptp(axis.values) > 0]


def _draw_against_keys(
    axis: Axes, horizontal: _SweptAxis, colour: _SweptAxis | None, scale: ScalarMappable | None, errors: np.ndarray
) -> None:
    values = np.where(errors > 0, errors, np.nan)
    if colour is None or scale is None:
        axis.plot(horizontal.values, values, color="black", marker="o", ls="")
        return
    for value in np.unique(colour.values):
        same = np.flatnonzero(colour.values == value)
        same = same[np.argsort(horizontal.values[same], kind="stable")]
        repeated = len(np.unique(horizontal.values[same])) < len(same)
        axis.plot(
            horizontal.values[same],
            values[same],
            color=scale.to_rgba(value),
            marker="o",
            ls="" if repeated else "-",
            lw=0.9,
        )


def _caption(points: Sequence[ReportPoint], medians: np.ndarray) -> str:
    parts = [f"{style.name} {error_span(medians[:, index])}" for index, style in enumerate(PREDICTION_STYLES.values())]
    text = (
        "Distance of each prediction from the outputs over the whole run, over the distance that was left to learn: "
        f"median over members{f', smallest to largest of {len(points)} points' if len(points) > 1 else ''}. "
        f"The errors are: {'; '.join(parts)}."
    )
    fixed = medians[:, : list(PREDICTION_STYLES).index("drifting")]
    known = ~np.isnan(fixed).any(axis=1)
    if known.any() and len(points) > 1:
        best = int((np.argmin(fixed[known], axis=1) == 2).sum())
        text += (
            f" Of the three at fixed kernel the stroboscopic one is the most accurate at {best} of "
            f"{count(int(known.sum()), 'point')}."
        )
    return text
