"""The error of every prediction at every point of the study."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from cosmograd.experiments.training.analysis.study import Study, StudyPoint, study_of
from cosmograd.experiments.training.analysis.swept_keys import key_name, swept_keys, value_text
from cosmograd.figures import (
    PREDICTION_STYLES,
    Axis,
    Figure,
    Guide,
    LegendEntry,
    Line,
    LineStyle,
    Mark,
    Note,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    points,
)
from cosmograd.results import Result
from cosmograd.results.number_format import count, listed, number

# A row for each point, up to this many; more are drawn against a swept key.
_MOST_ROWS = 18
_FLOOR, _CEILING = 1e-8, 10.0
# Inches.
_WIDTH, _ROW, _BESIDE_ROWS = 7.0, 0.46, 1.0
_MOST_TICKS = 6
_SHOWS = "Distance of each prediction from the outputs over the distance that was left to learn, median over members"


class _SweptAxis(NamedTuple):
    """A numeric swept key with its value at every point."""

    key: str
    values: np.ndarray

    @property
    def is_logarithmic(self) -> bool:
        return bool(self.values.min() > 0 and self.values.max() > 8 * self.values.min())


@figure("error-overview", needs=("relative_error", "relative_error_probe"))
def error_overview(result: Result) -> Figure | None:
    """Median relative error of each prediction for all points; None where every member of every point diverged."""
    study = study_of(result)
    medians = np.array([[p.typical("relative_error", prediction=name) for name in PREDICTION_STYLES]
                        for p in study.points])  # fmt: skip
    if not np.isfinite(medians).any():
        return None
    return _rows(study.points) if len(study.points) <= _MOST_ROWS else _against_keys(study, medians)


def _figure(panels: Sequence[Panel], amount: int, beside: str, **look: object) -> Figure:
    return Figure(
        "error-overview",
        "Error of each prediction at every point",
        panels,
        f"{_SHOWS}{beside}. The first three predictions hold the kernel fixed; the drifting one follows its changes.",
        f"Median relative error of four predictions at {count(amount, 'study point')}.",
        **look,  # pyright: ignore[reportArgumentType]
    )


def _rows(points: Sequence[StudyPoint]) -> Figure:
    """One row per point; within it the predictions one below the other."""
    marks: list[Mark] = []
    reaches: list[np.ndarray] = []
    for row, point in enumerate(points):
        for place, (name, style) in enumerate(PREDICTION_STYLES.items()):
            found, reach = _prediction_marks(point, name, style, row + 0.21 * (place - 1.5))
            marks += found
            reaches += reach
        if row:
            marks.append(Guide(row - 0.5, colour="#bbbbbb", width=0.5, layer=None))
    label = r"relative error  $\|f-f_{\mathrm{pred}}\|\,/\,\|f-y\|$"
    x = logarithmic_axis(label, limits_of_logarithmic_axis(reaches, _FLOOR, _CEILING))
    names = [(row, _row_name(point, len(points))) for row, point in enumerate(points)]
    y = Axis("", low=len(points) - 0.5, high=-0.5, ticks=names, grid=False, tick_marks=False)
    several = any(point.intact.sum() > 1 for point in points)
    probed = any(np.isfinite(point.of_intact("relative_error_probe")).any() for point in points)
    beside = "; bars, smallest to largest member" * several + "; hollow, probe points" * probed
    legend = [LegendEntry.of(style, dashes="-") for style in PREDICTION_STYLES.values()]
    size = (_WIDTH, _BESIDE_ROWS + _ROW * len(points))
    return _figure([Panel(marks, x, y)], len(points), beside, legend=legend, size=size)


def _prediction_marks(
    point: StudyPoint, name: str, style: LineStyle, height: float
) -> tuple[list[Mark], list[np.ndarray]]:
    """Median, range over members and probe points of one prediction; and the values that the axis should hold."""
    errors = point.of_intact("relative_error", prediction=name)
    errors = errors[errors > 0]
    marks: list[Mark] = []
    reaches, middle = [], float("nan")
    if errors.size:
        middle = float(np.median(errors))
        reach = np.clip([errors.min(), errors.max()], 1e-12, 1e6)
        marks.append(Line(reach, [height, height], style.colour, width=1.0))
        marks.append(points(middle, height, style.colour, style.marker, size=4.2))
        reaches.append(np.clip(reach, middle / 4, middle * 4))
    if middle > _CEILING:
        marks.append(_outside(f"{number(middle, 1)} →", 1.0, height, style))
    if middle < _FLOOR:
        marks.append(_outside(f"← {number(middle, 1)}", 0.0, height, style))
    probe = point.typical("relative_error_probe", prediction=name)
    if np.isfinite(probe) and probe > 0:
        marks.append(points(probe, height, style.colour, style.marker, size=4.2, fill="none"))
        reaches.append(np.array([min(probe, _CEILING)]))
    return marks, reaches


def _outside(text: str, side: float, height: float, style: LineStyle) -> Note:
    """The value of a marker that lies beyond the left (0) or right (1) end of the axis."""
    anchor = ("right" if side else "left", "center")
    return Note(text, side, height, "x", anchor, size=6.0, colour=style.colour, boxed=True)


def _row_name(point: StudyPoint, of: int) -> str:
    name = point.label or ("" if of == 1 else f"point {point.number}")
    return name if point.intact.any() else f"{name} (all diverged)".strip()


def _against_keys(study: Study, medians: np.ndarray) -> Figure:
    """One panel per prediction: error against one swept key, colour for another."""
    axes = _swept_axes(study.results)
    horizontal = axes[0] if axes else _SweptAxis("point of the study", np.arange(len(study.points)))
    colour = axes[1] if len(axes) > 1 else None
    limits, label = limits_of_logarithmic_axis([medians], _FLOOR, _CEILING), key_name(horizontal.key)
    panels = []
    for place, style in enumerate(PREDICTION_STYLES.values()):
        x = Axis(label if place > 1 else "", "log" if horizontal.is_logarithmic else "linear")
        marks = _curves(horizontal, colour, medians[:, place])
        panels.append(Panel(marks, x, logarithmic_axis("", limits), style.name))
    others = [key_name(axis.key) for axis in axes[2:]]
    beside = f"; drawn against {label}"
    beside += f", colours are {key_name(colour.key)}" if colour is not None else ""
    beside += f", points that differ only in {listed(others)} lie above each other" if others else ""
    bar = None
    if colour is not None:
        values = np.unique(colour.values)
        chosen = values[np.unique(np.linspace(0, len(values) - 1, _MOST_TICKS).astype(int))]
        ticks = [(float(value), value_text(float(value))) for value in chosen]
        ends = float(values[0]), float(values[-1])
        bar = ("cividis", *ends, colour.is_logarithmic, ticks, key_name(colour.key))
    left = "median relative error"
    return _figure(panels, len(study.points), beside, grid=(2, 2), height=2.0, left=left, bar=bar)


def _swept_axes(results: xr.Dataset) -> list[_SweptAxis]:
    """Numeric swept keys of which every point has a value, those of the optimiser first."""
    keys = [key for key in swept_keys(results) if results[key].dtype.kind in "if"]
    keys.sort(key=lambda key: (key == "seed", not key.startswith("optimiser.")))
    axes = [_SweptAxis(key, results[key].values.astype(float)) for key in keys]
    return [axis for axis in axes if np.isfinite(axis.values).all() and np.ptp(axis.values) > 0]


def _curves(horizontal: _SweptAxis, colour: _SweptAxis | None, errors: np.ndarray) -> list[Mark]:
    values = np.where(errors > 0, errors, np.nan)
    if colour is None:
        return [points(horizontal.values, values)]
    scale = np.log if colour.is_logarithmic else np.asarray
    low, high = (float(scale(end)) for end in (colour.values.min(), colour.values.max()))
    marks: list[Mark] = []
    for value in np.unique(colour.values):
        same = np.flatnonzero(colour.values == value)
        same = same[np.argsort(horizontal.values[same], kind="stable")]
        repeated = len(np.unique(horizontal.values[same])) < len(same)
        place = ("cividis", (float(scale(value)) - low) / (high - low))
        dashes = "" if repeated else "-"
        marks.append(Line(horizontal.values[same], values[same], place, dashes, "o", width=0.9))
    return marks
