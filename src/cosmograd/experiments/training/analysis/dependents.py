"""The quantities whose dependence on the swept keys is followed, each with its interval and prediction."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from cosmograd.experiments.training.point_measurement import MEASURED
from cosmograd.experiments.training.point_noise import NOISE
from cosmograd.measurement.member_statistics import mean_with_interval
from cosmograd.results import ESTIMATE_PARTS


class Dependent(NamedTuple):
    """One quantity at every point: its 95 % interval, NaN where nothing can be said, and what theory expects.

    label: as panels name it, with its unit; variable: of the results; no_power: points at which theory itself expects
    no power law, so that no slope is taken over them.
    """

    label: str
    variable: str
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    predicted: np.ndarray
    no_power: np.ndarray | None = None

    @property
    def known(self) -> np.ndarray:
        """The points at which there is a positive value with an interval."""
        return (self.value > 0) & np.isfinite(self.low) & np.isfinite(self.high)


_MEASURED = {
    "hubble_rate": "H  [1/T]",
    "cosmological_constant": "Λ  [1/T²]",
    "e_folds_per_update": "e-folds per update",
    "masses_squared": "m² of the heaviest mode  [1/T²]",
}
# Drifts below are round-off: the kernel of a free network.
_LEAST_DRIFT = 1e-5


def dependent_quantities(results: xr.Dataset) -> dict[str, Dependent]:
    """H, Λ, e-folds and m² where they were measured, the drift of the kernel, and the temperature of minibatches."""
    found: dict[str, Dependent] = {}
    if f"{MEASURED}hubble_rate" in results:
        found |= {name: _measured(results, name, label) for name, label in _MEASURED.items()}
    found["kernel_drift"] = _kernel_drift(results)
    if f"{NOISE}temperature" in results:
        found["noise_temperature"] = _temperature(results)
    return {name: quantity for name, quantity in found.items() if quantity.known.any()}


def _measured(results: xr.Dataset, name: str, label: str) -> Dependent:
    parts = {part: heaviest(results, f"{name}{suffix}") for part, (suffix, *_) in ESTIMATE_PARTS.items()
             if part in ("value", "low", "high", "predicted", "identifiable")}  # fmt: skip
    known = parts["identifiable"] == 1
    value, low, high = (np.where(known, parts[part], np.nan) for part in ("value", "low", "high"))
    return Dependent(label, f"{MEASURED}{name}", value, low, high, parts["predicted"])


def heaviest(results: xr.Dataset, name: str) -> np.ndarray:
    """A measured quantity, or a part of it, at every point; of the heaviest mode, where there is one for each."""
    variable = results[f"{MEASURED}{name}"]
    by_mode = "measured_mode" in variable.dims
    return (variable.isel(measured_mode=0) if by_mode else variable).values.astype(float)


def _kernel_drift(results: xr.Dataset) -> Dependent:
    """Geometric mean over the members that stood, with Student's interval of the mean of the logarithm."""
    drift, stands = results["final_kernel_drift"], results["diverged_at"] < 0
    values = drift.where(stands & (drift > _LEAST_DRIFT)).transpose("study_point", "member").values.astype(float)
    mean, low, high = map(np.exp, mean_with_interval(np.log(values)))
    nothing = np.full(len(mean), np.nan)
    return Dependent("kernel drift", "final_kernel_drift", mean, low, high, nothing)


def _temperature(results: xr.Dataset) -> Dependent:
    """Where the runs were stationary; predicted with what shuffled epochs take from it, at the points that use them."""
    value, low, high, predicted, shuffled = (
        results[f"{NOISE}{name}"].values.astype(float)
        for name in ("temperature", "temperature_low", "temperature_high", "temperature_predicted", "shuffled_ratio")
    )
    value = np.where(results[f"{NOISE}stationary"].values == 1, value, np.nan)
    predicted = predicted * np.where(np.isfinite(shuffled), shuffled, 1.0)
    return Dependent("temperature T", f"{NOISE}temperature", value, low, high, predicted, np.isfinite(shuffled))
