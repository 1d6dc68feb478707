"""What the numbers of a planned training suggest that its author may not have meant."""

from collections.abc import Iterator

import numpy as np

from cosmograd.experiments.forecast.request import ForecastRequest
from cosmograd.learning.losses import AbstractDeviationLoss, SquaredLoss
from cosmograd.results.number_format import number

# Inputs and targets of a standardised table lie within some units.
_LARGE_INPUT, _LARGE_MEAN = 10.0, 2.0
# Fewer e-folds than one leave a mode where it was.
_STARVED, _HELD_BACK = 1.0, 0.05


def warnings_of(
    request: ForecastRequest, η: float, stable: float, e_folds: np.ndarray, shares: np.ndarray, minibatch: float
) -> Iterator[str]:
    """η, stable: of the user's method and its largest stable one; e_folds: of the modes by the end of the run; shares:
    of the loss at the start in each; minibatch: the largest stable η in the mean square, NaN where it is not known.
    """
    yield from _of_inputs(request, stable)
    yield from _of_loss(request)
    if np.isfinite(stable) and η > stable:
        yield (
            f"the learning rate {number(η)} exceeds the largest stable one, {number(stable)}: the linear theory "
            "diverges. Networks may survive it by a catapult, after which their kernel is smaller."
        )
    elif np.isfinite(minibatch) and η > minibatch:
        yield (
            f"the learning rate {number(η)} is stable in full batches, but not in the mean square for this batch size, "
            f"for which the largest stable one is {number(minibatch)}."
        )
    if len(e_folds) and np.isfinite(e_folds[0]) and e_folds[0] < _STARVED:
        yield (
            f"starved: the run holds {number(e_folds[0], 2)} e-folds of mode 1, the fastest; nothing is learned. Raise "
            "the learning rate, the number of updates or the end of the schedule."
        )
    else:
        late = float(shares[e_folds < _STARVED].sum())
        if late > _HELD_BACK:
            yield (
                f"{number(100 * late, 2)} % of the loss lies in modes that do not decay by one e-fold within the run."
            )


def _of_inputs(request: ForecastRequest, stable: float) -> Iterator[str]:
    x, y = request.points.inputs, request.points.targets
    if x is not None:
        largest = float(np.abs(x).max())
        if largest > _LARGE_INPUT:
            yield (
                f"inputs reach ±{number(largest, 2)}: eigenvalues grow with their square, so that the largest stable "
                f"learning rate is {number(stable)}. Standardise the inputs."
            )
    if isinstance(request.loss, AbstractDeviationLoss):
        mean, deviation = float(np.abs(y.mean(axis=0)).max()), float(y.std())
        if mean > _LARGE_MEAN * max(deviation, 1e-300) and len(y) > 1:
            yield (
                f"targets are not centred: their mean, {number(mean)}, is {number(mean / max(deviation, 1e-300), 2)} "
                "times their deviation, and is learned as a mode of its own. Subtract it."
            )


def _of_loss(request: ForecastRequest) -> Iterator[str]:
    y = request.points.targets
    if request.loss.normalisation == "sum" and len(y) > 1:
        yield (
            f"the loss is summed over {len(y)} points: learning rates are {len(y)} times smaller than for its mean, "
            "and change with the number of points."
        )
    if isinstance(request.loss, SquaredLoss) and y.shape[1] > 1:
        yield (
            f"the squared loss is summed over {y.shape[1]} outputs and halved; where yours is their mean without the "
            f"half (PyTorch's MSELoss, here `mse`), learning rates are {number(y.shape[1] / 2)} times as large."
        )
