"""A study's result taken apart: its points with their names and their own data, and what is read off all of them."""

import functools
import math
import weakref
from typing import NamedTuple

import numpy as np
import xarray as xr

from cosmograd.experiments.training.analysis.onsets import Onset, measured_onsets
from cosmograd.experiments.training.analysis.slopes import Slope, dependence_slopes
from cosmograd.experiments.training.analysis.swept_keys import labels_in_words, swept_keys
from cosmograd.experiments.training.quantities import FULL_BATCH
from cosmograd.measurement.member_statistics import median
from cosmograd.results import Result

# Figures with a panel or a colour for each point show up to this many points.
SHOWN_POINTS = 6

# Beyond this many points, figures of single points say nothing of the whole, and are left out.
MANY_POINTS = 200

# Entries along a dimension are padding where this variable is NaN throughout.
_SHOWS_PADDING = {
    "record": "e_folds",
    "update": "learning_rate_schedule",
    "mode": "eigenvalue",
    "member": "diverged_at",
    "snapshot": "kernel_drift",
    "point": "target",
    "leading_mode": "mode_background",
}

# Masses below this share of the largest are round-off of the kernel.
RESOLVED = 1e-12


class StudyPoint(NamedTuple):
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

    def values(self, name: str, **where: object) -> np.ndarray:
        """An array."""
        return self.data[name].sel(where).values

    def limit(self, name: str) -> float:
        """By how much the two sides of the duality differ in this limit."""
        return self.value("duality_limit", limit=name)

    def setting(self, name: str, otherwise: str = "") -> str:
        """A setting of the point, whether all points share it or not; `otherwise` where it was not written."""
        return str(self.data[name].item() if name in self.data else self.data.attrs.get(name, otherwise))

    @property
    def by_minibatches(self) -> bool:
        """Whether updates see some of the points only, which the predictions do not."""
        return self.setting("sampling", FULL_BATCH) != FULL_BATCH

    @property
    def linearised(self) -> bool:
        """Whether its networks are replaced by their linear theory."""
        return self.setting("linearised", "no") == "yes"

    @property
    def scheduled(self) -> bool:
        """Whether learning rate or momentum change during training."""
        return self.data["schedule"].item() != "constant"

    @property
    def looks_ahead(self) -> bool:
        """Whether the gradient is taken at the extrapolated point: stiff modes then feel more than H."""
        return self.data["method"].item() == "nesterov"

    @property
    def rate(self) -> float:
        """ηλ_max."""
        return self.value("eta_lambda_max")

    @property
    def own_eta_lambda_max(self) -> np.ndarray:
        """ηλ_max of each member's own initial kernel, η the learning rate that was asked for."""
        largest = self.data["kernel_eigenvalues"].isel(snapshot=0, mode=0).transpose("member").values
        return self.value("base_learning_rate") * largest

    @property
    def share_of_limit(self) -> float:
        """ηλ_max over the largest stable one of the linear theory."""
        return self.rate / self.value("largest_stable_eta_lambda")

    @property
    def first_growth(self) -> np.ndarray:
        """Largest over first loss of every member; of one that diverged, its largest finite loss."""
        loss = self.data["loss"].transpose("member", "record").values
        return np.nanmax(np.where(np.isfinite(loss), loss, np.nan), axis=1) / loss[:, 0]

    @property
    def kept_eigenvalue(self) -> np.ndarray:
        """λ_max at the last snapshot over the first; NaN where the member diverged."""
        largest = self.data["kernel_eigenvalues"].isel(mode=0).transpose("member", "snapshot").values
        return np.where(self.intact, largest[:, -1] / largest[:, 0], np.nan)

    @property
    def kernel_changes(self) -> list[np.ndarray]:
        """Drift, λ_max and trace over their first, entropy less its first: of intact members at each snapshot."""
        drift, trace, entropy = (self.of_intact(name) for name in ("kernel_drift", "kernel_trace", "spectral_entropy"))
        largest = self.of_intact("kernel_eigenvalues")[:, :, 0]
        return [drift, largest / largest[:, :1], trace / trace[:, :1], entropy - entropy[:, :1]]

    @property
    def eta_lambda(self) -> np.ndarray:
        """ηλ of every mode at the update that constants and masses belong to."""
        return self.data["eta_lambda"].values

    @property
    def masses(self) -> np.ndarray:
        """m²/H² of every mode, leapfrog scheme."""
        return self.values("mass_over_hubble_squared", scheme="leapfrog")

    @property
    def resolved(self) -> np.ndarray:
        """Modes whose mass is above round-off of the kernel."""
        return self.masses > RESOLVED * self.masses.max()

    @property
    def misread(self) -> np.ndarray:
        """Modes whose regime the second-order effective theory gets wrong."""
        return self.values("regime") != self.values("continuum_regime")

    @property
    def flipping(self) -> np.ndarray:
        """Modes without a continuum dual: they flip their sign at every update, or grow."""
        return np.isin(self.values("regime"), ["period-two", "unstable"])

    @property
    def total_e_folds(self) -> float:
        """E-folds over the whole run, leapfrog scheme."""
        return float(self.values("e_folds", scheme="leapfrog")[-1])

    @property
    def rate_changes(self) -> bool:
        """Whether the Hubble rate changes during training."""
        rate = self.values("hubble_rate_over_time", scheme="leapfrog")
        return bool(np.ptp(rate) > 1e-9 * np.abs(rate).max())


class Study:
    """A study as figures and page need it: results and points without those that failed."""

    def __init__(self, result: Result) -> None:
        """Take a study's result apart, or that of a single training."""
        results = result.to_xarray()
        if "study_point" not in results.sizes:
            results = results.expand_dims("study_point").assign_coords(study_point=[0])
        self.all_points, self.keys = results, swept_keys(results)
        self.results = finished_points(results)

    @functools.cached_property
    def points(self) -> list[StudyPoint]:
        """All points that did not fail."""
        return [_point(self.results, number, label) for number, label in enumerate(_labels(self.results))]

    @functools.cached_property
    def selected(self) -> list[StudyPoint]:
        """All points, or of many those at equal steps in the rank of their stroboscopic error, from best to worst."""
        points = self.points
        if len(points) <= SHOWN_POINTS:
            return list(points)
        errors = np.array([point.typical("relative_error", prediction="stroboscopic") for point in points])
        ranked = np.argsort(np.where(np.isnan(errors), np.inf, errors), kind="stable")
        steps = np.rint(np.linspace(0, len(points) - 1, SHOWN_POINTS)).astype(int)
        return [points[index] for index in sorted(ranked[steps])]

    @property
    def shown(self) -> list[StudyPoint]:
        """The points that figures of single points show; none of very many."""
        return [] if self.is_large else self.selected

    @property
    def is_large(self) -> bool:
        """Whether there are too many points to show single ones."""
        return len(self.points) > MANY_POINTS

    @functools.cached_property
    def slopes(self) -> list[Slope]:
        """How each quantity depends on each swept number."""
        return dependence_slopes(self.results, self.keys) if len(self.points) > 1 else []

    @functools.cached_property
    def onsets(self) -> list[Onset]:
        """Where training begins to oscillate and to grow."""
        return measured_onsets(self.results, self.keys) if len(self.points) > 1 else []

    @property
    def failures(self) -> list[str]:
        """Every point that failed, with its swept keys and the reason."""
        if "failure" not in self.all_points:
            return []
        reasons, labels = self.all_points["failure"].values.astype(str), _labels(self.all_points)
        return [
            f"Point {index}{f' ({labels[index]})' if labels[index] else ''}: {reasons[index]}"
            for index in np.flatnonzero(reasons != "")
        ]


_STUDIES: "weakref.WeakKeyDictionary[Result, Study]" = weakref.WeakKeyDictionary()


def study_of(result: Result) -> Study:
    """The result taken apart, once for all figures and the page."""
    if result not in _STUDIES:
        _STUDIES[result] = Study(result)
    return _STUDIES[result]


def finished_points(results: xr.Dataset) -> xr.Dataset:
    """The results without the points that failed."""
    if "failure" not in results:
        return results
    return results.isel(study_point=np.flatnonzero(results["failure"].values.astype(str) == ""))


def _point(results: xr.Dataset, index: int, label: str) -> StudyPoint:
    data = results.isel(study_point=index)
    kept = {}
    for dimension, name in _SHOWS_PADDING.items():
        if name in data and dimension in data.sizes:
            known = data[name].notnull()
            kept[dimension] = np.flatnonzero(known.any([other for other in known.dims if other != dimension]).values)
    data = data.isel(
        {dimension: indices for dimension, indices in kept.items() if len(indices) < data.sizes[dimension]}
    )
    return StudyPoint(int(data["study_point"]), label, data, data["diverged_at"].values < 0)


def _labels(results: xr.Dataset) -> list[str]:
    """The label of every point; empty where nothing was swept."""
    keys = swept_keys(results)
    if not keys:
        return [""] * results.sizes["study_point"]
    return labels_in_words({key: results[key].values.tolist() for key in keys})
