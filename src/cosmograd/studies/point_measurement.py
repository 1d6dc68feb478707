"""The universe that a point's trainings show, measured from their outputs, as variables of the point's results."""

from typing import Any

import numpy as np
import xarray as xr

from cosmograd.learning import EnsembleChunk
from cosmograd.learning.datasets import Dataset
from cosmograd.measurement import Estimate, MeasuredUniverse, measure_universe, trajectories

# What is measured: quantity: (description, unit, whether there is one for each mode).
MEASURED: dict[str, tuple[str, str, bool]] = {
    "hubble_rate": ("Hubble rate H", "1/T", False),
    "cosmological_constant": ("Λ = Γ²/3c", "1/T²", False),
    "e_folds_per_update": ("Hδ", "1", False),
    "momentum": ("momentum β", "1", False),
    "step": ("η on the modes of the known kernel", "1", False),
    "masses_squared": ("m² of the mode", "1/T²", True),
    "eta_lambdas": ("ηλ of the mode", "1", True),
}
_ENDS = ("value", "low", "high", "predicted")
_MOST_MODES = 8


class PointMeasurement:
    """Collects the first updates of every member that did not diverge, and measures them together."""

    def __init__(self, dataset: Dataset, updates: int, kernel: str) -> None:
        """Start with no members; `kernel`: "known" or "blind"."""
        self.dataset, self.updates, self.blind = dataset, updates, kernel == "blind"
        self.outputs: list[np.ndarray] = []
        self.kernels: list[np.ndarray] = []

    def add(self, chunk: EnsembleChunk) -> None:
        """Take what is needed of some members; the chunk holds every update up to the last that is measured."""
        points, size = len(self.dataset.inputs), self.dataset.targets.size
        places = np.searchsorted(chunk.updates, np.arange(self.updates + 1))
        assert chunk.kernels is not None
        for index in np.flatnonzero(chunk.diverged_at < 0):
            self.outputs.append(chunk.outputs[index][places, :points].astype(np.float64))
            self.kernels.append(chunk.kernels[index, 0, :size])

    def results(self, learning_rate: float, momentum: float, loss_divisor: float) -> xr.Dataset:
        """Estimates in canonical time, leapfrog scheme; NaN with the reason where nothing can be said."""
        try:
            if not self.outputs:
                raise ValueError("every member diverged")
            record = trajectories(
                np.stack(self.outputs, axis=1),
                self.dataset.targets,
                None if self.blind else np.stack(self.kernels),
                loss_divisor=loss_divisor,
            )
            return _as_variables(measure_universe(record, learning_rate, momentum))
        except ValueError as error:
            nothing = Estimate(None, None, None, None, False, str(error))
            return _variables(dict.fromkeys(MEASURED, (nothing,)), np.nan)


def _as_variables(measured: MeasuredUniverse) -> xr.Dataset:
    nothing = Estimate(None, None, None, None, False, "a blind measurement takes it as given")
    found = {name: getattr(measured, name) or nothing for name in MEASURED}
    return _variables(
        {name: (value,) if isinstance(value, Estimate) else value for name, value in found.items()},
        measured.goodness_of_fit,
    )


def _variables(found: dict[str, tuple[Estimate, ...]], goodness: float) -> xr.Dataset:
    variables: dict[str, Any] = {"measured_goodness_of_fit": ((), goodness)}
    for name, estimates in found.items():
        by_mode = MEASURED[name][2]
        rows = np.full((_MOST_MODES, len(_ENDS)), np.nan)
        for row, estimate in zip(rows, estimates[:_MOST_MODES], strict=False):
            row[:] = [np.nan if getattr(estimate, end) is None else getattr(estimate, end) for end in _ENDS]
        flags, reasons = np.zeros(_MOST_MODES, dtype=bool), np.full(_MOST_MODES, "", dtype=object)
        flags[: len(estimates)] = [estimate.identifiable for estimate in estimates[:_MOST_MODES]]
        reasons[: len(estimates)] = [estimate.reason for estimate in estimates[:_MOST_MODES]]
        dimensions = ("measured_mode",) if by_mode else ()
        take = slice(None) if by_mode else 0
        variables[f"measured_{name}"] = ((*dimensions, "estimate"), rows[take])
        variables[f"measured_{name}_identifiable"] = (dimensions, flags[take])
        variables[f"measured_{name}_reason"] = (dimensions, reasons[take])
    return xr.Dataset(variables, {"estimate": list(_ENDS), "measured_mode": np.arange(_MOST_MODES)})
