"""How a result looks at a prompt and in a notebook: its numbers with errors and units, and which arrays it holds."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from cosmograd.results.estimate import ESTIMATE_PARTS, Estimate
from cosmograd.results.number_format import number, with_error

if TYPE_CHECKING:
    from cosmograd.results.result import Result

_MOST_NUMBERS, _MOST_ENTRIES, _MOST_NOTES, _WIDEST = 24, 4, 5, 118
_DIGITS = 6


def text(result: "Result") -> str:
    """One screen."""
    rows = _rows(result)
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = [_title(result)]
    lines += ["  " + "  ".join([c.ljust(w) for c, w in zip(row, widths, strict=False)] + [row[3]]) for row in rows]
    lines += [f"  {along}: {names}" for along, names in _arrays(result)]
    lines += [f"  {note}" for note in _notes(result)]
    return "\n".join(line.rstrip() if len(line) <= _WIDEST else f"{line[: _WIDEST - 1].rstrip()}…" for line in lines)


def html(result: "Result") -> str:
    """The same as a table."""
    rows = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in _rows(result)
    )
    head = "".join(f"<th style='text-align:left'>{name}</th>" for name in ("", "value", "unit", "meaning"))
    arrays = "".join(f"<li><b>{escape(along)}</b>: {escape(names)}</li>" for along, names in _arrays(result))
    notes = "".join(f"<p>{escape(note)}</p>" for note in _notes(result))
    return (
        f"<div><p><b>{escape(_title(result))}</b></p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<details><summary>Arrays</summary><ul>{arrays}</ul></details>{notes}</div>"
    )


def _title(result: "Result") -> str:
    kind = result.experiment.replace("_", " ")
    return result.title if result.title.lower().startswith(kind) else f"{result.title} ({kind})"


def _rows(result: "Result") -> list[tuple[str, str, str, str]]:
    """name, value with its error or interval, unit, meaning: of every single number, and of the first modes."""
    rows: list[tuple[str, str, str, str]] = []
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
            found = found if isinstance(found, Estimate) else (*found[:1], None)[0]
            value = None if found is None else _estimate(found)
        elif array.ndim == 0:
            error = result.arrays.get(quantity.error or "")
            value = number(float(array), _DIGITS) if error is None else _with_error(float(array), float(error))
        if value is not None:
            first = " (first)" if array.ndim else ""
            rows.append((name + first, value, quantity.unit if quantity.unit != "1" else "", quantity.meaning))
    return rows[:_MOST_NUMBERS]


def _with_error(value: float, error: float) -> str:
    return f"{with_error(value, error, 9)} ± {number(error, 2)}"


def _estimate(found: Estimate) -> str:
    if found.value is None:
        return "not identifiable"
    interval = "" if found.low is None or found.high is None else f" [{number(found.low, 4)}, {number(found.high, 4)}]"
    return f"{number(found.value, 5)}{interval}" + ("" if found.identifiable else " not identifiable")


def _arrays(result: "Result") -> list[tuple[str, str]]:
    """Axes with their lengths, and the names of the arrays along them."""
    along: dict[str, list[str]] = {}
    for name, array in result.arrays.items():
        if array.ndim and not any(name.endswith(part.suffix) for part in ESTIMATE_PARTS.values() if part.suffix):
            axes = " × ".join(f"{length} {axis}" for axis, length in zip(array.dims, array.shape, strict=True))
            along.setdefault(axes, []).append(name)
    return [(axes, _some(names)) for axes, names in along.items()]


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_ENTRIES
    return ", ".join(names[:_MOST_ENTRIES]) + (f" and {more} more" if more > 0 else "")


def _notes(result: "Result") -> list[str]:
    """Unit of time, and warnings."""
    import json

    unit, said = result.attrs.get("time_unit"), result.attrs.get("notes", "[]")
    notes = json.loads(said) if isinstance(said, str) else list(said)
    lines = [f"Unit of time T: {unit}" + (f"; scheme: {result.attrs['scheme']}" if "scheme" in result.attrs else "")]
    reasons = {
        str(array.values) for name, array in result.arrays.items()
        if name.endswith("_reason") and array.ndim == 0 and not np.any(result[f"{name[:-7]}_identifiable"].values)
    }  # fmt: skip
    return (lines if unit else []) + [f"Note: {note}" for note in [*notes, *sorted(reasons)][:_MOST_NOTES]]
