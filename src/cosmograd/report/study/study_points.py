"""The points of a study one by one: their names, their own data without padding, and which of them figures show."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from cosmograd.experiments.training.quantities import FULL_BATCH
from cosmograd.report.parts import count, number, span
from cosmograd.report.study.member_statistics import median
from cosmograd.report.study.swept_keys import labels_in_words, swept_keys

# Figures with a panel or a colour for each point show so many points at most.
SHOWN_POINTS = 6

# With more points than this, figures of single points tell nothing of the whole, and the page holds the overview, the
# errors of all points and the universes of some.
MANY_POINTS = 200

# Entries along a dimension are padding where this variable is NaN throughout.
_TELLS_PADDING = {
    "record": "e_folds",
    "update": "learning_rate_schedule",
    "mode": "eigenvalue",
    "member": "diverged_at",
    "snapshot": "kernel_drift",
    "point": "target",
    "leading_mode": "mode_background",
}


class ReportPoint(NamedTuple):
    """One point of the study.

    number: as in the results, from 0; label: its swept keys with their values, or empty; data: without padding;
    intact: which members did not diverge.
    """

    number: int
    label: str
    data: xr.Dataset
    intact: np.ndarray

    @property
    def title(self) -> str:
        """The label, or a general name where nothing was swept."""
        return self.label or "this study"

    def of_intact(self, name: str, **where: object) -> np.ndarray:
        """A variable of the members that did not diverge, members first."""
        return self.data[name].sel(where).transpose("member", ...).values[self.intact]

    def typical(self, name: str, **where: object) -> float:
        """Median of a number over the members that did not diverge; NaN when there is none."""
        values = self.of_intact(name, **where)
        return float(median(values)) if len(values) else math.nan

    def value(self, name: str, **where: object) -> float:
        """A single number."""
        return float(self.data[name].sel(where))

    def setting(self, name: str, otherwise: str = "") -> str:
        """A setting of the point, whether all points share it or not; `otherwise` where it was not written."""
        return str(self.data[name].item() if name in self.data else self.data.attrs.get(name, otherwise))

    @property
    def by_minibatches(self) -> bool:
        """Whether updates see some of the points only, which the predictions do not."""
        return self.setting("sampling", FULL_BATCH) != FULL_BATCH

    @property
    def scheduled(self) -> bool:
        """Whether learning rate or momentum change during training."""
        return self.data["schedule"].item() != "constant"

    @property
    def looks_ahead(self) -> bool:
        """Whether the gradient is taken at the extrapolated point: stiff modes then feel more than H."""
        return self.data["method"].item() == "nesterov"

    @property
    def own_eta_lambda_max(self) -> np.ndarray:
        """ηλ_max of each member's own initial kernel, η the learning rate that was asked for."""
        largest = self.data["kernel_eigenvalues"].isel(snapshot=0, mode=0).transpose("member").values
        return self.value("base_learning_rate") * largest

    @property
    def eta_lambda(self) -> np.ndarray:
        """ηλ of every mode at the update that constants and masses belong to."""
        return self.data["eta_lambda"].values


def finished_points(results: xr.Dataset) -> xr.Dataset:
    """The results without the points that failed."""
    if "failure" not in results:
        return results
    return results.isel(study_point=np.flatnonzero(results["failure"].values.astype(str) == ""))


def failures_in_words(results: xr.Dataset) -> list[str]:
    """Every point that failed, with its swept keys and the reason."""
    if "failure" not in results:
        return []
    reasons, labels = results["failure"].values.astype(str), _labels(results)
    sentences = []
    for index in np.flatnonzero(reasons != ""):
        sentences.append(f"Point {index}{f' ({labels[index]})' if labels[index] else ''}: {reasons[index]}")
    return sentences


def points_of(results: xr.Dataset) -> list[ReportPoint]:
    """All points of a study that did not fail."""
    results = finished_points(results)
    return [_point(results, number, label) for number, label in enumerate(_labels(results))]


def shown_points(points: Sequence[ReportPoint]) -> list[ReportPoint]:
    """All points, or of many those at equal steps in the rank of their stroboscopic error, from best to worst."""
    if len(points) <= SHOWN_POINTS:
        return list(points)
    errors = np.array([point.typical("relative_error", prediction="stroboscopic") for point in points])
    ranked = np.argsort(np.where(np.isnan(errors), np.inf, errors), kind="stable")
    steps = np.rint(np.linspace(0, len(points) - 1, SHOWN_POINTS)).astype(int)
    return [points[index] for index in sorted(ranked[steps])]


def selection_in_words(shown: int, all_points: int) -> str:
    """A sentence for captions of figures that show some points only; empty when all are shown."""
    if shown == all_points:
        return ""
    return (
        f" Of the study's {all_points} points, {shown} are shown: equal steps in the rank of the stroboscopic "
        "prediction's error, from the best to the worst."
    )


def exactness_in_words(points: Sequence[ReportPoint]) -> str:
    """How well the leapfrog scheme describes the updates."""
    if any(point.looks_ahead for point in points):
        return "whose steps Nesterov's updates are with a friction and a mass of each mode's own"
    return "whose steps these updates are exactly"


def left_out_of_theory(points: Sequence[ReportPoint]) -> str:
    """What predictions of full batches at a fixed kernel leave out."""
    stirred = [point.by_minibatches for point in points]
    if not any(stirred):
        return "finite width"
    return "finite width and the noise of minibatches" + ("" if all(stirred) else " where batches are not full")


def reference_in_words(points: Sequence[ReportPoint]) -> str:
    """When the constants hold: text to follow them; empty where nothing changes during training."""
    return " halfway through the run" if any(point.scheduled for point in points) else ""


def beyond_the_limit_in_words(points: Sequence[ReportPoint]) -> str:
    """A sentence on networks that learned although the linear theory says they cannot; empty when there are none."""
    found, largest, limits, kept = 0, 0.0, set(), []
    for point in points:
        own, limit = point.own_eta_lambda_max, point.value("largest_stable_eta_lambda")
        beyond = point.intact & (own > limit)
        if beyond.any():
            found += int(beyond.sum())
            largest = max(largest, float(own[beyond].max()))
            limits.add(limit)
            eigenvalues = point.data["kernel_eigenvalues"].isel(mode=0).transpose("member", "snapshot").values[beyond]
            kept += list(eigenvalues[:, -1] / eigenvalues[:, 0])
    if not found:
        return ""
    one = found == 1
    return (
        f" {count(found, 'network')} {'starts' if one else 'start'} beyond the limit of the linear theory by "
        f"{'its' if one else 'their'} own kernel{'' if one else 's'} (ηλ_max up to {number(largest)} against "
        f"{span(limits)}): {'its' if one else 'their'} stroboscopic prediction{' grows' if one else 's grow'} "
        f"without bound, and with {'it' if one else 'them'} the means over the ensemble. Training itself did not "
        f"diverge: the kernel moved, and λ_max ended at {span(kept, 2)} of its start."
    )


def _point(results: xr.Dataset, index: int, label: str) -> ReportPoint:
    data = results.isel(study_point=index)
    kept = {}
    for dimension, name in _TELLS_PADDING.items():
        if name in data and dimension in data.sizes:
            known = data[name].notnull()
            kept[dimension] = np.flatnonzero(known.any([other for other in known.dims if other != dimension]).values)
    data = data.isel(
        {dimension: indices for dimension, indices in kept.items() if len(indices) < data.sizes[dimension]}
    )
    return ReportPoint(int(data["study_point"]), label, data, data["diverged_at"].values < 0)


def _labels(results: xr.Dataset) -> list[str]:
    """Of every point; empty where nothing was swept."""
    keys = swept_keys(results)
    if not keys:
        return [""] * results.sizes["study_point"]
    return labels_in_words({key: results[key].values.tolist() for key in keys})
