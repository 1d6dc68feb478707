"""The error of each prediction over learning rate and width, where a study sweeps both."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from cosmograd.experiments.training.analysis.study import Study
from cosmograd.experiments.training.analysis.swept_groups import Group, groups_of

_RATE, _WIDTH = "optimiser.eta_lambda_max", "network.width"


class ErrorMaps(NamedTuple):
    """Median relative errors (prediction, width, ηλ_max); label: what the points have in common."""

    label: str
    rates: np.ndarray
    widths: np.ndarray
    errors: np.ndarray


def error_maps(study: Study, predictions: tuple[str, ...]) -> ErrorMaps | None:
    """The largest map of points that differ in these two keys alone; None without two values of each."""
    results = study.results
    if not {_RATE, _WIDTH} <= set(study.keys):
        return None
    groups = groups_of(results, study.keys, [_RATE, _WIDTH])
    maps = [group for group in groups if min(len(_values(results, key, group)) for key in (_RATE, _WIDTH)) > 1]
    if not maps:
        return None
    group = max(maps, key=lambda group: len(group.members))
    rates, widths = (_values(results, key, group) for key in (_RATE, _WIDTH))
    cells: dict[tuple[int, int], list[int]] = {}
    for index in group.members:
        rate, width = (float(results[key].values[index]) for key in (_RATE, _WIDTH))
        cells.setdefault((int(np.searchsorted(widths, width)), int(np.searchsorted(rates, rate))), []).append(index)
    errors = np.full((len(predictions), len(widths), len(rates)), np.nan)
    for (row, column), members in cells.items():
        for which, name in enumerate(predictions):
            known = [study.points[index].typical("relative_error", prediction=name) for index in members]
            errors[which, row, column] = np.median(known)
    return ErrorMaps(group.label, rates, widths, errors)


def _values(results: xr.Dataset, key: str, group: Group) -> np.ndarray:
    values = results[key].values[group.members].astype(float)
    return np.unique(values[np.isfinite(values)])
