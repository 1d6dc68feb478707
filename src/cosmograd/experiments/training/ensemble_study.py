"""One point of a study: an ensemble is trained, predicted and read as a universe; the result is one xarray Dataset."""

import functools
import json
import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
import xarray as xr

from cosmograd.duality import EnsembleMoments, kernel_modes
from cosmograd.errors import UserError
from cosmograd.experiments.training.assembly import (
    build_batches,
    build_loss,
    build_optimiser,
    recorded_updates,
    settings_of_process,
    snapshot_updates,
)
from cosmograd.experiments.training.ensemble_comparison import EnsembleComparison
from cosmograd.experiments.training.member_analysis import AnalysisSetting, MemberAnalysis, analyse_member
from cosmograd.experiments.training.point_measurement import PointMeasurement
from cosmograd.experiments.training.point_noise import measure_point_noise, memory_of_noise
from cosmograd.experiments.training.point_universe import describe_universe, measure_limits
from cosmograd.experiments.training.quantities import FULL_BATCH, with_units
from cosmograd.experiments.training.specification import OptimiserSection, Specification, TrainingSection
from cosmograd.learning import (
    EnsembleChunk,
    MemberMapping,
    choose_mapping,
    mean_initial_kernel,
    plan_training,
    train_ensemble,
)
from cosmograd.learning.batches import AbstractBatches, ShuffledEpochs
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import AbstractLoss, PseudoHuberLoss, SquaredLoss
from cosmograd.learning.networks import AbstractNetwork
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.measurement.noise import kernel_mode_variance, sampling_factor, small_step_temperature
from cosmograd.precision import in_float64
from cosmograd.solvers import fixed_blas_threads

Progress = Callable[[float], None]

# Shares of the work, for the progress bar.
_INITIAL_KERNELS, _TRAINING = 0.1, 0.54
# Of the whole, where the noise is measured too.
_NOISE = 0.3

# As study files call them.
_LOSS_KINDS: dict[type, str] = {SquaredLoss: "squared", PseudoHuberLoss: "pseudo-huber"}

# Members that are analysed side by side; each holds its kernels and four predictions in memory.
_SIDE_BY_SIDE = 2

# Arrays alive at a time in the analysis and the results, as large as the recorded outputs, as a kernel, and as the run.
_FIELDS, _MATRICES, _HISTORIES = 90, 20, 60
# Copies of what every member leaves for the measurement.
_KEPT_FOR_MEASURING = 3


def mapping_of(training: TrainingSection) -> MemberMapping:
    """How the members of a study are mapped on this machine."""
    return choose_mapping(training.strategy, training.members, training.vmap_width)


def machine_settings(specification: Specification) -> dict[str, Any]:
    """How this process computes a point."""
    return settings_of_process(mapping_of(specification.training))


def checked_alike(specification: Specification) -> str:
    """Points with the same text pass `check_point` together, if they have the same data and network."""
    contents = specification.model_dump(mode="json", exclude={"name", "seed", "sweep"})
    optimiser = contents["optimiser"]
    optimiser["momentum"] = optimiser["momentum"] > 0  # the state holds a velocity, or none
    for step in ("learning_rate", "eta_lambda_max"):
        del optimiser[step]
    return json.dumps(contents, sort_keys=True)


def check_point(specification: Specification, dataset: Dataset, network: AbstractNetwork) -> None:
    """Raise `UserError` where a point cannot be computed as asked; costs no computation."""
    training = specification.training
    # The learning rate is not known yet; what is checked here does not depend on it.
    optimiser = _optimiser(specification.optimiser, 1.0, training.updates)
    batches = build_batches(training, len(dataset.inputs))
    try:
        plan_training(
            *(network, dataset, build_loss(specification.loss), optimiser, training.members),
            len(_records(specification)),
            *(mapping_of(training), training.kernel_snapshots, training.precision),
            *(training.memory_budget * 2**20, _memory_of_analysis(specification, dataset, network), batches),
        )
    except ValueError as error:
        of_noise = _memory_of_noise(specification, dataset, network) / 2**20
        mend = f" The noise takes {of_noise:.0f} MiB: fewer `noise.updates` or `noise.members` take less."
        raise UserError(f"training.memory_budget: {error}{mend if of_noise else ''}") from error


def _records(specification: Specification) -> np.ndarray:
    """The updates after which outputs are recorded: those of the comparison, and all that are measured."""
    recorded, measured = recorded_updates(specification.training), specification.measurement.updates
    return np.union1d(recorded, np.arange(measured + 1)) if measured else np.asarray(recorded)


def _memory_of_analysis(specification: Specification, dataset: Dataset, network: AbstractNetwork) -> int:
    """About how many bytes the predictions of members, their comparison, the measurements and their results take."""
    training, measured = specification.training, specification.measurement
    rows, size, records = dataset.all_targets.size, dataset.targets.size, len(recorded_updates(training))
    compared = _FIELDS * records * rows + _MATRICES * rows * size + _HISTORIES * training.updates
    of_member = (measured.updates + 1) * size + (size**2 if measured.kernel == "known" else 0)
    kept = _KEPT_FOR_MEASURING * training.members * of_member if measured.updates else 0
    return 8 * (compared + kept) + _memory_of_noise(specification, dataset, network)


def _memory_of_noise(specification: Specification, dataset: Dataset, network: AbstractNetwork) -> int:
    section, batch_size = specification.noise, specification.training.batch_size
    return memory_of_noise(section, network, dataset, batch_size) if section.updates and batch_size else 0


def run_point(
    specification: Specification,
    dataset: Dataset,
    network: AbstractNetwork,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Train the ensemble of one point and compare it with its effective theory.

    progress: called with the fraction of the work done since the last call. The result is a pure function of the
    arguments, bit for bit on one machine.
    """
    with fixed_blas_threads():
        return _run_point(specification, dataset, network, progress or (lambda fraction: None))


def _run_point(
    specification: Specification, dataset: Dataset, network: AbstractNetwork, progress: Progress
) -> xr.Dataset:
    training, section = specification.training, specification.optimiser
    of_noise, whole = (_NOISE if specification.noise.updates else 0.0), progress
    progress = functools.partial(_part, whole, 1 - of_noise)
    budget = training.memory_budget * 2**20
    loss = build_loss(specification.loss)
    divisor = float(loss.divisor(len(dataset.inputs)))
    key = jax.random.key(specification.seed)
    mapping = mapping_of(training)

    check_point(specification, dataset, network)
    batches = build_batches(training, len(dataset.inputs))
    recorded, snapshots = recorded_updates(training), snapshot_updates(training)
    kernel = mean_initial_kernel(
        network,
        dataset,
        key,
        training.members,
        mapping,
        training.precision,
        budget,
        lambda x: progress(_INITIAL_KERNELS * x),
        probe_rows=True,
    )
    if not np.isfinite(kernel).all() or not np.abs(kernel).max() > 0:
        raise UserError(
            "the mean initial tangent kernel vanishes or is not finite, so no learning rate is defined by it; "
            "check the network's scales and the data's."
        )
    modes = kernel_modes(kernel, divisor)
    base_learning_rate = section.learning_rate or float(section.eta_lambda_max or 0.0) / float(modes.eigenvalues[0])
    optimiser = _optimiser(section, base_learning_rate, training.updates)
    setting = AnalysisSetting(dataset, loss, optimiser, recorded, snapshots, modes)
    chunks = train_ensemble(
        network,
        dataset,
        loss,
        optimiser,
        key,
        training.members,
        _records(specification),
        mapping,
        setting.snapshots,
        training.precision,
        budget,
        lambda x: progress(_TRAINING * x),
        _memory_of_analysis(specification, dataset, network),
        batches,
    )
    measured = specification.measurement
    measurement = PointMeasurement(dataset, measured.updates, measured.kernel) if measured.updates else None
    share = (1 - _INITIAL_KERNELS - _TRAINING) / training.members
    done = functools.partial(_part, progress, share)
    result = compare(chunks, setting, section.method, section.schedule, batches, base_learning_rate, measurement, done)
    if specification.noise.updates and batches is not None and isinstance(loss, SquaredLoss):
        arguments = specification.noise, network, dataset, loss, optimiser, batches, key
        result = result.merge(measure_point_noise(*arguments, functools.partial(_part, whole, of_noise)))
    result.attrs = {
        "arithmetic": mapping.arithmetic,
        "precision": training.precision,
        "linearised": "yes" if specification.network.linearised else "no",
        "parametrisation": getattr(specification.network, "parametrisation", ""),
    } | attributes_of_run(dataset, loss, batches, training.sampling)
    return with_units(result)


def attributes_of_run(
    dataset: Dataset, loss: AbstractLoss, batches: AbstractBatches | None, sampling: str
) -> dict[str, Any]:
    """What is the same for the whole run, by the names in `quantities.SETTINGS`."""
    return {
        "loss_kind": _LOSS_KINDS[type(loss)],
        "loss_normalisation": loss.normalisation,
        "loss_divisor": float(loss.divisor(len(dataset.inputs))),
        "training_points": len(dataset.inputs),
        "probe_points": len(dataset.probe_inputs),
        "data": dataset.name,
        "batch_size": len(dataset.inputs) if batches is None else batches.size,
        "sampling": FULL_BATCH if batches is None else sampling,
    }


def compare(
    chunks: Iterable[EnsembleChunk],
    setting: AnalysisSetting,
    method: str,
    schedule: str,
    batches: AbstractBatches | None,
    base_learning_rate: float,
    measurement: PointMeasurement | None,
    progress: Progress,
) -> xr.Dataset:
    """A trained ensemble against its effective theory, and the universe that it is.

    method, schedule: in words; measurement: of the universe from the outputs, None for none; progress: called with 1
    for every member. Records that the setting does not ask for are used by the measurement only.
    """
    dataset, loss, divisor = setting.dataset, setting.loss, float(setting.loss.divisor(len(setting.dataset.inputs)))
    comparison, noise = EnsembleComparison(setting), EnsembleMoments()
    for chunk in chunks:
        if measurement is not None:
            measurement.add(chunk)
        chunk = _compared(chunk, setting.updates)
        for index, analysis in enumerate(_analyses(chunk, setting)):
            comparison.add(analysis, chunk.losses[index], int(chunk.diverged_at[index]))
            if batches is not None and chunk.diverged_at[index] < 0:
                deviations = chunk.outputs[index, -1, : len(dataset.inputs)].astype(np.float64) - dataset.targets
                forces = np.asarray(loss.force(deviations))
                noise.add(kernel_mode_variance(forces, setting.mean_modes, divisor)[:1])
            progress(1.0)
        del chunk  # its arrays go before those of the next are made
    result = describe_universe(setting, method, schedule, base_learning_rate).merge(comparison.results())
    if measurement is not None:
        η, β = float(result["learning_rate"]), float(result["momentum"])
        result = result.merge(measurement.results(η, β, divisor))
    temperature = 0.0 if batches is None else _noise_temperature(result, noise, batches, len(dataset.inputs))
    return result.merge(measure_limits(setting, result, temperature))


def _part(whole: Progress, share: float, fraction: float) -> None:
    """Progress of a part that has this share of the whole."""
    whole(share * fraction)


def _optimiser(section: OptimiserSection, learning_rate: float, updates: int) -> AbstractOptimiser:
    try:
        return build_optimiser(section, learning_rate, updates)
    except ValueError as error:
        raise UserError(f"optimiser: {error}") from error


def _noise_temperature(result: xr.Dataset, variance: EnsembleMoments, batches: AbstractBatches, points: int) -> float:
    """T along the stiffest mode, from the mean over members of its σ²; NaN where all diverged."""
    if not variance.members:
        return math.nan
    factor = 1.0 if isinstance(batches, ShuffledEpochs) else sampling_factor(batches, points)
    η, β = float(result["learning_rate"]), float(result["momentum"])
    return float(small_step_temperature(η, β, variance.mean[0], batches.size, factor))


def _compared(chunk: EnsembleChunk, updates: np.ndarray) -> EnsembleChunk:
    """A chunk with the records of the comparison only."""
    if np.array_equal(chunk.updates, updates):
        return chunk
    places = np.searchsorted(chunk.updates, updates)
    return chunk._replace(
        updates=chunk.updates[places], outputs=chunk.outputs[:, places], losses=chunk.losses[:, places]
    )


def _analyses(chunk: EnsembleChunk, setting: AnalysisSetting) -> Iterator[MemberAnalysis]:
    """Analyse members a few side by side, and hand them out one by one in their order."""
    assert chunk.kernels is not None
    numbers, outputs, kernels = range(len(chunk.members)), chunk.outputs, chunk.kernels
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for first in numbers[::_SIDE_BY_SIDE]:
            batch = numbers[first : first + _SIDE_BY_SIDE]
            yield from pool.map(
                in_float64(lambda number: analyse_member(outputs[number], kernels[number], setting)), batch
            )
