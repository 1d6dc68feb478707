r"""Where training begins to oscillate and to grow, measured: ηλ at which the fitted recursion changes its character.

For points that differ in the learning rate alone, two margins of the heaviest fitted mode are followed against ηλ of
that mode (the learning rate used times its eigenvalue), and interpolated to zero:

- oscillation: the discriminant of $r^2 - (1+\hat b-\hat q)r + \hat b$, divided by its factor that stays positive,
  $(1-\sqrt{\hat b})^2 - \hat q$; without momentum the single root $1 - \hat q$;
- divergence: $2(1+\hat b) - \hat q$, which vanishes where a root passes −1; without momentum $1 - |\hat r|$ of the
  single root, which is known where ηλ is not.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from cosmograd.experiments.training.analysis.dependents import heaviest
from cosmograd.experiments.training.analysis.swept_groups import STEP_KEYS, Group, groups_of
from cosmograd.experiments.training.analysis.swept_keys import setting_of_every_point
from cosmograd.experiments.training.point_measurement import MEASURED
from cosmograd.measurement.power_laws import NORMAL, sign_change

# A root of growing motion is no positive rate of decay; what is known no better than this gives no onset.
_VAGUE = 0.25


class Onset(NamedTuple):
    """what: oscillation or divergence; eta_lambda: where, with its 95 % interval; predicted: by the fixed kernel.

    linearised: whether the networks are; points: of the group; labels: what the group shares.
    """

    what: str
    momentum: float
    linearised: bool
    eta_lambda: float
    low: float
    high: float
    predicted: float
    points: int
    labels: dict[str, object]


class _Margin(NamedTuple):
    """A number whose sign changes at the onset, with its standard error."""

    value: np.ndarray
    error: np.ndarray

    def where(self, known: np.ndarray) -> "_Margin":
        """NaN at all other points."""
        return _Margin(np.where(known, self.value, np.nan), np.where(known, self.error, np.nan))


def measured_onsets(results: xr.Dataset, keys: Sequence[str]) -> list[Onset]:
    """All onsets that the study's points enclose; empty where nothing was measured."""
    if f"{MEASURED}eta_lambdas" not in results:
        return []
    onsets = []
    for group in groups_of(results, keys, STEP_KEYS):
        points = results.isel(study_point=group.members)
        x = heaviest(points, "eta_lambdas_predicted")
        margins = {
            "oscillation": (_oscillation_margin(points), "critical"),
            "divergence": (_divergence_margin(points), "unstable"),
        }
        for what, (margin, boundary) in margins.items():
            found = sign_change(x, *margin)
            if found is not None:
                onsets.append(_onset(what, points, group, boundary, found, len(x)))
    return onsets


def _onset(what: str, points: xr.Dataset, group: Group, boundary: str, found: tuple[float, float], count: int) -> Onset:
    where, error = found
    predicted = float(points["regime_boundary"].sel(boundary=boundary).values[0])
    reach = NORMAL * error
    linearised = setting_of_every_point(points, "linearised")[0] == "yes"
    return Onset(
        what, float(points["momentum"].values[0]), linearised, where, where - reach, where + reach, predicted,
        count, group.labels,
    )  # fmt: skip


def _oscillation_margin(points: xr.Dataset) -> _Margin:
    q, q_error = heaviest(points, "eta_lambdas"), heaviest(points, "eta_lambdas_standard_error")
    b, b_error = heaviest(points, "momentum"), heaviest(points, "momentum_standard_error")
    plain = points["momentum"].values == 0
    root = np.sqrt(np.clip(b, 0, None))
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(root > 0, (1 - root) / root, 0.0)
    value = np.where(plain, 1 - q, (1 - root) ** 2 - q)
    return _Margin(value, np.hypot(q_error, np.where(plain, 0.0, slope * b_error))).where(_known(points, "eta_lambdas"))


def _divergence_margin(points: xr.Dataset) -> _Margin:
    decay, decay_error = heaviest(points, "decay_rates"), heaviest(points, "decay_rates_standard_error")
    q, q_error = heaviest(points, "eta_lambdas"), heaviest(points, "eta_lambdas_standard_error")
    b, b_error = heaviest(points, "momentum"), heaviest(points, "momentum_standard_error")
    plain = points["momentum"].values == 0
    return _Margin(
        np.where(plain, -np.expm1(-decay), 2 * (1 + b) - q),
        np.where(plain, np.exp(-decay) * decay_error, np.hypot(2 * b_error, q_error)),
    ).where(np.where(plain, np.exp(-decay) * decay_error < _VAGUE, _known(points, "eta_lambdas")))


def _known(points: xr.Dataset, name: str) -> np.ndarray:
    """The points at which this quantity of the heaviest mode is identifiable."""
    return heaviest(points, f"{name}_identifiable") == 1
