"""The results of a study in numbers: what `cosmograd report --json` prints."""

from typing import Any

import numpy as np
import xarray as xr

from cosmograd.duality import LIMITS
from cosmograd.experiments.fit.findings import estimate_numbers
from cosmograd.experiments.training.analysis.study import study_of
from cosmograd.experiments.training.point_measurement import MEASURED
from cosmograd.experiments.training.point_noise import NOISE
from cosmograd.measurement import QUANTITIES
from cosmograd.results import Result

_CONSTANTS = (
    "base_learning_rate", "learning_rate", "momentum", "lambda_max", "eta_lambda_max", "largest_stable_eta_lambda",
)  # fmt: skip


def summary(result: Result) -> dict[str, Any]:
    """One entry per study point: swept keys, ηλ_max, the dual universe, and the median error of every prediction.

    `failure` says why a point has no numbers, and is None where it has. Medians run over the members that did not
    diverge. Numbers that do not exist are NaN, texts None; a prediction that outgrows all numbers for half the members
    or more has an infinite error.
    """
    study = study_of(result)
    results, swept = study.all_points, study.keys
    points = []
    for index in range(results.sizes["study_point"]):
        point = results.isel(study_point=index)
        intact = point["diverged_at"].values < 0
        entry: dict[str, Any] = {key: None if point[key].item() == "" else point[key].item() for key in swept}
        entry["failure"] = (str(point["failure"].item()) if "failure" in point else "") or None
        entry |= {name: float(point[name]) for name in _CONSTANTS}
        entry["universe"] = {
            name: float(point[name].sel(scheme="leapfrog", time_unit="canonical"))
            for name in ("time_step", "hubble_rate", "cosmological_constant")
        } | {"e_folds_per_update": float(point["e_folds_per_update"].sel(scheme="leapfrog"))}
        entry["members"] = int(np.isfinite(point["diverged_at"].values).sum())
        entry["relative_error"] = _medians(point, "relative_error", intact)
        entry["relative_error_probe"] = _medians(point, "relative_error_probe", intact)
        entry["final_loss"] = _median(point["final_loss"].values[intact])
        entry["kernel_drift"] = _median(point["final_kernel_drift"].values[intact])
        entry["diverged"] = [
            {
                "member": int(member),
                "update": int(point["diverged_at"].values[member]),
                "eta_lambda_max": entry["base_learning_rate"]
                * float(point["kernel_eigenvalues"][member].isel(snapshot=0, mode=0)),
            }
            for member in np.flatnonzero(point["diverged_at"].values >= 0)
        ]
        entry["measured"] = _measured(point)
        entry["noise"] = _noise(point)
        points.append(entry)
    return {
        "name": results.attrs.get("name", ""),
        "points": points,
        "slopes": [slope._asdict() for slope in study.slopes],
        "onsets": [onset._asdict() for onset in study.onsets],
        "limits": _limits(study.results),
    }


def _limits(results: xr.Dataset) -> list[dict[str, Any]]:
    """The number for each limit of the duality: what it is, its smallest and its largest value over the points."""
    found = []
    for limit, measure in LIMITS.items():
        values = results["duality_limit"].sel(limit=limit).values.astype(float)
        known = values[np.isfinite(values)]
        ends = (float(known.min()), float(known.max())) if known.size else (float("nan"), float("nan"))
        found.append({"limit": limit, "measure": measure, "smallest": ends[0], "largest": ends[1]})
    return found


def _measured(point: xr.Dataset) -> dict[str, Any] | None:
    """The measured universe of a point, of its heaviest mode; None where nothing was measured."""
    if f"{MEASURED}hubble_rate" not in point:
        return None
    measured = Result.from_xarray(point)
    return {
        name: estimate_numbers(measured, f"{MEASURED}{name}", 0 if quantity.dimensions else None)
        for name, quantity in QUANTITIES.items()
    }


_OF_TEMPERATURE = ("low", "high", "predicted", "ratio", "ratio_error")


def _noise(point: xr.Dataset) -> dict[str, Any] | None:
    """The temperature of a point's minibatches, mean over modes; None where it was not measured."""
    verdict = str(point[f"{NOISE}verdict"].item()) if f"{NOISE}verdict" in point else ""
    if not verdict:
        return None
    numbers: dict[str, Any] = {"temperature": float(point[f"{NOISE}temperature"])}
    numbers |= {part: float(point[f"{NOISE}temperature_{part}"]) for part in _OF_TEMPERATURE}
    return numbers | {"stationary": bool(point[f"{NOISE}stationary"] == 1), "verdict": verdict}


def _median(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else float("nan")


def _medians(point: xr.Dataset, name: str, intact: np.ndarray) -> dict[str, float]:
    return {
        str(prediction): _median(point[name].sel(prediction=prediction).values[intact])
        for prediction in point["prediction"].values
    }
