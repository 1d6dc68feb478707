r"""White noise on recorded outputs, as the records themselves show it, and by how much it moves β of regressions.

Third differences over updates hardly hold smooth motion, and white noise of variance σ² with the variance 20σ². They
are looked at where they are smallest, in the quietest components of each quarter of the record; motion that oscillates
fast shows there too, but correlates over four updates and more, where third differences of white noise do not
correlate at all; noise in the updates themselves correlates less from one to the next.

Noise ε leaves $\varepsilon_{n+1} - (1+\beta-\kappa)\varepsilon_n + \beta\varepsilon_{n-1}$ in every equation, and
stands in its velocity too, so that β comes out too small by $(1+2\beta-\kappa)\sigma^2\sum w^2/|v_\perp|^2$.
"""

import numpy as np

from cosmograd.measurement.drift_evidence import ChosenRegression
from cosmograd.measurement.drift_regression import DriftRegression
from cosmograd.measurement.motion_rows import MotionRows, directions_over_points
from cosmograd.measurement.recorded_trajectories import Trajectories

_QUARTERS = 4
_DIFFERENCES, _VARIANCE = 3, 20.0
# So many directions over the points are looked at, the weakest.
_MOST_DIRECTIONS = 64
# Share of the components that counts as the quietest.
_QUIETEST = 0.25
# Lags at which third differences of white noise do not correlate, and what counts as none. At one update they do, by
# −¾; those of noise in the updates themselves by −⅔ at the most.
_LAGS = (1, 4, 5, 6)
_OF_OUTPUTS = -0.7
_NO_CORRELATION, _ERRORS = 0.15, 4.0
# By how much third differences that correlate make the error of a correlation larger.
_NEIGHBOURS = 1.6
_LEAST_NUMBERS = 12
# The largest share of an interval that noise may move β by.
_LARGEST_SHARE = 0.3


def output_noise(record: Trajectories) -> float:
    """σ of white noise on the outputs; 0 where what is rough is motion."""
    records, members = record.outputs.shape[:2]
    basis = directions_over_points(record, record.points)[0][:, -_MOST_DIRECTIONS:]
    if records < _LEAST_NUMBERS:
        return 0.0
    quarters = np.array_split(np.arange(records), min(_QUARTERS, records // _LEAST_NUMBERS))
    moments = np.zeros((len(quarters), 1 + len(_LAGS), basis.shape[1] * record.output_count))
    counts = np.zeros((len(quarters), 1 + len(_LAGS)))
    for member in range(members):
        d = record.deviation_of(member)
        x = np.einsum("npo,pk->nok", d.reshape(records, record.points, -1), basis).reshape(records, -1)
        for place, quarter in enumerate(quarters):
            rough = np.diff(x[quarter], _DIFFERENCES, axis=0)
            for index, lag in enumerate((0, *_LAGS)):
                pairs = rough[lag:] * rough[: len(rough) - lag]
                moments[place, index] += pairs.sum(axis=0)
                counts[place, index] += len(pairs)
    variances = moments[:, 0] / counts[:, :1]
    quiet = max(1, round(_QUIETEST * variances.shape[1]))
    chosen = np.argsort(variances, axis=1)[:, :quiet]
    levels = np.take_along_axis(variances, chosen, axis=1).mean(axis=1)
    place = int(np.argmin(levels))
    if levels[place] == 0:
        return 0.0
    of_place = moments[place][:, chosen[place]].sum(axis=1) / counts[place]
    error = _NEIGHBOURS / np.sqrt(counts[place, 0] * quiet)
    correlations = of_place[1:] / of_place[0]
    if correlations[0] > _OF_OUTPUTS + 3 * error or np.max(np.abs(correlations[1:])) > max(
        _NO_CORRELATION, _ERRORS * error
    ):
        return 0.0
    return float(np.sqrt(levels[place] / _VARIANCE))


def shift_by_noise(rows: MotionRows, regression: DriftRegression, noise: float) -> float:
    """By how much noise on the outputs moves β."""
    β = float(np.clip(regression.coefficients[0], 0.0, 1.0))
    free = 1 - regression.unknowns / regression.equations
    numbers = rows.members * rows.outputs * regression.structure.directions
    squares = regression.share_of_velocity**2 * regression.velocity_squares
    return -(1 + 2 * β) * noise**2 * float(np.sum(rows.weights**2)) * numbers * free / max(squares, 1e-300)


def is_biased(rows: MotionRows, chosen: ChosenRegression, noise: float) -> bool:
    """Whether noise moves β by more than its interval allows for, or is most of what hides it."""
    regression = chosen.regression
    shift, reach = abs(shift_by_noise(rows, regression, noise)), chosen.reach_of_momentum
    β = float(np.clip(chosen.coefficients[0], 0.0, 1.0))
    expected = noise**2 * (1 + (1 + β) ** 2 + β**2) * float(np.mean(rows.weights**2)) * regression.equations
    friction = abs(1 - float(chosen.coefficients[0]))
    hides = expected > _LARGEST_SHARE * regression.residual_squares and reach > _LARGEST_SHARE * friction
    return shift > _LARGEST_SHARE * min(reach, friction) or hides
