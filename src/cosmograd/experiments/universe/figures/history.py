"""The history of a universe as figures read it, alike for one field and for several."""

from typing import NamedTuple

import numpy as np

from cosmograd.results import Result


def fields_of(result: Result, name: str) -> np.ndarray:
    """A field or a velocity along its history, one column for each field."""
    array = result[name]
    return array.values if "component" in array.dims else array.values[:, None]


def field_names(result: Result) -> list[str]:
    """φ of one field; φ_1, φ_2 of several."""
    count = result.sizes.get("component", 1)
    return ["φ"] if count == 1 else [f"φ_{number}" for number in range(1, count + 1)]


def energy_name(result: Result) -> str:
    """The potential, with Λ where there is one."""
    return "V + Λ" if result.specification.get("cosmological_constant", 0.0) else "V"


def at_e_folds(result: Result, name: str, e_folds: float) -> np.ndarray:
    """A quantity of the background at some N, one value for each field."""
    grid = result["e_folds"].values
    columns = fields_of(result, name)
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
        from scipy.interpolate import CubicHermiteSpline, PchipInterpolator  # a quarter of a second

        steps = np.arange((len(self.time) - 1) * points + 1) / points
        time = np.interp(steps, np.arange(len(self.time)), self.time)
        path = CubicHermiteSpline(self.time, self.field, self.velocity)
        rate = np.exp(PchipInterpolator(self.time, np.log(self.hubble_rate))(time))
        e_folds = PchipInterpolator(self.time, self.e_folds)(time)
        return Evolution(e_folds, time, path(time), path.derivative()(time), rate, self.complete)


def aftermath(result: Result) -> Evolution | None:
    """The evolution from the end of inflation to the last point that is known; None where there is none."""
    if "evolution_e_folds" not in result:
        return None
    e_folds, time = result["evolution_e_folds"].values, result["cosmic_time"].values
    field, velocity = (fields_of(result, f"evolution_{name}") for name in ("field", "velocity"))
    rate = result["evolution_hubble_rate"].values
    known = np.isfinite(rate) & np.isfinite(field).all(axis=1) & np.isfinite(velocity).all(axis=1)
    stop = len(known) if known.all() else int(np.argmin(known))
    first = int(np.argmax(e_folds >= float(result["e_folds_total"]) * (1 - 1e-12)))
    if stop - first < 2:
        return None
    some = slice(first, stop)
    return Evolution(e_folds[some], time[some], field[some], velocity[some], rate[some], bool(known.all()))


def time_of_inflation(result: Result) -> tuple[np.ndarray, np.ndarray]:
    """N and cosmic time from the start to the end of inflation, where they were recorded."""
    n, time = result["evolution_e_folds"].values, result["cosmic_time"].values
    of = (n <= float(result["e_folds_total"]) * (1 + 1e-12)) & np.isfinite(time)
    return n[of], time[of]
