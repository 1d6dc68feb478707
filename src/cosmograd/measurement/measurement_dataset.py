"""A measured universe as one dataset: the estimates with their intervals, and the modes with their fit."""

import json
from typing import Any

import numpy as np
import xarray as xr

from cosmograd.measurement.estimates import Estimate, MeasuredUniverse

# name: (description, unit); T is the named unit of time.
_SINGLE = {
    "hubble_rate": ("Hubble rate H", "1/T"),
    "cosmological_constant": ("cosmological constant Λ = 3H²", "1/T²"),
    "e_folds_per_update": ("e-folds per update Hδ", "1"),
    "momentum": ("momentum β", "1"),
    "step": ("learning rate η on the modes of the known kernel", "1"),
}
_BY_MODE = {
    "masses_squared": ("m² of the mode", "1/T²"),
    "eta_lambdas": ("ηλ of the mode", "1"),
    "decay_rates": ("−ln of the larger root of the mode: m²/3H in slow roll", "1/update"),
}
_PARTS = ("value", "low", "high", "standard_error", "predicted")
_MEANING = {
    "value": "",
    "low": "lower end of the 95 % interval of the ",
    "high": "upper end of the 95 % interval of the ",
    "standard_error": "standard error of the ",
    "predicted": "prediction of the dictionary for the ",
}


def measurement_dataset(measured: MeasuredUniverse, name: str) -> xr.Dataset:
    """All that `cosmograd fit` knows; NaN where nothing can be said."""
    variables: dict[str, Any] = {}
    for names, dimensions in ((_SINGLE, ()), (_BY_MODE, ("mode",))):
        for quantity, (description, unit) in names.items():
            found = getattr(measured, quantity)
            if found is None:
                continue
            variables |= _variables(quantity, found if dimensions else (found,), dimensions, description, unit)
    along = ("member", "update", "mode")
    variables["recorded_mode"] = (along, measured.modes.recorded, _described("recorded deviation along the mode", "1"))
    variables["fitted_mode"] = (along, measured.modes.fitted, _described("fitted deviation along the mode", "1"))
    numbers = {
        "goodness_of_fit": ("1 − |residual|²/|motion|²", measured.goodness_of_fit),
        "autocorrelation": ("autocorrelation of the residuals from update to update", measured.autocorrelation),
        "left_out": ("share of the deviations that lies along no mode", measured.left_out),
    }
    for key, (description, value) in numbers.items():
        variables[key] = ((), value, _described(description, "1"))
    attributes = {key: getattr(measured, key) for key in ("scheme", "time_unit", "kernel", "interval")}
    return xr.Dataset(
        variables,
        coords={"update": np.arange(measured.updates + 1), "mode": np.arange(measured.modes.recorded.shape[2])},
        attrs={**attributes, "measurement": name, "notes": json.dumps(measured.notes, ensure_ascii=False)},
    )


def _variables(
    quantity: str, estimates: tuple[Estimate, ...], dimensions: tuple[str, ...], description: str, unit: str
) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    for part in _PARTS:
        values = np.array([_number(getattr(estimate, part)) for estimate in estimates])
        key = quantity if part == "value" else f"{quantity}_{part}"
        shaped = values if dimensions else values[0]
        variables[key] = (dimensions, shaped, _described(_MEANING[part] + description, unit))
    flags = np.array([estimate.identifiable for estimate in estimates])
    reasons = np.array([estimate.reason for estimate in estimates])
    variables[f"{quantity}_identifiable"] = (
        dimensions, flags if dimensions else flags[0], {"long_name": f"whether the {description} is identifiable"},
    )  # fmt: skip
    variables[f"{quantity}_reason"] = (
        dimensions, reasons if dimensions else reasons[0], {"long_name": "what that rests on"},
    )  # fmt: skip
    return variables


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _described(description: str, unit: str) -> dict[str, str]:
    return {"long_name": description, "units": unit}
