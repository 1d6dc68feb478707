"""A measured universe in numbers: what `cosmograd fit --json` prints, and what a study says of each point."""

import json
from typing import Any

import numpy as np
import xarray as xr

from cosmograd.measurement.measurement_datasets import ESTIMATE_PARTS
from cosmograd.measurement.quantities import ESTIMATED

_FIT = ("goodness_of_fit", "autocorrelation", "left_out")
_MOST_UPDATES = 200


def estimate_in(results: xr.Dataset, quantity: str, mode: int | None = None) -> dict[str, Any]:
    """value, low, high, standard_error, predicted, identifiable and reason of a quantity; `mode`: which, by place."""
    found = {part: results[f"{quantity}{suffix}"].values for part, suffix in ESTIMATE_PARTS.items()}
    estimate = {part: (values if mode is None else values[mode]) for part, values in found.items()}
    return {part: value.item() if hasattr(value, "item") else value for part, value in estimate.items()} | {
        "identifiable": bool(estimate["identifiable"] == 1),  # NaN in a point that failed
        "reason": str(estimate["reason"]),
    }


def measurement_summary(results: xr.Dataset) -> dict[str, Any]:
    """Every estimate, with lists for what there is for each mode; then what the fit is like."""
    numbers: dict[str, Any] = {}
    for name, quantity in ESTIMATED.items():
        if quantity.by_mode:
            numbers[name] = [estimate_in(results, name, mode) for mode in range(results.sizes["mode"])]
        else:
            numbers[name] = estimate_in(results, name)
    numbers |= {name: float(results[name]) for name in _FIT}
    numbers["eta_lambda_over_time"] = _over_time(results)
    return numbers | results.attrs | {"notes": notes_of(results)}


def why_not_identifiable(summary: dict[str, Any]) -> str | None:
    """Why H, or the masses where H is known, are not identifiable: a sentence, once for all that follows from it."""
    for name, found in (("H is", summary["hubble_rate"]), ("Masses are", summary["masses_squared"][0])):
        if not found["identifiable"] and (np.isnan(found["value"]) or name == "H is"):
            return f"{name} not identifiable: {found['reason']}."
    return None


def _over_time(results: xr.Dataset) -> dict[str, Any]:
    """ηλ of every mode along the run: at all updates of short records, and at some, close together at first, of
    long.
    """
    updates = results["record"].values
    places = np.arange(len(updates))
    if len(places) > _MOST_UPDATES:
        places = np.unique(np.geomspace(1, len(updates), _MOST_UPDATES).round().astype(int) - 1)
    parts = {"value": "", "low": "_low", "high": "_high"}
    values = {part: results[f"eta_lambda_over_time{suffix}"].values[places] for part, suffix in parts.items()}
    return {"update": updates[places]} | values


def notes_of(results: xr.Dataset) -> list[str]:
    """What the user should know beside the numbers."""
    return list(json.loads(results.attrs.get("notes", "[]")))
