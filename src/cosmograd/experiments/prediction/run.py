"""A prediction from its specification: the learning curve and the regime of every mode, without training."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from cosmograd.duality import updates_to_learn
from cosmograd.duality.linearised_training import loss_eigenvalues, loss_modes
from cosmograd.errors import UserError
from cosmograd.experiments.prediction.learning_curve import (
    InitialModes,
    LearningCurve,
    check_memory,
    curve_of_modes,
    initial_modes,
    learning_curve,
    predict_learning_curve,
)
from cosmograd.experiments.prediction.linearised_run import LinearisedRun
from cosmograd.experiments.prediction.quantities import QUANTITIES
from cosmograd.experiments.prediction.specification import Specification
from cosmograd.experiments.sources import Sources
from cosmograd.experiments.training.assembly import (
    build_optimiser,
    kept_dataset,
    kept_network,
    left_out_of,
    notes_on_columns,
    settings_of_process,
)
from cosmograd.experiments.training.specification import TableData
from cosmograd.learning import choose_mapping
from cosmograd.learning.datasets import table_notes
from cosmograd.learning.losses import AbstractLoss, SquaredLoss
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.results import Result
from cosmograd.solvers import log_spaced_integers

__all__ = ["check", "machine", "notes", "predict_learning_curve", "run"]

# The sections that decide the modes of the initial networks.
_START = ("data", "network", "loss", "members", "seed")
# Values of ηλ at which the learning time is drawn.
_DRAWN = 160


def run(
    specification: Specification,
    sources: Sources,
    progress: Callable[[float], None] = lambda fraction: None,
    pictured: bool = False,
) -> Result:
    """Predict the training; `UserError` where it cannot be. Points of a sweep that start alike share their kernel."""
    del pictured  # all that the figure needs costs nothing
    dataset, network = kept_dataset(specification, sources), kept_network(specification, sources)
    check(specification, sources)
    loss = SquaredLoss(specification.loss.normalisation)
    done = [0.0]

    def advance(fraction: float) -> None:
        done[0] += fraction
        progress(fraction)

    modes = sources.once(
        specification,
        _START,
        lambda: initial_modes(network, dataset, loss, specification.members, specification.seed, advance),
    )
    if not (np.isfinite(modes.eigenvalues).all() and modes.eigenvalues[0] > 0):
        raise UserError(
            "the mean initial tangent kernel vanishes or is not finite, so that nothing is learned; check the "
            "network's scales and the data's."
        )
    optimiser = _optimiser(specification, float(modes.eigenvalues[0]))
    stops = log_spaced_integers(specification.updates, specification.records)
    try:
        curve = learning_curve(modes, optimiser, stops)
        progress(1 - done[0])
    except ValueError as error:
        raise UserError(f"optimiser: {error}") from error
    arrays = _arrays(curve, len(dataset.inputs)) | _drawn(curve, optimiser)
    said = {
        "name": specification.name,
        "specification": json.dumps(specification.model_dump(), ensure_ascii=False),
        "data": dataset.name,
        "columns": json.dumps(_columns(specification, sources), ensure_ascii=False),
        "notes": json.dumps([*notes(specification, sources), *_divergence(curve)], ensure_ascii=False),
    }
    return Result.of("prediction", QUANTITIES, arrays, said)


def prediction_of_modes(
    modes: InitialModes,
    optimiser: AbstractOptimiser,
    stops: np.ndarray,
    points: int,
    data: str,
    more: dict[str, Any],
) -> Result:
    """What an optimiser makes of modes that are known; more: further arrays. ValueError as in `learning_curve`."""
    if not (np.isfinite(modes.eigenvalues).all() and modes.eigenvalues.max() > 0):
        raise ValueError("the tangent kernel vanishes or is not finite, so that nothing is learned.")
    curve = learning_curve(modes, optimiser, stops)
    arrays = _arrays(curve, points) | _drawn(curve, optimiser) | more
    said = {"name": "prediction", "data": data, "notes": json.dumps(_divergence(curve), ensure_ascii=False)}
    return Result.of("prediction", QUANTITIES, arrays, said)


def prediction_of_run(run: LinearisedRun, targets: np.ndarray, loss: AbstractLoss, stops: np.ndarray) -> Result:
    """The same for a given model, by any linear method, or one with a preconditioner, and any loss."""
    points = len(targets)
    train = run.outputs[:, :points]
    with np.errstate(over="ignore", invalid="ignore"):
        losses = np.asarray(loss.of_points(train, targets)).sum(axis=1) / loss.divisor(points)
    λ, gain = loss_modes(run.kernel, train[0].ravel(), targets, loss)
    if not (np.isfinite(λ).all() and λ.max(initial=0.0) > 0):
        raise ValueError("the tangent kernel vanishes or is not finite, so that nothing is learned.")
    modes = InitialModes(λ, gain, float(loss.divisor(points)))
    curve = curve_of_modes(modes, run.method, stops, np.where(np.isfinite(losses), losses, np.inf))
    more: dict[str, Any] = {
        "outputs": (("update", "point", "output"), run.outputs),
        "is_probe": (("point",), np.arange(run.outputs.shape[1]) >= points),
    }
    if not isinstance(loss, SquaredLoss):
        finite = np.where(np.isfinite(train), train, 0.0).reshape(len(stops), -1)
        largest = loss_eigenvalues(run.kernel, finite, targets, loss)[:, 0]
        more["largest_eigenvalue"] = (("update",), np.where(np.isfinite(losses), largest, np.nan))
    arrays = _arrays(curve, points) | _drawn(curve, run.method) | more
    said = {"name": "prediction", "data": "given arrays", "notes": json.dumps(_divergence(curve), ensure_ascii=False)}
    return Result.of("prediction", QUANTITIES, arrays, said)


def check(specification: Specification, sources: Sources) -> None:
    """Raise `UserError` where it cannot be computed as asked."""
    dataset, network = kept_dataset(specification, sources), kept_network(specification, sources)
    loss, records = SquaredLoss(specification.loss.normalisation), min(specification.records, specification.updates + 1)
    try:
        check_memory(network, dataset, loss, _optimiser(specification, None), specification.members, records)
    except ValueError as error:
        raise UserError(str(error)) from error


def notes(specification: Specification, sources: Sources) -> list[str]:
    """Columns of the user's table that are left out, or may not be meant."""
    data = specification.data
    if not isinstance(data, TableData):
        return []
    kept_dataset(specification, sources)  # raises for columns that are not there
    return notes_on_columns(data, sources) + table_notes(sources.columns(data.file), data.target, data.inputs)


def machine(specification: Specification) -> dict[str, Any]:
    """How this process computes the initial kernels."""
    return settings_of_process(choose_mapping("auto", specification.members))


def _optimiser(specification: Specification, largest_eigenvalue: float | None) -> AbstractOptimiser:
    """largest_eigenvalue: None before it is known, with a learning rate of one."""
    section = specification.optimiser
    rate = 1.0 if largest_eigenvalue is None else float(section.eta_lambda_max or 0.0) / largest_eigenvalue
    try:
        return build_optimiser(section, section.learning_rate or rate, specification.updates)
    except ValueError as error:
        raise UserError(f"optimiser: {error}") from error


def _columns(specification: Specification, sources: Sources) -> dict[str, Any]:
    """Target and inputs of a table; nothing for other data."""
    data = specification.data
    if not isinstance(data, TableData):
        return {"target": None, "inputs": None, "columns_left_out": [], "standardised": False}
    columns, targets = sources.columns(data.file), [data.target] if isinstance(data.target, str) else data.target
    left_out = left_out_of(data, sources)
    inputs = [name for name in columns if name not in targets and name not in left_out]
    return {
        "target": data.target,
        "inputs": inputs if data.inputs is None else data.inputs,
        "columns_left_out": left_out,
        "standardised": data.standardise,
    }


def _divergence(curve: LearningCurve) -> list[str]:
    largest, stable = curve.eta_lambda_max, curve.largest_stable_eta_lambda
    if not largest > stable:
        return []
    return [
        f"Training will diverge in the linear theory: ηλ_max = {largest:.4g} exceeds {stable:.4g}. A learning rate "
        f"below {curve.learning_rate * stable / largest:.4g} is stable."
    ]


def _arrays(curve: LearningCurve, points: int) -> dict[str, Any]:
    λ, η, number = curve.eigenvalues, curve.learning_rate, ()
    learned = curve.updates_to_learn <= curve.updates[-1]
    return {
        "update": (("update",), curve.updates),
        "loss": (("update",), curve.loss),
        "mode": (("mode",), 1 + np.arange(len(λ))),
        "eigenvalue": (("mode",), λ),
        "eta_lambda": (("mode",), η * λ),
        "regime": (("mode",), curve.regimes.astype(str)),
        "updates_to_learn": (("mode",), curve.updates_to_learn),
        "initial_share": (("mode",), curve.initial_share),
        "learning_rate": (number, η),
        "momentum": (number, curve.momentum),
        "eta_lambda_max": (number, curve.eta_lambda_max),
        "largest_stable_eta_lambda": (number, curve.largest_stable_eta_lambda),
        "critical_eta_lambda": (number, curve.boundaries[0]),
        "period_two_eta_lambda": (number, curve.boundaries[1]),
        "initial_loss": (number, curve.loss[0]),
        "final_loss": (number, curve.loss[-1]),
        "learned_share": (number, curve.initial_share[learned].sum()),
        "training_points": (number, points),
    }


def _drawn(curve: LearningCurve, optimiser: AbstractOptimiser) -> dict[str, Any]:
    """The learning time of any ηλ, from that of the lightest mode to the largest stable one."""
    x = curve.learning_rate * curve.eigenvalues
    largest = 0.999 * curve.largest_stable_eta_lambda
    smallest = min(float(x[x > _NEGLIGIBLE * x[0]].min()), 0.01 * largest)
    grid = np.geomspace(smallest, largest, _DRAWN)
    run = None if optimiser.constant else max(int(curve.updates[-1]), 1)
    times = updates_to_learn(grid / curve.learning_rate, optimiser, run)
    return {"curve_eta_lambda": (("curve",), grid), "curve_updates_to_learn": (("curve",), times)}


# Modes of smaller ηλ, relative to the stiffest one, are rounding.
_NEGLIGIBLE = 1e-12
