"""The error of every mode on its way."""

import numpy as np

from cosmograd.experiments.network_universe.figures.shown import (
    large_modes,
    modes_in_words,
    passing_time,
    shown_modes,
    spaced_updates,
    whose,
)
from cosmograd.figures import (
    POINT_STYLES,
    Axis,
    Figure,
    LegendEntry,
    Line,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
)
from cosmograd.results import Result
from cosmograd.results.number_format import count, error, number

# Far below the largest error there is only how the first updates begin.
_DECADES = 1e-6
_MARKERS = 13
# Points of curves that only show where all the others are.
_THIN = 120
_OTHERS = "#bbbbbb"


@figure("mode-errors", needs=("e_folds", "time", "error_of_modes", "direct_fields"))
def mode_errors(result: Result) -> Figure:
    """Distance of each mode to the direct solution by e-folds."""
    (x, label), large = passing_time(result), large_modes(result)
    errors, names = result["error_of_modes"].values, result["mode"].values
    modes = list(dict.fromkeys(mode.mode for mode in shown_modes(result, len(POINT_STYLES))))
    thin = np.linspace(1, len(x) - 1, min(len(x) - 1, _THIN)).round().astype(int)
    marks, legend = [Line(x[thin], np.delete(errors[thin], modes, axis=1), _OTHERS, width=0.6)], []
    for place, (mode, style) in enumerate(zip(modes, POINT_STYLES, strict=False)):
        some = spaced_updates(result, _MARKERS * len(modes))[1 + place :: len(modes)]
        every = some[some > 0] - 1
        marks.append(Line(x[1:], errors[1:, mode], style.colour, marker=style.marker, fill="white", every=every))
        legend.append(LegendEntry(str(names[mode]), style.colour, marker=style.marker, fill="white"))
    if large.sum() > len(modes):
        legend.append(LegendEntry("other modes", _OTHERS, width=0.6))
    limits = limits_of_logarithmic_axis([errors[1:]], floor=_DECADES * float(np.nanmax(errors)))
    return Figure(
        "mode-errors",
        "The error of every mode",
        [Panel(marks, Axis(label), logarithmic_axis("error of a mode", limits))],
        _caption(result, errors, large, label.split()[-1]),
        "Errors of the modes against the e-folds, on a logarithmic scale.",
        ("e_folds", "time", "error_of_modes"),
        legend,
    )


def _caption(result: Result, errors: np.ndarray, large: np.ndarray, symbol: str) -> str:
    mode, update = np.unravel_index(int(np.nanargmax(errors.T)), errors.T.shape)
    x, _ = passing_time(result)
    return (
        f"Distance between {whose(result)} and the direct solution for {modes_in_words(result)}, each in units of "
        "the r.m.s. size that modes of its |k| have at that time, √(q² + q̇²/ω²) with ω² = k²/a² + m² + H². The largest "
        f"is {error(errors[update, mode])}, of {result['mode'].values[mode]} at {symbol} = {number(x[update])}."
        f"{_left_out(large)}"
    )


def _left_out(large: np.ndarray) -> str:
    if large.all():
        return ""
    are = "is" if (~large).sum() == 1 else "are"
    return f" {count(int((~large).sum()), 'mode')} that never exceed a thousandth of the largest {are} left out."
