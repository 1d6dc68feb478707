"""All figures of a study, each a pure function of its results."""

from collections.abc import Callable, Sequence

import xarray as xr

from cosmograd.report.parts import ReportFigure, figure_style
from cosmograd.report.study.figures.dependence import dependence_report_figures
from cosmograd.report.study.figures.error_figure import error_figure
from cosmograd.report.study.figures.error_overview_figure import error_overview_figure
from cosmograd.report.study.figures.expansion_figure import expansion_figure
from cosmograd.report.study.figures.kernel_drift_figure import kernel_drift_figure
from cosmograd.report.study.figures.loss_figure import loss_figure
from cosmograd.report.study.figures.mass_spectrum_figure import mass_spectrum_figure
from cosmograd.report.study.figures.mode_figure import background_figure, perturbations_figure
from cosmograd.report.study.figures.noise_figure import noise_figure, point_noise_figure
from cosmograd.report.study.study_points import MANY_POINTS, finished_points, points_of, shown_points

__all__ = ["noise_figure", "study_figures"]


def study_figures(results: xr.Dataset, progress: Callable[[float], None] | None = None) -> list[ReportFigure]:
    """The figures in the order of the page; those without anything to show are left out.

    Of very many points there are only those that show all of them together.

    progress: called with the fraction of the work done since the last call.
    """
    results = finished_points(results)
    points = points_of(results)
    many = len(points) > MANY_POINTS
    shown = [] if many else shown_points(points)
    draw_all: list[Callable[[], Sequence[ReportFigure | None]]] = [
        lambda: [error_overview_figure(results, points)],
        lambda: dependence_report_figures(results, points),
        lambda: [point_noise_figure(results)],
    ]
    if not many:
        draw_all += [
            lambda: [background_figure(points, shown)],
            lambda: [perturbations_figure(points, shown)],
            lambda: [error_figure(points, shown)],
            lambda: [loss_figure(points, shown)],
            lambda: [mass_spectrum_figure(points, shown)],
            lambda: [expansion_figure(points, shown)],
            lambda: [kernel_drift_figure(points, shown)],
        ]
    figures: list[ReportFigure | None] = []
    with figure_style():
        for draw in draw_all:
            figures += draw()
            if progress is not None:
                progress(1 / len(draw_all))
    return [figure for figure in figures if figure is not None]
