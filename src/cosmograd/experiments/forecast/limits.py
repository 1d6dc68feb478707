"""The largest stable learning rates of a forecast, in full batches and in minibatches."""

from typing import NamedTuple

import numpy as np

from cosmograd.duality.linearised_training import loss_eigenvalues
from cosmograd.duality.minibatch_mean import largest_stable_learning_rate
from cosmograd.duality.stable_rates import StableRates, stable_rates
from cosmograd.experiments.forecast.request import ForecastRequest, UsersNumbers
from cosmograd.experiments.prediction.linearised_run import LinearisedRun, linearised_run
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.optimisers import AbstractAdaptive, Adam

METHODS = StableRates._fields
# Second moments over minibatches are followed up to so many flattened outputs, or so many points.
LARGEST_SIZE = 512
# Where the user's own method is none, Adam's preconditioner is that of a run at its usual learning rate.
_USUAL_RATE = 1e-3


class Limits(NamedTuple):
    """largest: λ_max along the run; preconditioned: of Adam; rates and minibatch: one for each of METHODS, NaN where
    there is none; the reasons say where they come from, or why there is none.
    """

    largest: float
    preconditioned: float
    rates: np.ndarray
    reasons: list[str]
    minibatch: np.ndarray
    minibatch_reasons: list[str]


def limits_of(request: ForecastRequest, largest: float, numbers: UsersNumbers, run: LinearisedRun | None) -> Limits:
    """largest: λ_max of the loss's Gauss–Newton matrix; run: the user's own, for its preconditioner."""
    λ_P, where = _preconditioned(request, run)
    found = stable_rates(largest, λ_P, numbers.momentum, numbers.b1, numbers.weight_decay)
    squared = isinstance(request.loss, SquaredLoss)
    path = "of the tangent kernel" if squared else "of the loss's Gauss–Newton matrix, the largest along the run"
    own = f"λ_max = {largest:.4g} {path}"
    decay = f", weight decay {numbers.weight_decay:g}" if numbers.weight_decay else ""
    reasons = [
        f"2/(λ + w), {own}{decay}",
        f"2(1+β)/(λ + w), β = {numbers.momentum:g}, {own}{decay}",
        f"2(1+β)/((1+2β)(λ + w)), β = {numbers.momentum:g}, {own}{decay}",
        f"2(1+β₁)/((1−β₁)λ), β₁ = {numbers.b1:g}, {where}" if np.isfinite(λ_P) else where,
        f"the same with weight decay {numbers.weight_decay:g}, {where}" if np.isfinite(λ_P) else where,
    ]
    minibatch, why = _minibatch(request, numbers)
    return Limits(largest, λ_P, np.array(found), reasons, minibatch, why)


def _preconditioned(request: ForecastRequest, run: LinearisedRun | None) -> tuple[float, str]:
    if isinstance(request.method, AbstractAdaptive) and run is not None:
        rate = float(np.ravel(request.method.learning_rate)[-1])
    else:
        rate, points = _USUAL_RATE, request.points
        try:
            run = linearised_run(request.kernel, points, request.loss, Adam(rate), np.array([0, request.updates]))
        except ValueError as error:
            return float("nan"), str(error)
    λ = largest_eigenvalue(request, run)
    if not np.isfinite(λ) or λ <= 0:
        return float("nan"), "the forecast of Adam's run diverges, and with it its preconditioner"
    edge = "the edge of stability, which Adam's preconditioner follows if it is passed"
    return λ, f"{edge}; λ_max = {λ:.4g} as after {request.updates} updates at η = {rate:g}"


def largest_eigenvalue(request: ForecastRequest, run: LinearisedRun) -> float:
    """λ_max of the loss's Gauss–Newton matrix with the run's kernel, the largest along it; NaN where it diverges."""
    y = request.points.targets
    divisor = request.loss.divisor(len(y))
    if not np.isfinite(run.kernel).all():
        return float("nan")
    if isinstance(request.loss, SquaredLoss):
        return float(np.linalg.eigvalsh(run.kernel)[-1]) / divisor
    outputs = run.outputs[:, : len(y)].reshape(len(run.outputs), -1)
    finite = outputs[np.isfinite(outputs).all(axis=1)]
    return float(loss_eigenvalues(run.kernel, finite, y, request.loss)[:, 0].max())


def _minibatch(request: ForecastRequest, numbers: UsersNumbers) -> tuple[np.ndarray, list[str]]:
    found = np.full(len(METHODS), np.nan)
    if request.batch_size is None:
        return found, ["no batch size was given"] * len(METHODS)
    curvature = request.loss.constant_curvature(request.kernel.outputs.shape[1])
    if curvature is None:
        return found, ["the second moments of minibatches are known for the squared loss"] * len(METHODS)
    Θ, outputs = request.kernel.matrix, request.kernel.outputs.shape[1]
    points = len(request.points.targets)
    averaged = len(Θ) > LARGEST_SIZE and outputs > 1
    if averaged:
        Θ = np.einsum("ikjk->ij", Θ.reshape(points, outputs, points, outputs)) / outputs
        outputs = 1
    if len(Θ) > LARGEST_SIZE:
        return found, [f"second moments of {len(Θ)} residuals are not followed; allowed: {LARGEST_SIZE}"] * len(METHODS)
    scale = request.loss.divisor(points) / (points * curvature)  # the mean over a batch, or the sum scaled up
    for place, β in ((0, 0.0), (1, numbers.momentum)):
        limit = largest_stable_learning_rate(Θ, β, request.batch_size, outputs, request.replacement)
        found[place] = limit * scale
    replaced = "with" if request.replacement else "without"
    why = f"mean-square stability for batches of {request.batch_size} of {points} points, {replaced} replacement"
    why += ", by the kernel averaged over outputs" if averaged else ""
    why += "; weight decay left out" if numbers.weight_decay else ""
    unknown = "second moments of this method under minibatches are not known"
    return found, [why, f"{why}, β = {numbers.momentum:g}", unknown, unknown, unknown]
