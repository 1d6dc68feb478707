"""All figures of a universe, each a pure function of its results."""

from collections.abc import Callable

import xarray as xr

from cosmograd.report.parts import ReportFigure, figure_style
from cosmograd.report.universe.figures.field_space_figure import field_space_figure
from cosmograd.report.universe.figures.freeze_out_figure import distance_from_spectrum, freeze_out_figure
from cosmograd.report.universe.figures.inflation_figure import inflation_figure
from cosmograd.report.universe.figures.phase_portrait_figure import phase_portrait_figure
from cosmograd.report.universe.figures.potential_figure import potential_figure
from cosmograd.report.universe.figures.spectator_figure import spectator_figure
from cosmograd.report.universe.figures.spectra_figure import spectra_figure
from cosmograd.report.universe.figures.transfer_figure import transfer_figure
from cosmograd.report.universe.figures.universe_data import energy_name, field_names, fields_of, specification

__all__ = [
    "UNIVERSE_FIGURES",
    "distance_from_spectrum",
    "energy_name",
    "field_names",
    "fields_of",
    "is_test_field",
    "specification",
    "universe_figures",
]

UNIVERSE_FIGURES = (
    "potential",
    "field-space",
    "phase-portrait",
    "expansion",
    "freeze-out",
    "spectra",
    "isocurvature-transfer",
    "test-field",
)
"""The names of all figures that a universe can have."""

_OF_INFLATION: tuple[Callable[[xr.Dataset], ReportFigure | None], ...] = (
    potential_figure,
    field_space_figure,
    phase_portrait_figure,
    inflation_figure,
    freeze_out_figure,
    spectra_figure,
    transfer_figure,
)


def is_test_field(results: xr.Dataset) -> bool:
    """Whether these are the results of a test field, not of inflation."""
    return "mode_real" in results


def universe_figures(results: xr.Dataset, progress: Callable[[float], None] | None = None) -> list[ReportFigure]:
    """The figures in the order of the page; those without anything to show are left out.

    progress: called with the fraction of the work done since the last call.
    """
    draw_all = (spectator_figure,) if is_test_field(results) else _OF_INFLATION
    figures = []
    with figure_style():
        for draw in draw_all:
            figures.append(draw(results))
            if progress is not None:
                progress(1 / len(draw_all))
    return [figure for figure in figures if figure is not None]
