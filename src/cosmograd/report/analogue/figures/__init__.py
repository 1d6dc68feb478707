"""All figures of an analogue, each a pure function of its results."""

from collections.abc import Callable

import xarray as xr

from cosmograd.report.analogue.figures.analogue_data import (
    field_names,
    is_ensemble,
    modes_in_words,
    specification,
)
from cosmograd.report.analogue.figures.field_animation import field_animation
from cosmograd.report.analogue.figures.mode_errors_figure import mode_errors_figure
from cosmograd.report.analogue.figures.modes_figure import modes_figure, phase_portrait_figure
from cosmograd.report.analogue.figures.scaling_figure import scaling_figure
from cosmograd.report.analogue.figures.space_figure import space_figure
from cosmograd.report.analogue.figures.spectrum_figure import power_history_figure, spectrum_figure
from cosmograd.report.parts import ReportFigure, figure_style

__all__ = [
    "ANALOGUE_FIGURES",
    "analogue_figures",
    "field_animation",
    "field_names",
    "is_ensemble",
    "modes_in_words",
    "specification",
]

ANALOGUE_FIGURES = (
    "spectrum",
    "power-history",
    "modes",
    "mode-errors",
    "phase-portraits",
    "field-in-space",
    "error-scaling",
)
"""The names of all figures that an analogue can have."""

_ALL: tuple[Callable[[xr.Dataset], ReportFigure | None], ...] = (
    spectrum_figure,
    power_history_figure,
    modes_figure,
    mode_errors_figure,
    phase_portrait_figure,
    space_figure,
    scaling_figure,
)


def analogue_figures(results: xr.Dataset, progress: Callable[[float], None] | None = None) -> list[ReportFigure]:
    """The figures in the order of the page; those without anything to show are left out.

    progress: called with the fraction of the work done since the last call.
    """
    figures = []
    with figure_style():
        for draw in _ALL:
            figures.append(draw(results))
            if progress is not None:
                progress(1 / len(_ALL))
    return [figure for figure in figures if figure is not None]
