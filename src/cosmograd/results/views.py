"""How a result looks at a prompt and in a notebook: its numbers with errors and units, and which arrays it holds."""

import math
from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cosmograd.results.estimate import ESTIMATE_PARTS, Estimate
from cosmograd.results.number_format import number, power_of_ten, with_error

if TYPE_CHECKING:
    from cosmograd.results.result import Result

_MOST_NUMBERS, _MOST_AXES, _MOST_NOTES, _WIDEST = 24, 12, 5, 118
_DIGITS, _MOST_DECIMALS = 6, 9
_LONGEST_SETTING = 30


class _Row(NamedTuple):
    """value: with its error or interval; unit: empty without dimension."""

    name: str
    value: str
    unit: str
    meaning: str


def text(result: "Result") -> str:
    """One screen."""
    cells = [(row.name, f"{row.value} {row.unit}".rstrip(), row.meaning) for row in _rows(result)]
    widths = [max((len(cell[column]) for cell in cells), default=0) for column in range(2)]
    lines = [_title(result)]
    lines += ["  " + "  ".join([*(c.ljust(w) for c, w in zip(cell, widths, strict=False)), cell[2]]) for cell in cells]
    arrays = _arrays(result)
    lines += [_filled(f"  along {axes}: ", names) for axes, names in arrays[:_MOST_AXES]]
    if len(arrays) > _MOST_AXES:
        lines.append(f"  and {sum(len(names) for _, names in arrays[_MOST_AXES:])} arrays along other axes")
    settings = [f"{key} = {value}" for key, value in _settings(result.specification)]
    lines += [_filled("  from ", settings)] if settings else []
    lines += [f"  {note}" for note in _notes(result)]
    return "\n".join(line.rstrip() if len(line) <= _WIDEST else f"{line[: _WIDEST - 1].rstrip()}…" for line in lines)


def html(result: "Result") -> str:
    """The same as a table."""
    rows = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in _rows(result)
    )
    head = "".join(f"<th style='text-align:left'>{name}</th>" for name in ("", "value", "unit", "meaning"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    arrays = [f"<b>{escape(axes)}</b>: {escape(', '.join(names))}" for axes, names in _arrays(result)]
    settings = [f"{escape(key)} = {escape(value)}" for key, value in _settings(result.specification)]
    notes = "".join(f"<p>{escape(note)}</p>" for note in _notes(result))
    folded = _folded("Arrays", arrays) + _folded("Specification", settings)
    return f"<div><p><b>{escape(_title(result))}</b></p>{table}{folded}{notes}</div>"


def _folded(summary: str, items: list[str]) -> str:
    listed = "".join(f"<li>{item}</li>" for item in items)
    return f"<details><summary>{summary}</summary><ul>{listed}</ul></details>" if items else ""


def _title(result: "Result") -> str:
    kind = result.experiment.replace("_", " ")
    return result.title if result.title.lower().startswith(kind) else f"{result.title} ({kind})"


def _rows(result: "Result") -> list[_Row]:
    """Every single number, and the first of what there is for each mode."""
    rows: list[_Row] = []
    parts = {
        f"{name}{part.suffix}"
        for name in result.arrays
        for part in ESTIMATE_PARTS.values()
        if part.suffix and all(f"{name}{other.suffix}" in result.arrays for other in ESTIMATE_PARTS.values())
    }
    errors = {array.quantity.error for array in result.arrays.values()}
    for name, array in result.arrays.items():
        quantity, value = array.quantity, None
        if name in parts or name in errors or array.dtype.kind not in "fiub":
            continue
        if f"{name}_reason" in parts:
            found = result.estimate(name)
            while found is not None and not isinstance(found, Estimate):
                found = (*found[:1], None)[0]
            value = None if found is None else _estimate(found)
        elif array.ndim == 0:
            error = result.arrays.get(quantity.error or "")
            value = number(float(array), _DIGITS) if error is None else value_with_error(float(array), float(error))
        if value is not None:
            first = " (first)" if array.ndim else ""
            rows.append(_Row(name + first, value, quantity.unit if quantity.unit != "1" else "", quantity.meaning))
    return rows[:_MOST_NUMBERS]


def value_with_error(value: float, error: float) -> str:
    """0.96684 ± 2 × 10⁻⁶; very large and small numbers share their power of ten: (1.8354 ± 0.0002) × 10⁻⁹."""
    if not (math.isfinite(value) and math.isfinite(error) and value and error > 0):
        return number(value, _DIGITS)
    written = with_error(value, error, _MOST_DECIMALS)
    if "×" not in written:
        return f"{written} ± {number(error, 2)}"
    power = math.floor(math.log10(max(abs(value), error)))
    decimals = min(max(power - math.floor(math.log10(error)), 0), _MOST_DECIMALS)
    both = " ± ".join(f"{one / 10.0**power:.{decimals}f}" for one in (value, error))
    return f"({both.replace('-', '−')})\u00a0×\u00a0{power_of_ten(power)}"


def _estimate(found: Estimate) -> str:
    if found.value is None:
        return "not identifiable"
    interval = "" if found.low is None or found.high is None else f" [{number(found.low, 4)}, {number(found.high, 4)}]"
    return f"{number(found.value, 5)}{interval}" + ("" if found.identifiable else " not identifiable")


def _arrays(result: "Result") -> list[tuple[str, list[str]]]:
    """Axes with their lengths, and the names of the arrays along them, but for the axes' own."""
    along: dict[str, list[str]] = {}
    for name, array in result.arrays.items():
        is_part = any(name.endswith(part.suffix) for part in ESTIMATE_PARTS.values() if part.suffix)
        if array.ndim and not is_part and array.dims != (name,):
            axes = f"{' × '.join(array.dims)} ({' × '.join(map(str, array.shape))})"
            along.setdefault(axes, []).append(name)
    return list(along.items())


def _filled(start: str, items: list[str]) -> str:
    """As many items as a line holds, and how many more there are."""
    for shown in range(len(items), 0, -1):
        more = f" and {len(items) - shown} more" if shown < len(items) else ""
        line = f"{start}{', '.join(items[:shown])}{more}"
        if len(line) <= _WIDEST:
            return line
    return f"{start}{', '.join(items)}"


def _settings(contents: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """What was asked for, by dotted keys; without what was left out, and the name."""
    for key, value in contents.items():
        if isinstance(value, Mapping):
            yield from _settings(value, f"{prefix}{key}.")
        elif value is not None and f"{prefix}{key}" != "name":
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            written = number(value, _DIGITS) if is_number else str(value)
            yield f"{prefix}{key}", written if len(written) <= _LONGEST_SETTING else f"{written[:_LONGEST_SETTING]}…"


# Quantities whose words say why a place of the result has no numbers.
_REASONS = ("reason", "failure")


def _notes(result: "Result") -> list[str]:
    """Unit of time, warnings, and why numbers are missing."""
    import json

    unit, said = result.attrs.get("time_unit"), result.attrs.get("notes", "[]")
    notes = json.loads(said) if isinstance(said, str) else list(said)
    lines = [f"Unit of time T: {unit}" + (f"; scheme: {result.attrs['scheme']}" if "scheme" in result.attrs else "")]
    reasons = {
        str(array.values) for name, array in result.arrays.items()
        if name.endswith("_reason") and array.ndim == 0 and not np.any(result[f"{name[:-7]}_identifiable"].values)
    }  # fmt: skip
    missing = [str(why) for name in _REASONS if name in result for why in np.unique(result[name].values) if why]
    found = [*notes, *sorted(reasons), *missing]
    more = [f"… and {len(found) - _MOST_NOTES} more"] if len(found) > _MOST_NOTES else []
    return (lines if unit else []) + [f"Note: {note}" for note in found[:_MOST_NOTES]] + more
