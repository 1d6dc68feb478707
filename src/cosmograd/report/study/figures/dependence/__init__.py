"""The dependence report: figures of a study's points together, over its hyperparameters."""

from collections.abc import Sequence

import xarray as xr

from cosmograd.report.parts import ReportFigure
from cosmograd.report.study.dependence import dependence_slopes, measured_onsets
from cosmograd.report.study.figures.dependence.catapult_figure import catapult_figure
from cosmograd.report.study.figures.dependence.dependence_figure import dependence_figures
from cosmograd.report.study.figures.dependence.limit_figures import limit_figures
from cosmograd.report.study.figures.dependence.regime_map_figure import regime_map_figure
from cosmograd.report.study.figures.dependence.validity_map_figure import validity_map_figure
from cosmograd.report.study.study_points import ReportPoint
from cosmograd.report.study.swept_keys import swept_keys

__all__ = ["dependence_report_figures"]


def dependence_report_figures(results: xr.Dataset, points: Sequence[ReportPoint]) -> list[ReportFigure]:
    """All that a sweep shows of the dependence on its keys; empty for a single point."""
    if len(points) < 2:
        return []
    keys = swept_keys(results)
    slopes, onsets = dependence_slopes(results, keys), measured_onsets(results, keys)
    drawn = [
        *dependence_figures(results, keys, slopes),
        validity_map_figure(results, keys, points),
        regime_map_figure(results, onsets),
        catapult_figure(points),
        *limit_figures(results, points, slopes),
    ]
    return [figure for figure in drawn if figure is not None]
