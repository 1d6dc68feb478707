"""Study files as sweeps of trainings."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from cosmograd.experiments import experiment
from cosmograd.experiments.training.specification import Specification
from cosmograd.figures import Figure
from cosmograd.report.result_report import page_text_of
from cosmograd.results import Result
from cosmograd.runs.point_combination import combine_points
from cosmograd.runs.points import Point, Sweep, parse_sweep
from cosmograd.runs.sweep import MOST_POINTS

TRAINING = experiment("training")


def parse_study(contents: Mapping[str, Any], most_points: int = MOST_POINTS) -> Sweep:
    return parse_sweep(TRAINING, contents, most_points)


def study_points(sweep: Sweep) -> list[Point]:
    return sweep.points()


def only_point(contents: Mapping[str, Any]) -> Specification:
    (point,) = parse_study(contents).points()
    assert isinstance(point.specification, Specification)
    return point.specification


def all_points(
    points: Sequence[xr.Dataset | None], labels: Sequence[Mapping[str, Any]], failures: Sequence[str] | None = None
) -> xr.Dataset:
    """All points as a study's results have them."""
    return combine_points(points, labels, failures, TRAINING.described)


def figures_of(results: xr.Dataset) -> list[Figure]:
    """Figures of a study as data, in the order of the page."""
    result = result_of(results)
    return [figure for rule in TRAINING.figures for figure in rule.figures(result)]


def page_of(results: xr.Dataset) -> str:
    """The page as HTML with empty pictures; no figure is drawn."""
    return page_text_of(result_of(results), [(figure, "<svg/>") for figure in figures_of(results)])


def result_of(results: xr.Dataset) -> Result:
    """As a study returns it."""
    return Result.from_xarray(results.assign_attrs(experiment="training"))
