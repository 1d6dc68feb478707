"""All figures of a study, each a pure function of its results."""

import xarray as xr

from cosmograd.report.figures.error_figure import error_figure
from cosmograd.report.figures.error_overview_figure import error_overview_figure
from cosmograd.report.figures.expansion_figure import expansion_figure
from cosmograd.report.figures.figure_style import PREDICTION_STYLES, figure_style
from cosmograd.report.figures.kernel_drift_figure import kernel_drift_figure
from cosmograd.report.figures.loss_figure import loss_figure
from cosmograd.report.figures.mass_spectrum_figure import mass_spectrum_figure
from cosmograd.report.figures.mode_figure import background_figure, perturbations_figure
from cosmograd.report.figures.report_figure import ReportFigure, svg_text
from cosmograd.report.study_points import points_of, shown_points

__all__ = ["PREDICTION_STYLES", "ReportFigure", "study_figures", "svg_text"]


def study_figures(results: xr.Dataset) -> list[ReportFigure]:
    """The figures in the order of the page; those without anything to show are left out."""
    points = points_of(results)
    shown = shown_points(points)
    with figure_style():
        figures = [
            error_overview_figure(results, points),
            background_figure(points, shown),
            perturbations_figure(points, shown),
            error_figure(points, shown),
            loss_figure(points, shown),
            mass_spectrum_figure(points, shown),
            expansion_figure(points, shown),
            kernel_drift_figure(points, shown),
        ]
    return [figure for figure in figures if figure is not None]
