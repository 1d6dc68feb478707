"""Where each order of the effective theory holds: its error over learning rate and width."""

import numpy as np

from cosmograd.experiments.training.analysis.study import study_of
from cosmograd.experiments.training.analysis.swept_keys import value_text
from cosmograd.experiments.training.analysis.validity import ErrorMaps, error_maps
from cosmograd.figures import PREDICTION_STYLES, Axis, Figure, Map, Mark, Note, Panel, figure
from cosmograd.results import Result
from cosmograd.results.number_format import error

_FLOOR, _CEILING = 1e-4, 1.0
# Numbers are written into the cells of maps of up to this many columns; smaller ones than _SMALL with an exponent.
_MOST_COLUMNS, _SMALL = 8, 1e-3
# Cells of larger errors are too dark for black type.
_DARK = 0.012
# Inches, of a row of panels and of a row of cells; a map has as many rows at least as _LEAST_ROWS.
_BESIDE_CELLS, _CELL, _LEAST_ROWS = 0.55, 0.32, 3


@figure("validity-map", needs=("relative_error",))
def validity_map(result: Result) -> Figure | None:
    """A map for each prediction over ηλ_max and width; None unless both were swept together."""
    maps = error_maps(study_of(result), tuple(PREDICTION_STYLES))
    if maps is None:
        return None
    columns = [(place + 0.5, value_text(rate)) for place, rate in enumerate(maps.rates.tolist())]
    rows = [(place + 0.5, f"{width:g}") for place, width in enumerate(maps.widths)]
    panels = [
        Panel(
            _marks(maps, place),
            Axis(r"$\eta\lambda_{max}$" if place > 1 else "", ticks=columns, tick_marks=False),
            Axis("width" if place % 2 == 0 else "", ticks=rows, tick_marks=False),
            style.name,
        )
        for place, style in enumerate(PREDICTION_STYLES.values())
    ]
    return Figure(
        "validity-map",
        "Where each prediction holds",
        panels,
        f"Median relative error over learning rate and width{f' ({maps.label})' if maps.label else ''}. The "
        "stroboscopic prediction is exact in the step and leaves the drift of the kernel, which falls with the width.",
        "Four maps over learning rate and width: the median relative error of gradient flow, second-order effective "
        "theory, stroboscopic and drifting-kernel prediction.",
        grid=(2, 2),
        height=_BESIDE_CELLS + _CELL * max(len(maps.widths), _LEAST_ROWS),
        bar=("cividis_r", _FLOOR, _CEILING, True, (), "median relative error"),
    )


def _marks(maps: ErrorMaps, which: int) -> list[Mark]:
    errors = maps.errors[which]
    x, y = np.arange(len(maps.rates) + 1), np.arange(len(maps.widths) + 1)
    shown = np.clip(errors, _FLOOR, _CEILING).T
    marks: list[Mark] = [Map(x, y, shown, "cividis_r", _FLOOR, _CEILING, True, bar=None, edges="white")]
    if len(maps.rates) > _MOST_COLUMNS:
        return marks
    for (row, column), value in np.ndenumerate(errors):
        colour = "white" if np.isfinite(value) and value > _DARK else "black"
        marks.append(
            Note(_in_a_cell(value), column + 0.5, row + 0.5, anchor=("center", "center"), size=6.0, colour=colour)
        )
    return marks


def _in_a_cell(value: float) -> str:
    """Short enough for a narrow cell."""
    if not 0 < value < _SMALL:
        return error(value)
    digit, power = f"{value:.0e}".split("e")
    return f"{digit}e−{abs(int(power))}"
