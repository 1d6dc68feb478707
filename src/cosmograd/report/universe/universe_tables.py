"""The table of a universe's page: what was computed at the pivot beside slow roll."""

import numpy as np
import xarray as xr

from cosmograd.report.parts import Table, error, number, with_error

_TILTS = {
    "n_s": ("scalar_tilt", "tilt_error"),
    "running dn_s/dln k": ("running", "running_error"),
    "n_t": ("tensor_tilt", "tensor_tilt_error"),
}
# Where the powers stand, and how many of them a number is made of, whose relative errors add up.
_POWERS = {"A_s": ("scalar_amplitude", 1), "r": ("tensor_to_scalar_ratio", 2)}


def slow_roll_table(results: xr.Dataset) -> Table:
    """Tilts, running, A_s and r: computed, and in slow roll where that is known."""
    values = {str(name): float(variable) for name, variable in results.data_vars.items() if variable.ndim == 0}
    predicted = _powers_at_pivot(results)
    rows = [
        _row(name, values[key], values[uncertainty], values.get(f"slow_roll_{key}", np.nan))
        for name, (key, uncertainty) in _TILTS.items()
    ]
    for name, (key, powers) in _POWERS.items():
        uncertainty = powers * values["achieved_accuracy"] * values[key]
        rows.append(_row(name, values[key], uncertainty, predicted.get(name, np.nan)))
    caption = (
        "At the pivot, with estimated absolute errors. Slow roll is the expansion in horizon-flow parameters of the "
        "exact background where the pivot has k = aH: powers to next-to-leading order, tilts to second order, the "
        "running to its lowest."
    )
    if "slow_roll_scalar_power" not in results:
        caption += " It predicts no curvature of several fields, which feed it outside the horizon."
    elif not predicted:
        caption += " The pivot is not among the wavenumbers, so that slow roll's A_s and r are not known there."
    return Table(("", "computed", "error", "slow roll", "computed − slow roll"), tuple(rows), 1, caption)


def _row(name: str, value: float, uncertainty: float, prediction: float) -> tuple[str, ...]:
    difference = number(value - prediction, 2)
    return name, with_error(value, uncertainty), error(uncertainty), number(prediction, 6), difference


def _powers_at_pivot(results: xr.Dataset) -> dict[str, float]:
    """A_s and r in slow roll; nothing where the pivot is not among the wavenumbers, or has no power."""
    if "slow_roll_scalar_power" not in results:
        return {}
    distance = np.abs(np.log(results["wavenumber"].values))
    at = int(np.argmin(distance))
    scalar, tensor = (float(results[f"slow_roll_{kind}_power"].values[at]) for kind in ("scalar", "tensor"))
    if distance[at] > 1e-9 or not (np.isfinite(scalar) and scalar > 0):
        return {}
    return {"A_s": scalar, "r": tensor / scalar}
