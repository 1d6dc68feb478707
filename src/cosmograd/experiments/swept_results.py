"""A sweep of any experiment: its single numbers against the swept keys, as figures, a table and JSON."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cosmograd.experiments.experiment import experiment
from cosmograd.figures import (
    POINT_STYLES,
    Axis,
    Figure,
    Intervals,
    KeyNumber,
    LegendEntry,
    Line,
    Map,
    Notice,
    Page,
    Panel,
    Section,
    Sentences,
    Table,
    Verbatim,
    limits_of_logarithmic_axis,
    logarithmic_axis,
)
from cosmograd.results import ESTIMATE_PARTS, LabelledArray, Result
from cosmograd.results.number_format import count, number, with_error

POINT = "study_point"
# Of more numbers than this the first are shown, of more points the first stand in the table.
_MOST_PANELS, _MOST_ROWS, _MOST_CURVES = 6, 200, 6
# Points of one text stand side by side.
_APART = 0.1
# A range of this many times its lower end is drawn logarithmically.
_WIDE = 8.0
_WIDE_NUMBERS = 100.0


class SweptKey(NamedTuple):
    """A swept key with its value at every point; a key of texts has their places among `texts`."""

    name: str
    values: np.ndarray
    texts: tuple[str, ...] = ()

    def text_of(self, value: float) -> str:
        """One of its values in words."""
        return self.texts[int(value)] if self.texts else f"{self.name} = {number(value)}"

    @property
    def axis(self) -> Axis:
        """As it is drawn."""
        if self.texts:
            return Axis(self.name, low=-0.5, high=len(self.texts) - 0.5, ticks=tuple(enumerate(self.texts)))
        positive = self.values[self.values > 0]
        wide = positive.size == self.values.size and positive.max() > _WIDE * positive.min()
        return Axis(self.name, "log" if wide else "linear", minor=False if wide else None)


def is_sweep(result: Result) -> bool:
    """Whether a result holds the points of a sweep."""
    return POINT in result.sizes


def shown_as_sweep(result: Result) -> bool:
    """Whether its figures and page are those of any sweep, for its experiment has none of its own for them."""
    return is_sweep(result) and not experiment(result.experiment).shows_sweeps


def swept_keys(result: Result) -> list[str]:
    """Every swept key, in the order of the sweep."""
    return list(json.loads(result.attrs.get("swept", "[]")))


def shown_quantities(result: Result) -> list[str]:
    """The single numbers of each point: those that have a symbol, or else all."""
    keys = swept_keys(result)
    beside = {array.quantity.error for array in result.arrays.values()}
    beside |= {f"{name}{part.suffix}" for name in result if _is_estimate(result, name) for part in _ENDS}
    numbers = [
        name
        for name, array in result.arrays.items()
        if array.dims == (POINT,) and array.dtype.kind in "fiu" and name not in (*keys, POINT) and name not in beside
    ]
    numbers = [name for name in numbers if np.isfinite(result[name].values).any()] or numbers
    return [name for name in numbers if result[name].quantity.symbol] or numbers


_ENDS = tuple(part for part in ESTIMATE_PARTS.values() if part.suffix)


def _is_estimate(result: Result, name: str) -> bool:
    return all(f"{name}{part.suffix}" in result for part in _ENDS)


def _interval_of(result: Result, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Both ends: of the interval of what was measured, or of an estimated error; None where there is neither."""
    array = result[name]
    if _is_estimate(result, name):
        return result[f"{name}_low"].values.astype(float), result[f"{name}_high"].values.astype(float)
    error = result.arrays.get(array.quantity.error or "")
    if error is None:
        return None
    value, reach = array.values.astype(float), error.values.astype(float)
    return value - reach, value + reach


def figures_of_sweep(result: Result) -> list[Figure]:
    """Numbers against one key, curves for the values of another, or maps over two; keys of numbers come first."""
    keys = [_swept_key(key, result[key]) for key in swept_keys(result)]
    keys = sorted((key for key in keys if np.ptp(key.values[np.isfinite(key.values)]) > 0), key=lambda k: bool(k.texts))
    names = shown_quantities(result)[:_MOST_PANELS]
    if not keys or not names:
        return []
    grid = _grid(keys[:2]) if len(keys) > 1 else None
    others = len(keys) > 2
    if grid is not None and not others and min(grid.shape) > _MOST_CURVES and not keys[1].texts:
        return [_maps(result, names, keys[0], keys[1], grid)]
    return [_curves(result, names, keys, grid if not others else None)]


def _swept_key(name: str, array: LabelledArray) -> SweptKey:
    if array.dtype.kind in "fiu":
        return SweptKey(name, array.values.astype(float))
    texts = list(dict.fromkeys(map(str, array.values)))
    return SweptKey(name, np.array([texts.index(str(value)) for value in array.values], dtype=float), tuple(texts))


def _grid(keys: Sequence[SweptKey]) -> np.ndarray | None:
    """The number of the point at every pair of values, where all pairs are there once."""
    (first, i), (second, j) = (np.unique(key.values, return_inverse=True) for key in keys)
    if len(first) * len(second) != len(keys[0].values):
        return None
    grid = np.full((len(first), len(second)), -1)
    grid[i, j] = np.arange(len(i))
    return grid if (grid >= 0).all() else None


def _label(array: LabelledArray) -> str:
    quantity = array.quantity
    unit = f"  [{quantity.unit}]" if quantity.unit not in ("", "1") else ""
    return (quantity.symbol or quantity.name.replace("_", " ")) + unit


def _maps(result: Result, names: Sequence[str], x: SweptKey, y: SweptKey, grid: np.ndarray) -> Figure:
    panels = []
    for name in names:
        values = result[name].values.astype(float)[grid]
        mark = Map(_edges(x), _edges(y), values, "viridis", bar="", even=False)
        panels.append(Panel([mark], x.axis, y.axis, _label(result[name])))
    return Figure(
        "sweep",
        "The sweep",
        panels,
        f"Each panel, a number over {x.name} and {y.name}; white, no result.",
        f"Maps of {count(len(names), 'number')} over two swept keys.",
        names,
        height=2.2,
    )


def _edges(key: SweptKey) -> np.ndarray:
    """Of the cells around the values of a key."""
    values = np.unique(key.values)
    if key.axis.scale == "log":
        logs = np.log(values)
        middle = (logs[1:] + logs[:-1]) / 2
        return np.exp(np.concatenate([[2 * logs[0] - middle[0]], middle, [2 * logs[-1] - middle[-1]]]))
    middle = (values[1:] + values[:-1]) / 2
    return np.concatenate([[2 * values[0] - middle[0]], middle, [2 * values[-1] - middle[-1]]])


def _curves(result: Result, names: Sequence[str], keys: Sequence[SweptKey], grid: np.ndarray | None) -> Figure:
    x = keys[0]
    groups: list[tuple[str, np.ndarray]] = [("", np.argsort(x.values, kind="stable"))]
    if grid is not None:
        if grid.shape[1] > _MOST_CURVES:
            x, keys, grid = keys[1], [keys[1], keys[0]], grid.T
        others = np.unique(keys[1].values)
        groups = [(keys[1].text_of(value), grid[:, place]) for place, value in enumerate(others)]
    joined = len(keys) < 3 and not x.texts
    panels = [Panel(_marks(result, name, x, groups, joined), x.axis, _axis_of(result, name)) for name in names]
    legend = [
        LegendEntry(text, style.colour, style.dashes if joined else "", style.marker)
        for (text, _), style in zip(groups, POINT_STYLES, strict=False)
    ]
    beside = f"; colours, {keys[1].name}" if grid is not None else ""
    return Figure(
        "sweep",
        "The sweep",
        panels,
        f"Numbers of each point against {x.name}{beside}." + _of_bars(result, names),
        f"{count(len(names), 'number')} against {x.name}.",
        names,
        legend if len(groups) > 1 else (),
        height=2.0,
    )


def _of_bars(result: Result, names: Sequence[str]) -> str:
    if any(_is_estimate(result, name) for name in names):
        return " Bars are 95 % intervals."
    return " Bars are estimated errors." if any(_interval_of(result, name) for name in names) else ""


def _axis_of(result: Result, name: str) -> Axis:
    """Logarithmic for positive numbers over several powers of ten."""
    values = result[name].values.astype(float)
    known, label = values[np.isfinite(values)], _label(result[name])
    if known.size and known.min() > 0 and known.max() > _WIDE_NUMBERS * known.min():
        return logarithmic_axis(label, limits_of_logarithmic_axis([known]))
    return Axis(label)


def _marks(result: Result, name: str, x: SweptKey, groups: Sequence[tuple[str, np.ndarray]], joined: bool) -> list[Any]:
    array, marks = result[name], []
    interval = _interval_of(result, name)
    for group, ((_, places), style) in enumerate(zip(groups, POINT_STYLES, strict=False)):
        values = array.values.astype(float)[places]
        dashes = style.dashes if joined else ""
        at = x.values[places] + (_APART * (group - (len(groups) - 1) / 2) if x.texts else 0.0)
        marks.append(Line(at, values, style.colour, dashes, style.marker))
        if interval is not None:
            low, high = (end[places] for end in interval)
            marks.append(Intervals(at, values, low, high, style.colour))
    return marks


def page_of_sweep(result: Result, file_text: str = "") -> Page:
    """What was swept, how many points failed, and the numbers of every point."""
    keys, points = swept_keys(result), result.sizes[POINT]
    failures = [text for text in result["failure"].values.tolist() if text] if "failure" in result else []
    swept = " and ".join(f"{key} ({len(np.unique(result[key].values))} values)" for key in keys)
    notices = []
    if failures:
        notices.append(Notice("failures", "Points that failed", [Sentences(list(dict.fromkeys(failures)))]))
    after = [Section("settings", "Settings", [Verbatim(file_text)])] if file_text else []
    return Page(
        title=str(result.title),
        summary=f"{count(points, 'point')}" + (f", sweeping {swept}." if swept else "."),
        first=Section("numbers", "Numbers", [_table(result)]),
        key_numbers=[
            KeyNumber("points", str(points), "of the sweep"),
            KeyNumber("failed", str(len(failures)), "have no numbers"),
        ],
        notices=notices,
        after=after,
    )


def _table(result: Result) -> Table:
    keys, names = swept_keys(result), shown_quantities(result)
    rows = []
    for point in range(min(result.sizes[POINT], _MOST_ROWS)):
        cells = [_key_text(result[key].values[point]) for key in keys]
        rows.append((*cells, *(_cell(result, name, point) for name in names)))
    caption = "Each point with its numbers; digits beyond the estimated error are left out."
    if result.sizes[POINT] > _MOST_ROWS:
        caption += f" The first {_MOST_ROWS} of {result.sizes[POINT]} points."
    return Table((*keys, *(_label(result[name]) for name in names)), tuple(rows), len(keys), caption)


def _key_text(value: Any) -> str:
    return number(value, 4) if isinstance(value, (float, np.floating)) else str(value)


def _cell(result: Result, name: str, point: int) -> str:
    value, interval = float(result[name].values[point]), _interval_of(result, name)
    if interval is None:
        return number(value, 5)
    low, high = (float(end[point]) for end in interval)
    return with_error(value, (high - low) / 2)


def summary_of_sweep(result: Result) -> dict[str, Any]:
    """Swept keys and single numbers of every point: what `cosmograd run --json` prints."""
    keys = swept_keys(result)
    numbers = [n for n, a in result.arrays.items() if a.dims == (POINT,) and a.dtype.kind in "fiub" and n not in keys]
    failures = result["failure"].values.tolist() if "failure" in result else [""] * result.sizes[POINT]
    points = [
        {key: result[key].values[point].item() for key in keys}
        | {"failure": failures[point] or None}
        | {name: result[name].values[point].item() for name in numbers if name != POINT}
        for point in range(result.sizes[POINT])
    ]
    return {"name": result.title, "experiment": result.experiment, "swept": keys, "points": points}
