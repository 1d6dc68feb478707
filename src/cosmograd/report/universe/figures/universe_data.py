"""What the figures of a universe read from its results, alike for one field and for several."""

import json
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator


def specification(results: xr.Dataset) -> dict[str, Any]:
    """As it was validated; empty where the results carry none."""
    return json.loads(results.attrs.get("specification", "{}"))


def fields_of(results: xr.Dataset, name: str) -> np.ndarray:
    """A field or a velocity along its history, one column for each field."""
    variable = results[name]
    if "component" in variable.dims:
        return variable.transpose(..., "component").values
    return variable.values[:, None]


def field_names(results: xr.Dataset) -> list[str]:
    """φ of one field; φ_1, φ_2 of several."""
    count = results.sizes.get("component", 1)
    return ["φ"] if count == 1 else [f"φ_{number}" for number in range(1, count + 1)]


def energy_name(results: xr.Dataset) -> str:
    """The potential, with Λ where there is one."""
    return "V + Λ" if specification(results).get("cosmological_constant", 0.0) else "V"


def at_e_folds(results: xr.Dataset, name: str, e_folds: float) -> np.ndarray:
    """A variable of the background at some N, one value for each field."""
    grid = results["e_folds"].values
    columns = fields_of(results, name)
    return np.array([np.interp(e_folds, grid, column) for column in columns.T])


class Evolution(NamedTuple):
    """The universe from the end of inflation on, as far as it is known; fields by columns, velocities in cosmic time.

    complete: whether it is known to the end of what was asked for.
    """

    e_folds: np.ndarray
    time: np.ndarray
    field: np.ndarray
    velocity: np.ndarray
    hubble_rate: np.ndarray
    complete: bool

    def smooth(self, points: int = 8) -> "Evolution":
        """The same, with so many points for each: between two of them by the fields and their velocities there."""
        steps = np.arange((len(self.time) - 1) * points + 1) / points
        time = np.interp(steps, np.arange(len(self.time)), self.time)
        path = CubicHermiteSpline(self.time, self.field, self.velocity)
        rate = np.exp(PchipInterpolator(self.time, np.log(self.hubble_rate))(time))
        e_folds = PchipInterpolator(self.time, self.e_folds)(time)
        return Evolution(e_folds, time, path(time), path.derivative()(time), rate, self.complete)


def aftermath(results: xr.Dataset) -> Evolution | None:
    """The evolution from the end of inflation to the last point that is known; None where there is none."""
    if "evolution_e_folds" not in results:
        return None
    e_folds, time = results["evolution_e_folds"].values, results["cosmic_time"].values
    field, velocity = (fields_of(results, f"evolution_{name}") for name in ("field", "velocity"))
    rate = results["evolution_hubble_rate"].values
    known = np.isfinite(rate) & np.isfinite(field).all(axis=1) & np.isfinite(velocity).all(axis=1)
    stop = len(known) if known.all() else int(np.argmin(known))
    first = int(np.argmax(e_folds >= float(results["e_folds_total"]) * (1 - 1e-12)))
    if stop - first < 2:
        return None
    some = slice(first, stop)
    return Evolution(e_folds[some], time[some], field[some], velocity[some], rate[some], bool(known.all()))


def time_of_inflation(results: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """N and cosmic time from the start to the end of inflation, where they were recorded."""
    n, time = results["evolution_e_folds"].values, results["cosmic_time"].values
    of = (n <= float(results["e_folds_total"]) * (1 + 1e-12)) & np.isfinite(time)
    return n[of], time[of]
