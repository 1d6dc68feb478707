"""A measured universe in numbers: what `cosmograd fit --json` prints."""

from typing import Any

import xarray as xr

from cosmograd.measurement import Estimate, FittedModes, MeasuredUniverse


def measurement_summary(measured: MeasuredUniverse) -> dict[str, Any]:
    """Every estimate with value, interval, identifiability and reason; then what the fit is like."""
    numbers: dict[str, Any] = {}
    for name, value in measured._asdict().items():
        if isinstance(value, FittedModes):
            continue
        if isinstance(value, Estimate):
            numbers[name] = value._asdict()
        elif isinstance(value, tuple):
            numbers[name] = [each._asdict() if isinstance(each, Estimate) else each for each in value]
        else:
            numbers[name] = value
    return numbers


_ESTIMATES = ("hubble_rate", "cosmological_constant", "e_folds_per_update", "momentum", "step", "masses_squared")
_PARTS = ("low", "high", "standard_error", "identifiable", "reason", "predicted")


def measured_numbers(results: xr.Dataset) -> dict[str, Any]:
    """The estimates of a measurement's results, as far as they are kept there."""
    numbers: dict[str, Any] = {}
    for name in filter(results.__contains__, (*_ESTIMATES, "eta_lambdas", "decay_rates")):
        parts = {part: results[f"{name}_{part}"].values.tolist() for part in _PARTS}
        parts = {"value": results[name].values.tolist(), **parts}
        if results[name].ndim:
            numbers[name] = [dict(zip(parts, row, strict=True)) for row in zip(*parts.values(), strict=True)]
        else:
            numbers[name] = parts
    return numbers | {"goodness_of_fit": float(results["goodness_of_fit"]), **results.attrs}
