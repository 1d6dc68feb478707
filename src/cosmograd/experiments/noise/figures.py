"""Figures of a study of noise: temperatures against the batch size, and their ratio to the prediction."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from cosmograd.figures import (
    POINT_STYLES,
    Axis,
    Figure,
    Guide,
    Intervals,
    LegendEntry,
    Line,
    LineStyle,
    Mark,
    Panel,
    Span,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
)
from cosmograd.results import Result
from cosmograd.results.number_format import number

_NAMES = {
    "with-replacement": "drawn with replacement",
    "without-replacement": "drawn without replacement",
    "shuffled-epochs": "shuffled epochs",
}
# Independent draws follow the prediction to this: the band.
_BAND = 0.05
# Momenta stand side by side, this many octaves of the batch size apart.
_APART = 0.14
# With more momenta the first are shown, with more batch sizes some have no label.
_MOST_MOMENTA, _MOST_TICKS = len(POINT_STYLES), 8
_THEORY = LineStyle("theory of shuffled epochs", "#777777", (0, (1, 1.2)), "")


class _Series(NamedTuple):
    """One momentum in one panel. x: the batch sizes; shifted: so that the bars of momenta do not hide each other."""

    style: LineStyle
    x: np.ndarray
    shifted: np.ndarray
    place: dict[str, int]


def _series(result: Result, sampling: int) -> Iterator[_Series]:
    sizes, shown = result["batch_size"].values.astype(float), min(result.sizes["momentum"], _MOST_MOMENTA)
    for momentum, style in zip(range(shown), POINT_STYLES, strict=False):
        shifted = sizes * 2.0 ** (_APART * (momentum - (shown - 1) / 2))
        yield _Series(style, sizes, shifted, {"sampling": sampling, "momentum": momentum})


def _values(result: Result, name: str, series: _Series) -> np.ndarray:
    return result[name].at(**series.place).values


def _bars(result: Result, name: str, series: _Series, marker: str, fill: str | None = None) -> Intervals:
    value, error = (_values(result, each, series) for each in (name, f"{name}_error"))
    return Intervals(series.shifted, value, value - error, value + error, series.style.colour, marker, fill=fill)


def _measured(result: Result) -> bool:
    return bool(np.isfinite(result["temperature_ratio"].values).any())


@figure("temperature", needs=("mean_temperature", "mean_predicted_temperature", "shuffled_ratio"))
def temperature(result: Result) -> Figure | None:
    """Temperature against the batch size, a panel for each way of drawing and a colour for each momentum."""
    if not _measured(result):
        return None
    panels = []
    limits = limits_of_logarithmic_axis(
        [result[name].values for name in ("mean_temperature", "mean_predicted_temperature")]
    )
    for place, way in enumerate(result["sampling"].values.tolist()):
        marks: list[Mark] = []
        for series in _series(result, place):
            predicted = _values(result, "mean_predicted_temperature", series)
            marks.append(Line(series.x, predicted, series.style.colour, width=0.9))
            if way == "shuffled-epochs":
                expected = predicted * _values(result, "shuffled_ratio", series)
                marks.append(Line(series.x, expected, series.style.colour, _THEORY.dashes))
            marks.append(_bars(result, "mean_temperature", series, series.style.marker))
        panels.append(Panel(marks, _batch_sizes(result), logarithmic_axis("temperature T", limits), _NAMES[way]))
    return Figure(
        "temperature",
        "Temperature against batch size",
        panels,
        f"Temperature of the {result.sizes['mode']} stiffest modes, mean over modes, against the batch size; bars are "
        "standard errors. Solid lines, the prediction for independent draws"
        + (", which shuffled epochs fall below; dotted, that of shuffled epochs." if _shuffled(result) else "."),
        "Temperature on a logarithmic axis against the batch size, a panel for each way of drawing, a colour for each "
        "momentum, measured with error bars and predicted as lines.",
        ("mean_temperature", "mean_predicted_temperature", "shuffled_ratio"),
        _legend(result),
        height=2.4,
    )


@figure("temperature-ratio", needs=("temperature_ratio", "velocity_ratio", "shuffled_ratio"))
def temperature_ratio(result: Result) -> Figure | None:
    """Measured over predicted temperature, of positions and of velocities."""
    if not _measured(result):
        return None
    panels = []
    for place, way in enumerate(result["sampling"].values.tolist()):
        marks: list[Mark] = [Span(1 - _BAND, 1 + _BAND), Guide(1.0)]
        for series in _series(result, place):
            if way == "shuffled-epochs":
                marks.append(Line(series.x, _values(result, "shuffled_ratio", series), series.style.colour,
                                  _THEORY.dashes))  # fmt: skip
            marks.append(_bars(result, "velocity_ratio", series, series.style.marker, "white"))
            marks.append(_bars(result, "temperature_ratio", series, series.style.marker))
        panels.append(Panel(marks, _batch_sizes(result), _ratios(result, place), _NAMES[way]))
    return Figure(
        "temperature-ratio",
        "Measured over predicted temperature",
        panels,
        "Temperature over its prediction for independent draws, from positions (filled) and from velocities (hollow); "
        f"the band is ±{number(100 * _BAND)} %."
        + (" Noise of a shuffled epoch adds up to zero, so that slow modes stay cold." if _shuffled(result) else ""),
        "Measured over predicted temperature against the batch size, a panel for each way of drawing, a colour for "
        "each momentum, with error bars; positions filled, velocities hollow.",
        ("temperature_ratio", "velocity_ratio", "shuffled_ratio"),
        _legend(result),
        height=2.4,
    )


def _ratios(result: Result, sampling: int) -> Axis:
    """From below the lowest bar to above the highest, 1 always in sight."""
    ends = [1 - 1.6 * _BAND, 1 + 1.6 * _BAND]
    for name in ("temperature_ratio", "velocity_ratio"):
        value, error = (result[each].at(sampling=sampling).values for each in (name, f"{name}_error"))
        both = np.concatenate([(value - error).ravel(), (value + error).ravel()])
        ends += both[np.isfinite(both)].tolist()
    low, high = min(ends), max(ends)
    margin = 0.05 * (high - low)
    return Axis("measured / predicted", low=low - margin, high=high + margin)


def _batch_sizes(result: Result) -> Axis:
    sizes = np.sort(result["batch_size"].values)
    ticks = sizes[:: -(-len(sizes) // _MOST_TICKS)]
    labelled = [(int(size), str(size)) for size in ticks]
    return Axis("batch size B", "log2", float(sizes[0]) / 2**0.5, float(sizes[-1]) * 2**0.5, labelled, minor=False)


def _shuffled(result: Result) -> bool:
    return "shuffled-epochs" in result["sampling"].values


def _legend(result: Result) -> list[LegendEntry]:
    momenta = zip(result["momentum"].values.tolist(), POINT_STYLES, strict=False)
    entries = [LegendEntry(f"β = {number(β)}", style.colour, "-", style.marker) for β, style in momenta]
    if _shuffled(result) and np.isfinite(result["shuffled_ratio"].values).any():
        entries.append(LegendEntry(_THEORY.name, _THEORY.colour, _THEORY.dashes))
    return entries


FIGURES = (temperature, temperature_ratio)
