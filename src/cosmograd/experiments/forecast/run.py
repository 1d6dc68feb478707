"""A forecast of a training from its model, data and optimiser, without training."""

import json
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cosmograd.duality import largest_stable_eigenvalue
from cosmograd.duality.dictionary import e_folds_per_update
from cosmograd.duality.minibatch_mean import minibatch_mean
from cosmograd.duality.stable_rates import best_pair
from cosmograd.experiments.forecast.limits import LARGEST_SIZE, METHODS, Limits, largest_eigenvalue, limits_of
from cosmograd.experiments.forecast.quantities import QUANTITIES
from cosmograd.experiments.forecast.request import ForecastRequest, users_numbers
from cosmograd.experiments.forecast.trial import trial_of
from cosmograd.experiments.forecast.warnings_of_numbers import warnings_of
from cosmograd.experiments.prediction.linearised_run import LinearisedRun, linearised_run
from cosmograd.experiments.prediction.run import prediction_of_run
from cosmograd.learning.optimisers import AbstractAdaptive, Adam, GradientDescent, HeavyBall
from cosmograd.results import Result

# Operations in matrix products up to which the mean over minibatches is followed.
_MOST_OPERATIONS = 3e11
# Optimisers of the table that the user's may be.
_PLACES = {"GradientDescent": 0, "HeavyBall": 1, "Nesterov": 2}


def forecast_of(request: ForecastRequest, progress: Callable[[float], None] = lambda fraction: None) -> Result:
    """The forecast as a result; ValueError where the model learns nothing or the trial cannot be made.

    progress: called with the fraction done since its last call.

    To be called where BLAS is held to one thread (`fixed_blas_threads`).
    """
    y, loss = request.points.targets, request.loss
    method = request.method if request.method is not None else GradientDescent(1.0)
    stops = request.stops if request.method is not None else np.array([0])
    run = linearised_run(request.kernel, request.points, loss, method, stops)
    predicted = prediction_of_run(run, y, loss, stops)
    progress(0.3)
    numbers = users_numbers(request.method)
    limits = limits_of(request, _of_kernel(request, run), numbers, run if request.method is not None else None)
    progress(0.3)
    arrays = {name: (array.dims, array.values) for name, array in predicted.arrays.items()}
    arrays |= _of_limits(limits) | _of_schedule(run, request, predicted) | _of_classes(request, run)
    arrays |= _of_best_pair(request)
    if request.batch_size is not None:
        arrays |= _of_noise(request, run, stops)
    if request.trial:
        trial = trial_of(request)
        arrays |= {"trial_error": ((), trial.error), "trial_kernel_drift": ((), trial.drift)}
    given = np.nan if request.method is None else float(np.max(np.asarray(request.method.learning_rate)))
    own = _own_limit(request, run, limits, given, numbers.weight_decay)
    arrays["given_learning_rate"] = ((), np.asarray(given))
    arrays["own_largest_stable_learning_rate"] = ((), np.asarray(own))
    progress(0.4)
    said: list[str] = []
    if request.method is None:
        said.append(request.refusal)
    else:
        place = _place(request.method)
        minibatch = float("nan") if place is None else float(limits.minibatch[place])
        said += warnings_of(request, numbers, predicted, np.asarray(arrays["e_folds"][1]), given, own, minibatch)
    attrs = {
        "name": "forecast",
        "model": repr(request.kernel.model),
        "optimiser": repr(request.method) if request.method is not None else "none that is known",
        "loss": type(loss).__name__,
        "batch_size": request.batch_size or 0,
        "regime": _regime(predicted, request),
        "data": "given arrays",
        "warnings": json.dumps(said, ensure_ascii=False),
    }
    return Result.of("forecast", QUANTITIES, arrays, attrs)


def _own_limit(
    request: ForecastRequest, run: LinearisedRun, limits: Limits, given: float, weight_decay: float
) -> float:
    """The largest stable learning rate with all settings as given; of a schedule its largest."""
    if request.method is None:
        return float("nan")
    if isinstance(request.method, Adam):
        return float(limits.rates[_place(request.method)])
    λ = limits.preconditioned if isinstance(request.method, AbstractAdaptive) else limits.largest
    # A first update that is larger, as where dampening leaves it out, is one step and no divergence.
    length, first = (1, 0) if run.method.constant else (request.updates, min(1, request.updates - 1))
    stable = largest_stable_eigenvalue(run.method, length, first)
    return given * (stable + weight_decay) / (λ + weight_decay)


def _of_kernel(request: ForecastRequest, run: LinearisedRun) -> float:
    """λ_max of the Gauss–Newton matrix without preconditioner, along the run."""
    if not isinstance(request.method, AbstractAdaptive):
        return largest_eigenvalue(request, run)
    return largest_eigenvalue(request, run._replace(kernel=request.kernel.matrix))


def _place(method: Any) -> int | None:
    """Of the user's method in the table of METHODS."""
    if isinstance(method, Adam):
        return METHODS.index("adamw") if float(method.weight_decay) else METHODS.index("adam")
    return _PLACES.get(type(getattr(method, "method", method)).__name__)


def _regime(predicted: Result, request: ForecastRequest) -> str:
    """Of the stiffest mode, by the largest eigenvalue along the run."""
    if request.method is None:
        return ""
    largest, stable = float(predicted["eta_lambda_max"]), float(predicted["largest_stable_eta_lambda"])
    if "largest_eigenvalue" in predicted:
        largest = max(largest, float(predicted["learning_rate"]) * float(np.nanmax(predicted["largest_eigenvalue"])))
    critical, period_two = (float(predicted[f"{name}_eta_lambda"]) for name in ("critical", "period_two"))
    if largest > stable:
        return "unstable"
    if largest > period_two and period_two < stable:
        return "period-two"
    return "underdamped" if largest > critical else "light"


def _of_limits(limits: Limits) -> dict[str, Any]:
    return {
        "method": (("method",), np.array([name.replace("_", " ") for name in METHODS])),
        "largest_stable_learning_rate": (("method",), limits.rates),
        "stable_reason": (("method",), np.array(limits.reasons)),
        "largest_stable_learning_rate_minibatch": (("method",), limits.minibatch),
        "minibatch_reason": (("method",), np.array(limits.minibatch_reasons)),
        "largest_eigenvalue_of_run": ((), limits.largest),
        "preconditioned_eigenvalue": ((), limits.preconditioned),
    }


def _of_schedule(run: LinearisedRun, request: ForecastRequest, predicted: Result) -> dict[str, Any]:
    """What the learning rates of the whole run come to: −ln|(d, d before)/√2| of every mode, from 1 at rest."""
    count = np.arange(max(request.updates, 1))
    λ = jnp.asarray(predicted["eigenvalue"].values)
    if request.method is None:
        return {
            "e_folds": (("mode",), np.full(len(λ), np.nan)),
            "expansion_e_folds": ((), np.nan),
            "integrated_learning_rate": ((), np.nan),
        }

    def of_update(state: tuple[Any, Any, Any], n: Any) -> tuple[tuple[Any, Any, Any], Any]:
        d, before, e_folds = state
        a, b = run.method.mode_recursion(λ, n)
        d, before = a * d - b * before, d
        size = jnp.maximum(jnp.hypot(d, before) / 2**0.5, 1e-300)
        settings = run.method.learning_rate_at(n), run.method.mode_recursion(0.0, n)[1]
        return (d / size, before / size, e_folds - jnp.log(size)), settings

    start = (jnp.ones_like(λ), jnp.ones_like(λ), jnp.zeros_like(λ))
    (_, _, e_folds), (η, b) = jax.jit(lambda: jax.lax.scan(of_update, start, jnp.asarray(count)))()
    η, b = np.asarray(η), np.asarray(b)
    return {
        "e_folds": (("mode",), np.asarray(e_folds)),
        "expansion_e_folds": ((), float(np.sum(e_folds_per_update(np.clip(b, 0.0, 1.0))))),
        "integrated_learning_rate": ((), float(np.sum(η / (1 - np.minimum(b, 1 - 1e-16))))),
    }


def _of_classes(request: ForecastRequest, run: LinearisedRun) -> dict[str, Any]:
    """Loss on unseen points, and accuracy where targets are classes."""
    y, probe, loss = request.points.targets, request.probe_targets, request.loss
    found: dict[str, Any] = {}
    unseen = run.outputs[:, len(y) :]
    with np.errstate(over="ignore", invalid="ignore"):
        if probe is not None:
            found["probe_loss"] = (("update",), np.asarray(loss.of_points(unseen, probe)).mean(axis=1))
        if _are_classes(y):
            found["accuracy"] = (("update",), _accuracy(run.outputs[:, : len(y)], y))
            if probe is not None:
                found["probe_accuracy"] = (("update",), _accuracy(unseen, probe))
    return found


def _are_classes(y: np.ndarray) -> bool:
    """One of several outputs is 1 and the others 0; or single outputs are two signs, or 0 and 1."""
    if y.shape[1] > 1:
        return bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
    return set(np.unique(y)) in ({-1.0, 1.0}, {0.0, 1.0})


def _accuracy(outputs: np.ndarray, y: np.ndarray) -> np.ndarray:
    if y.shape[1] > 1:
        return (outputs.argmax(axis=2) == y.argmax(axis=1)).mean(axis=1)
    middle = (y.min() + y.max()) / 2 if y.min() < 0 else 0.5
    return ((outputs[..., 0] > middle) == (y[:, 0] > middle)).mean(axis=1)


def _of_best_pair(request: ForecastRequest) -> dict[str, Any]:
    """For quadratic losses, in modes of the kernel itself."""
    names = ("best_learning_rate", "best_momentum", "best_loss_share")
    values: tuple[float, ...] = (np.nan,) * 3
    y = request.points.targets
    curvature = request.loss.constant_curvature(y.shape[1])
    if curvature is not None:
        Θ = request.kernel.matrix * (curvature / request.loss.divisor(len(y)))
        λ, vectors = np.linalg.eigh((Θ + Θ.T) / 2)
        power = ((request.kernel.outputs - y).ravel() @ vectors) ** 2
        pair, left = best_pair(np.maximum(λ, 0.0), power, request.updates)
        values = (pair.learning_rate, pair.momentum, left)
    return {name: ((), value) for name, value in zip(names, values, strict=True)}


def _of_noise(request: ForecastRequest, run: LinearisedRun, stops: np.ndarray) -> dict[str, Any]:
    """The temperature at the start, and the mean loss where its recursion is known and affordable."""
    assert request.batch_size is not None
    found: dict[str, Any] = {"temperature": ((), _temperature(request, run))}
    d = request.kernel.outputs - request.points.targets
    points, size = len(d), len(run.kernel)
    curvature = request.loss.constant_curvature(d.shape[1])
    affordable = size <= LARGEST_SIZE and 8 * size**3 * float(stops[-1]) <= _MOST_OPERATIONS
    if curvature is not None and isinstance(request.method, GradientDescent | HeavyBall) and affordable:
        scale = curvature * points / request.loss.divisor(points)
        method = HeavyBall(np.asarray(request.method.learning_rate) * scale, np.asarray(request.method.momentum))
        mean, _ = minibatch_mean(run.kernel, d, method, request.batch_size, stops, request.replacement)
        found["minibatch_loss"] = (("update",), mean * scale)
    return found


def _temperature(request: ForecastRequest, run: LinearisedRun) -> float:
    r"""$T = \eta\sigma^2/2B(1-\beta)$ with σ² of the per-example gradients along the stiffest mode, at the start.

    Along $v = J^{\mathsf T}u/\sqrt{N\lambda}$ the gradient of example j is $\sqrt{N\lambda}\sum_ou_{jo}\ell'_{jo}$.
    """
    assert request.batch_size is not None
    y = request.points.targets
    forces = np.asarray(request.loss.forces(run.outputs[0, : len(y)], y))
    λ, vectors = np.linalg.eigh((run.kernel + run.kernel.T) / 2)
    each = np.sqrt(max(λ[-1], 0.0)) * (vectors[:, -1].reshape(forces.shape) * forces).sum(axis=1)
    n = len(y)
    factor = 1.0 if request.replacement or n < 2 else (n - request.batch_size) / (n - 1)
    η = float(run.method.learning_rate_at(request.updates // 2))
    β = float(run.method.mode_recursion(0.0, request.updates // 2)[1])
    scale = (n / request.loss.divisor(n)) ** 2
    return η * float(each.var()) * factor * scale / (2 * request.batch_size * (1 - β))
