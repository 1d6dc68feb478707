"""What the numbers of a planned training suggest that its author may not have meant."""

from collections.abc import Iterator

import numpy as np

from cosmograd.experiments.forecast.request import ForecastRequest, UsersNumbers
from cosmograd.learning.losses import AbstractDeviationLoss, SquaredLoss
from cosmograd.learning.optimisers import AbstractAdaptive
from cosmograd.results import Result
from cosmograd.results.number_format import number

# Inputs and targets of a standardised table lie within some units.
_LARGE_INPUT, _LARGE_MEAN = 10.0, 2.0
# Fewer e-folds than these, and less of the loss gained, leave a training where it was; a mode with less than one counts
# as not learned, and so much of the loss in such modes is worth a word.
_STARVED, _LITTLE_GAINED, _HELD_BACK = 0.5, 0.5, 0.05
# Networks of moderate width may diverge with so much momentum above this share of the limit.
_MUCH_MOMENTUM, _SHARE_OF_LIMIT = 0.5, 0.5
# Hidden layers that shrink by more than this are no longer those that the kernel was taken of.
_SHRINKING = 0.05


def warnings_of(
    request: ForecastRequest,
    numbers: UsersNumbers,
    predicted: Result,
    e_folds: np.ndarray,
    η: float,
    stable: float,
    minibatch: float,
) -> Iterator[str]:
    """η, stable: as given, and the largest stable one with all settings as given; e_folds: of the modes by the end of
    the run; minibatch: the largest stable η in the mean square, NaN where it is not known.
    """
    yield from _of_inputs(request, stable)
    yield from _of_loss(request)
    if np.isfinite(stable) and η > stable:
        yield (
            f"the learning rate {number(η)} exceeds the largest stable one, {number(stable)}: the linear theory "
            "diverges. Networks may survive it by a catapult, after which their kernel is smaller; Adam by its "
            "preconditioner, which grows with the gradients."
        )
        return
    yield from _of_finite_width(request, numbers, η, stable)
    if np.isfinite(minibatch) and η > minibatch:
        yield (
            f"the learning rate {number(η)} is stable in full batches, but not in the mean square for this batch size, "
            f"for which the largest stable one is {number(minibatch)}."
        )
        return
    left = float(predicted["final_loss"]) / max(float(predicted["initial_loss"]), 1e-300)
    if len(e_folds) and e_folds[0] < _STARVED and left > _LITTLE_GAINED:
        yield (
            f"starved: the run holds {number(e_folds[0], 2)} e-folds of mode 1, the fastest; little is learned. Raise "
            "the learning rate, the number of updates or the end of the schedule."
        )
        return
    late = float(predicted["initial_share"].values[e_folds < 1].sum())
    if late > _HELD_BACK:
        yield f"{number(100 * late, 2)} % of the loss lies in modes that do not decay by one e-fold within the run."


def _of_finite_width(request: ForecastRequest, numbers: UsersNumbers, η: float, stable: float) -> Iterator[str]:
    """What the linear theory does not know of real networks."""
    linear_momentum = (
        0.0
        if isinstance(request.method, AbstractAdaptive)
        else float(np.max(np.asarray(getattr(request.method, "momentum", 0.0))))
    )
    if linear_momentum > _MUCH_MOMENTUM and np.isfinite(stable) and η > _SHARE_OF_LIMIT * stable:
        yield (
            f"the learning rate {number(η)} is above half of the largest stable one, {number(stable)}. With momentum, "
            "networks of moderate width were seen to diverge from there on, as their kernel grows first; try some "
            "updates (`trial`), or stay below."
        )
    rates = np.asarray(0.0 if request.method is None else request.method.learning_rate)
    shrinkage = numbers.weight_decay * float(np.mean(rates)) / (1 - linear_momentum) * request.updates
    if shrinkage > _SHRINKING:
        yield (
            f"weight decay shrinks all parameters by the factor {number(np.exp(-shrinkage), 2)} within the run. The "
            "forecast knows what that does to outputs at first order, not that the kernel of the hidden layers shrinks."
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
        if deviation == 0 and len(y) > 1:
            yield f"all targets are {number(float(y.ravel()[0]))}: there is nothing to learn but a constant."
        elif mean > _LARGE_MEAN * max(deviation, 1e-300) and len(y) > 1:
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
    if isinstance(request.loss, SquaredLoss) and y.shape[1] > 2:
        yield (
            f"the squared loss is summed over {y.shape[1]} outputs and halved; where yours is their mean without the "
            f"half (PyTorch's MSELoss, here `mse`), learning rates are {number(y.shape[1] / 2)} times as large."
        )
