"""The universe that a point's trainings show, measured from their outputs, as variables of the point's results."""

from typing import Any

import numpy as np
import xarray as xr

from cosmograd.learning import EnsembleChunk
from cosmograd.learning.datasets import Dataset
from cosmograd.measurement import MeasuredUniverse, estimate_arrays, measure_universe, trajectories

# What stands before the name of everything that is measured, beside the universe that follows from the settings.
MEASURED = "measured_"


class PointMeasurement:
    """Collects the first updates of every member that did not diverge within them, and measures them together."""

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
        within = (chunk.diverged_at >= 0) & (chunk.diverged_at <= self.updates)
        for index in np.flatnonzero(~within):
            self.outputs.append(chunk.outputs[index][places, :points])  # their precision says how they are rounded
            if not self.blind:
                self.kernels.append(chunk.kernels[index, 0, :size].copy())

    def results(self, learning_rate: float, momentum: float, loss_divisor: float) -> xr.Dataset:
        """Estimates in canonical time, leapfrog scheme; NaN with the reason where nothing can be said."""
        if not self.outputs:
            return _variables("every member diverged within the updates that are measured")
        try:
            record = trajectories(
                np.stack(self.outputs, axis=1),
                self.dataset.targets,
                None if self.blind else np.stack(self.kernels),
                updates=np.arange(self.updates + 1),
                loss_divisor=loss_divisor,
            )
            return _variables(measure_universe(record, learning_rate, momentum))
        except ValueError as error:
            return _variables(str(error))


def _variables(measured: MeasuredUniverse | str) -> xr.Dataset:
    variables: dict[str, Any] = {**estimate_arrays(measured, MEASURED, "measured_mode")}
    for name in ("goodness_of_fit", "autocorrelation", "left_out"):
        value = np.nan if isinstance(measured, str) else getattr(measured, name)
        variables[f"{MEASURED}{name}"] = ((), value)
    variables[f"{MEASURED}notes"] = ((), "" if isinstance(measured, str) else " ".join(measured.notes))
    modes = len(variables[f"{MEASURED}eta_lambdas"][1])
    return xr.Dataset(variables, {"measured_mode": np.arange(modes)})
