"""The regime of the heaviest mode at every point: measured from the fitted recursion, and predicted."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from cosmograd.duality import recursion_regimes
from cosmograd.experiments.training.analysis.dependents import heaviest
from cosmograd.experiments.training.analysis.swept_keys import setting_of_every_point
from cosmograd.experiments.training.point_measurement import MEASURED


class MeasuredRegimes(NamedTuple):
    """β and predicted ηλ, both regimes, and whether networks are linearised, at the points whose regime is known."""

    momentum: np.ndarray
    eta_lambda: np.ndarray
    measured: np.ndarray
    predicted: np.ndarray
    linearised: np.ndarray


def measured_regimes(results: xr.Dataset) -> MeasuredRegimes | None:
    """None where nothing was measured."""
    if f"{MEASURED}eta_lambdas" not in results:
        return None
    β = results["momentum"].values.astype(float)
    x, b = heaviest(results, "eta_lambdas_predicted"), heaviest(results, "momentum")
    # Without momentum there is a single root, whatever small b was fitted.
    measured = _regimes(heaviest(results, "eta_lambdas"), np.where(β == 0, 0 * b, b))
    linearised = np.array(setting_of_every_point(results, "linearised", "no")) == "yes"
    known = np.isfinite(x) & (measured != "")
    return MeasuredRegimes(*(values[known] for values in (β, x, measured, _regimes(x, β), linearised)))


def _regimes(q: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Regimes of modes with the recursion d_{n+1} = (1 + b − q) d_n − b d_{n−1}; empty where that is not known."""
    known = np.isfinite(q) & np.isfinite(b)
    regimes = recursion_regimes(np.where(known, 1 + b - q, 0.0), np.where(known, b, 0.0))
    return np.where(known, np.where(regimes == "critical", "light", regimes), "")
