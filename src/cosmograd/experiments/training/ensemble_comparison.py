"""Members against their predictions, put together: each one's errors, background and perturbations of the ensemble."""

from typing import Any

import numpy as np
import xarray as xr

from cosmograd.duality import (
    PREDICTIONS,
    EnsembleMoments,
    norm_ratio,
    norm_ratio_over_time,
    relative_error,
    relative_error_over_time,
)
from cosmograd.experiments.training.member_analysis import FROZEN, AnalysisSetting, MemberAnalysis
from cosmograd.experiments.training.quantities import SPLIT_PARTS

# Modes whose amplitudes are kept over time, from the largest eigenvalue down.
LEADING_MODES = 8


class EnsembleComparison:
    """What is kept of the members, added one at a time in their order, whatever chunks they came in."""

    def __init__(self, setting: AnalysisSetting) -> None:
        """Start with no members."""
        self.setting = setting
        self.per_member: dict[str, list[Any]] = {}
        self.fields, self.errors, self.mean_errors = EnsembleMoments(), EnsembleMoments(), EnsembleMoments()
        self.amplitudes = EnsembleMoments()

    def add(self, analysis: MemberAnalysis, losses: np.ndarray, diverged_at: int) -> None:
        """Add a member; one that diverged is named, and left out of background and perturbations."""
        kept = {name: getattr(analysis, name) for name in _MEMBER_VARIABLES}
        # What is left of a diverged member's loss depends on when the overflow ends in NaN: it has no final loss.
        final_loss = losses[-1] if diverged_at < 0 else np.nan
        for name, value in (*kept.items(), ("loss", losses), ("final_loss", final_loss), ("diverged_at", diverged_at)):
            self.per_member.setdefault(name, []).append(value)
        if diverged_at >= 0:
            return
        stacked = np.concatenate([analysis.outputs[None], analysis.predictions])
        size = self.setting.dataset.targets.size
        with np.errstate(all="ignore"):
            self.fields.add(stacked)
            self.errors.add(analysis.predictions - analysis.outputs)
            self.mean_errors.add(analysis.mean_kernel_predictions - analysis.outputs)
            deviation = stacked[:, :, :size] - self.setting.dataset.targets.ravel()
            self.amplitudes.add(deviation @ np.asarray(self.setting.mean_modes.vectors[:, :LEADING_MODES]))

    def results(self) -> xr.Dataset:
        """Every member's numbers, and background and perturbations of those that did not diverge."""
        dataset, updates = self.setting.dataset, self.setting.updates
        variables: dict[str, Any] = {}
        for name, values in self.per_member.items():
            dims = ("member", *_MEMBER_VARIABLES.get(name, _OTHER_MEMBER_VARIABLES.get(name, ())))
            variables[name] = (dims, np.array(values))
        if self.fields.members:
            with np.errstate(all="ignore"):
                variables |= self._moments()
        points = len(dataset.inputs)
        coordinates = {
            "member": np.arange(len(self.per_member["loss"])),
            "record": updates,
            "snapshot": self.setting.snapshots,
            "prediction": list(PREDICTIONS),
            "part": list(SPLIT_PARTS),
            "kernel": ["own", "mean"],
            "point": np.arange(len(dataset.all_targets)),
            "output": np.arange(dataset.all_targets.shape[1]),
            "is_probe": ("point", np.arange(len(dataset.all_targets)) >= points),
        }
        used = {dim for dims, *_ in variables.values() for dim in dims} | {"is_probe", "point", "output"}
        variables["target"] = (("point", "output"), dataset.all_targets)
        return xr.Dataset(variables, {name: value for name, value in coordinates.items() if name in used})

    def _moments(self) -> dict[str, Any]:
        """Background, perturbations and their errors, the mean being over initialisations."""
        dataset = self.setting.dataset
        members, shape = self.fields.members, (len(self.setting.updates), *dataset.all_targets.shape)
        mean, scatter = self.fields.mean, self.fields.scatter
        train, probe = slice(None, dataset.targets.size), slice(dataset.targets.size, None)
        total, over_time = self._errors_of_moments(train)
        total_probe, probe_over_time = self._errors_of_moments(probe)
        amplitude_scatter = np.sqrt(self.amplitudes.scatter / max(members - 1, 1))
        rms = np.sqrt(scatter / max(members - 1, 1))
        field = ("record", "point", "output")
        return {
            "background": (field, mean[0].reshape(shape)),
            "background_prediction": (("prediction", *field), mean[1:].reshape(-1, *shape)),
            "perturbation_rms": (field, rms[0].reshape(shape)),
            "perturbation_rms_prediction": (("prediction", *field), rms[1:].reshape(-1, *shape)),
            "mode_background": (("record", "leading_mode"), self.amplitudes.mean[0]),
            "mode_background_prediction": (("prediction", "record", "leading_mode"), self.amplitudes.mean[1:]),
            "mode_perturbation": (("record", "leading_mode"), amplitude_scatter[0]),
            "mode_perturbation_prediction": (("prediction", "record", "leading_mode"), amplitude_scatter[1:]),
            "ensemble_error": (("part", "kernel", "prediction"), total),
            "ensemble_error_over_time": (("part", "prediction", "record"), over_time),
            "ensemble_error_probe": (("part", "kernel", "prediction"), total_probe),
            "ensemble_error_probe_over_time": (("part", "prediction", "record"), probe_over_time),
        }

    def _errors_of_moments(self, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """Errors of background and perturbations on some rows: over the run and at each record; NaN without rows."""
        updates, y = self.setting.updates, self.setting.dataset.all_targets.ravel()[rows]
        mean, scatter = self.fields.mean[:, :, rows], self.fields.scatter[:, :, rows]
        total = np.full((2, 2, len(PREDICTIONS)), np.nan)
        over_time = np.full((2, len(PREDICTIONS), len(updates)), np.nan)
        # Norms of the perturbations over all members follow from the summed squares.
        background, perturbation = mean[0], np.sqrt(scatter[0])
        several = self.fields.members > 1
        for index in range(len(PREDICTIONS)):
            total[0, 0, index] = relative_error(background, mean[1 + index], y, updates)
            over_time[0, index] = relative_error_over_time(background, mean[1 + index], y)
            if several:
                wrong = np.sqrt(self.errors.scatter[index][:, rows])
                total[1, 0, index] = norm_ratio(wrong, perturbation, updates)
                over_time[1, index] = norm_ratio_over_time(wrong, perturbation[0])
        for index in range(len(FROZEN)):
            total[0, 1, index] = norm_ratio(self.mean_errors.mean[index][:, rows], background - y, updates)
            if several:
                wrong = np.sqrt(self.mean_errors.scatter[index][:, rows])
                total[1, 1, index] = norm_ratio(wrong, perturbation, updates)
        return total, over_time


_MEMBER_VARIABLES: dict[str, tuple[str, ...]] = {
    "relative_error": ("prediction",),
    "relative_error_probe": ("prediction",),
    "error_over_time": ("prediction", "record"),
    "error_over_time_probe": ("prediction", "record"),
    "predicted_loss": ("prediction", "record"),
    "split_error": ("part", "kernel", "prediction"),
    "split_error_over_time": ("part", "prediction", "record"),
    "split_error_probe": ("part", "kernel", "prediction"),
    "split_error_probe_over_time": ("part", "prediction", "record"),
    "kernel_eigenvalues": ("snapshot", "mode"),
    "kernel_trace": ("snapshot",),
    "kernel_drift": ("snapshot",),
    "spectral_entropy": ("snapshot",),
    "discretisation": (),
    "initial_mass_deficit": (),
    "final_kernel_drift": (),
}
_OTHER_MEMBER_VARIABLES: dict[str, tuple[str, ...]] = {"loss": ("record",)}
