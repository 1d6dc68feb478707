"""A measured universe as variables of a dataset: the estimates with their intervals, and the modes with their fit.

Each quantity is several variables: `hubble_rate`, `hubble_rate_low`, … `hubble_rate_reason`.
"""

import json
from typing import Any

import numpy as np
import xarray as xr

from cosmograd.measurement.estimates import Estimate, MeasuredUniverse
from cosmograd.measurement.quantities import ESTIMATED

# Parts of an estimate, what they are called in a variable's name, and what they mean.
_NUMBERS = {
    "value": ("", "{}"),
    "low": ("_low", "lower end of the 95 % interval of the {}"),
    "high": ("_high", "upper end of the 95 % interval of the {}"),
    "standard_error": ("_standard_error", "standard error of the {}"),
    "predicted": ("_predicted", "prediction of the dictionary for the {}"),
}
_WORDS = {
    "identifiable": ("_identifiable", "whether the trajectories tell the {}"),
    "reason": ("_reason", "what that rests on"),
}
ESTIMATE_PARTS: dict[str, str] = {part: suffix for part, (suffix, _) in (_NUMBERS | _WORDS).items()}


def estimate_attributes(prefix: str = "") -> dict[str, tuple[str, str]]:
    """Description and unit of every variable of `estimate_variables`."""
    found: dict[str, tuple[str, str]] = {}
    for name, (description, unit, _) in ESTIMATED.items():
        found |= {f"{prefix}{name}{s}": (meaning.format(description), unit) for s, meaning in _NUMBERS.values()}
        found |= {f"{prefix}{name}{s}": (meaning.format(description), "") for s, meaning in _WORDS.values()}
    return found


def estimate_variables(measured: MeasuredUniverse | str, prefix: str = "", mode: str = "mode") -> dict[str, Any]:
    """Variables of all estimates, NaN where nothing can be said; instead of a measurement, why there is none.

    prefix: of every name; mode: the dimension of what there is for each mode.
    """
    attributes, variables = estimate_attributes(prefix), {}
    for name, quantity in ESTIMATED.items():
        if isinstance(measured, str):
            estimates: tuple[Estimate, ...] = (_nothing(measured),)
        else:
            found = getattr(measured, name) or _nothing("a blind measurement takes it as given")
            estimates = (found,) if isinstance(found, Estimate) else found
        for part, suffix in ESTIMATE_PARTS.items():
            values = [getattr(estimate, part) for estimate in estimates]
            array = np.array(values, dtype=None if part in _WORDS else float)  # None becomes NaN
            description, unit = attributes[f"{prefix}{name}{suffix}"]
            said = {"long_name": description} | ({"units": unit} if unit else {})
            variables[f"{prefix}{name}{suffix}"] = ((mode,), array, said) if quantity.by_mode else ((), array[0], said)
    return variables


def _nothing(reason: str) -> Estimate:
    return Estimate(None, None, None, None, False, reason)


def measurement_dataset(measured: MeasuredUniverse, name_of_record: str) -> xr.Dataset:
    """All that `cosmograd fit` knows."""
    along = ("member", "update", "mode")
    over_time = ("record", "mode")
    variables = estimate_variables(measured) | {
        "recorded_mode": (along, measured.modes.recorded, _said("recorded deviation along the mode")),
        "fitted_mode": (along, measured.modes.fitted, _said("fitted deviation along the mode")),
        "goodness_of_fit": ((), measured.goodness_of_fit, _said("1 − |residual|²/|motion|²")),
        "autocorrelation": ((), measured.autocorrelation, _said("of the residuals, from update to update")),
        "left_out": ((), measured.left_out, _said("share of the motion that lies along none of the fitted modes")),
    }
    for part, what in (("value", "ηλ of the mode"), ("low", "lower end of its 95 % interval"), ("high", "upper end")):
        name = "eta_lambda_over_time" + ("" if part == "value" else f"_{part}")
        variables[name] = (over_time, getattr(measured.eta_lambda_over_time, part), _said(f"{what}, along the run"))
    return xr.Dataset(
        variables,
        coords={
            "update": measured.first_update + measured.spacing * measured.modes.records,
            "record": measured.first_update + measured.spacing * np.arange(len(measured.eta_lambda_over_time.value)),
            "mode": np.arange(measured.modes.recorded.shape[2]),
        },
        attrs={
            "measurement": name_of_record,
            **{key: getattr(measured, key) for key in ("scheme", "time_unit", "kernel", "estimator", "interval")},
            "members": measured.members,
            "updates": measured.updates,
            "notes": json.dumps(measured.notes, ensure_ascii=False),
        },
    )


def _said(description: str) -> dict[str, str]:
    return {"long_name": description, "units": "1"}
