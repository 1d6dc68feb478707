"""The error of every mode on its way."""

import numpy as np
import xarray as xr
from matplotlib.lines import Line2D

from cosmograd.report.analogue.figures.analogue_data import (
    large_modes,
    modes_in_words,
    passing_time,
    shown_modes,
    spaced_updates,
    whose,
)
from cosmograd.report.parts import (
    POINT_STYLES,
    ReportFigure,
    count,
    error,
    legend_below,
    limits_of_logarithmic_axis,
    number,
    panels,
    use_logarithmic_axis,
)

# Far below the largest error there is only how the first updates begin.
_DECADES = 1e-6
_MARKERS = 13
# Points of curves that only show where all the others are.
_THIN = 120


def mode_errors_figure(results: xr.Dataset) -> ReportFigure:
    """Distance of each mode to the direct solution by e-folds."""
    (x, label), large = passing_time(results), large_modes(results)
    errors = results["error_of_modes"].values
    modes = list(dict.fromkeys(mode.mode for mode in shown_modes(results, len(POINT_STYLES))))
    names = results["mode"].values
    figure, (axis,) = panels(1)
    thin = np.linspace(1, len(x) - 1, min(len(x) - 1, _THIN)).round().astype(int)
    axis.plot(x[thin], np.delete(errors[thin], modes, axis=1), color="#bbbbbb", lw=0.6)
    handles = []
    for place, (mode, style) in enumerate(zip(modes, POINT_STYLES, strict=False)):
        marks = spaced_updates(results, _MARKERS * len(modes))[1 + place :: len(modes)]
        axis.plot(
            x[1:], errors[1:, mode], color=style.colour, marker=style.marker, mfc="white",
            markevery=(marks[marks > 0] - 1).tolist(),
        )  # fmt: skip
        handles.append(Line2D([], [], color=style.colour, marker=style.marker, mfc="white", label=str(names[mode])))
    if large.sum() > len(modes):
        handles.append(Line2D([], [], color="#bbbbbb", lw=0.6, label="other modes"))
    largest = float(np.nanmax(errors))
    use_logarithmic_axis(axis, limits_of_logarithmic_axis([errors[1:]], floor=_DECADES * largest))
    axis.set(xlabel=label, ylabel="error of a mode")
    legend_below(figure, handles)
    mode, update = np.unravel_index(int(np.nanargmax(errors.T)), errors.T.shape)
    return ReportFigure(
        "mode-errors",
        "The error of every mode",
        figure,
        f"Distance between {whose(results)} and the direct solution for {modes_in_words(results)}, each in units of "
        "the r.m.s. size that modes of its |k| have at that time, √(q² + q̇²/ω²) with ω² = k²/a² + m² + H². The largest "
        f"is {error(largest)}, of {names[mode]} at {_where(label)} = {number(x[update])}.{_left_out(large)}",
        "Errors of the modes against the e-folds, on a logarithmic scale.",
        ("e_folds", "time", "error_of_modes"),
    )


def _left_out(large: np.ndarray) -> str:
    if large.all():
        return ""
    are = "is" if (~large).sum() == 1 else "are"
    return f" {count(int((~large).sum()), 'mode')} that never exceed a thousandth of the largest {are} left out."


def _where(label: str) -> str:
    return label.split()[-1]
