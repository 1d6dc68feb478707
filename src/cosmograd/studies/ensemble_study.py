"""One point of a study: an ensemble is trained, predicted and read as a universe; the result is one xarray Dataset."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from cosmograd.duality import (
    PREDICTIONS,
    SCHEMES,
    TIME_UNITS,
    EnsembleMoments,
    KernelModes,
    continuum_regimes,
    dual_universe,
    expansion_of_schedule,
    kernel_modes,
    largest_stable_eta_lambda,
    mass_over_hubble_squared,
    mass_squared,
    mode_regimes,
    regime_boundaries,
    relative_error,
    relative_error_over_time,
    second_order_response,
    stroboscopic_response,
    updates_to_learn,
)
from cosmograd.errors import UserError
from cosmograd.learning import choose_mapping, mean_initial_kernel, train_ensemble
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import AbstractNetwork
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.solvers import fixed_blas_threads
from cosmograd.studies.assembly import build_optimiser, recorded_updates, snapshot_updates
from cosmograd.studies.member_analysis import FROZEN, AnalysisSetting, MemberAnalysis, analyse_member
from cosmograd.studies.result_schema import AVERAGES, BOUNDARIES, LIMITS, SPLIT_PARTS, with_units
from cosmograd.studies.specification import StudySpecification

# Modes whose amplitudes are kept over time, from the largest eigenvalue down.
LEADING_MODES = 8

Progress = Callable[[float], None]


def run_point(
    specification: StudySpecification,
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
    specification: StudySpecification, dataset: Dataset, network: AbstractNetwork, progress: Progress
) -> xr.Dataset:
    training = specification.training
    loss = SquaredLoss(specification.loss.normalisation)
    divisor = float(loss.divisor(len(dataset.inputs)))
    key = jax.random.key(specification.seed)
    mapping = choose_mapping(training.strategy, training.members, training.vmap_width)

    share = 0.1  # of the work: the initial kernels
    kernel = mean_initial_kernel(
        network, dataset, key, training.members, mapping, training.precision, lambda x: progress(share * x)
    )
    if not np.isfinite(kernel).all() or not np.abs(kernel).max() > 0:
        raise UserError(
            "the mean initial tangent kernel vanishes or is not finite, so no learning rate is defined by it; "
            "check the network's scales and the data's."
        )
    modes = kernel_modes(kernel, divisor)
    λ_max = float(modes.eigenvalues[0])
    section = specification.optimiser
    if section.learning_rate is not None:
        learning_rate = section.learning_rate
    else:
        learning_rate = float(section.eta_lambda_max or 0.0) / λ_max
    optimiser = build_optimiser(section, learning_rate, training.updates)

    setting = AnalysisSetting(dataset, loss, optimiser, recorded_updates(training), snapshot_updates(training), modes)
    try:
        chunks = train_ensemble(
            network,
            dataset,
            loss,
            optimiser,
            key,
            training.members,
            setting.updates,
            mapping,
            setting.snapshots,
            training.precision,
            training.memory_budget * 2**20,
            lambda x: progress((1 - share) * 0.6 * x),
        )
        collected = _Collected(setting)
        for chunk in chunks:
            assert chunk.kernels is not None
            # Members are analysed side by side, but added to the sums one by one in their order.
            with ThreadPoolExecutor(2) as pool:
                analyses = pool.map(lambda o, k: analyse_member(o, k, setting), chunk.outputs, chunk.kernels)
                for index, analysis in enumerate(analyses):
                    collected.add(analysis, chunk.losses[index], int(chunk.diverged_at[index]))
                    progress((1 - share) * 0.4 / training.members)
    except ValueError as error:
        raise UserError(str(error)) from error
    result = _describe_universe(setting, learning_rate, λ_max, divisor)
    result = result.merge(collected.results())
    result = result.merge(_duality_limits(setting, result))
    result.attrs = {
        "strategy": mapping.strategy,
        "vmap_width": mapping.width,
        "precision": training.precision,
        "loss_normalisation": loss.normalisation,
        "loss_divisor": divisor,
        "training_points": len(dataset.inputs),
        "probe_points": len(dataset.probe_inputs),
        "data": dataset.name,
    }
    return with_units(result)


class _Collected:
    """What is kept of the members, added one at a time in their order."""

    def __init__(self, setting: AnalysisSetting) -> None:
        self.setting = setting
        self.per_member: dict[str, list[Any]] = {}
        self.fields, self.errors, self.mean_errors = EnsembleMoments(), EnsembleMoments(), EnsembleMoments()
        self.amplitudes = EnsembleMoments()

    def add(self, analysis: MemberAnalysis, losses: np.ndarray, diverged_at: int) -> None:
        """Add a member; one that diverged is named, and left out of background and perturbations."""
        kept = {name: getattr(analysis, name) for name in _MEMBER_VARIABLES}
        for name, value in (*kept.items(), ("loss", losses), ("diverged_at", diverged_at)):
            self.per_member.setdefault(name, []).append(value)
        if diverged_at >= 0:
            return
        stacked = np.concatenate([analysis.outputs[None], analysis.predictions])
        size = self.setting.dataset.targets.size
        with np.errstate(all="ignore"):
            self.fields.add(stacked)
            self.errors.add(analysis.predictions - analysis.outputs)
            self.mean_errors.add(analysis.mean_kernel_predictions - analysis.outputs[:, :size])
            deviation = stacked[:, :, :size] - self.setting.dataset.targets.ravel()
            self.amplitudes.add(deviation @ np.asarray(self.setting.mean_modes.vectors[:, :LEADING_MODES]))

    def results(self) -> xr.Dataset:
        dataset, updates = self.setting.dataset, self.setting.updates
        variables: dict[str, Any] = {}
        for name, values in self.per_member.items():
            dims = ("member", *_MEMBER_VARIABLES.get(name, _OTHER_MEMBER_VARIABLES.get(name, ())))
            variables[name] = (dims, np.array(values))
        if self.fields.members:
            with np.errstate(all="ignore"):
                variables |= self._moments()
        points = len(dataset.inputs)
        coordinates = {
            "member": np.arange(len(self.per_member["loss"])),
            "record": updates,
            "snapshot": self.setting.snapshots,
            "prediction": list(PREDICTIONS),
            "average": list(AVERAGES),
            "part": list(SPLIT_PARTS),
            "kernel": ["own", "mean"],
            "point": np.arange(len(dataset.all_targets)),
            "output": np.arange(dataset.all_targets.shape[1]),
            "is_probe": ("point", np.arange(len(dataset.all_targets)) >= points),
        }
        used = {dim for dims, *_ in variables.values() for dim in dims} | {"is_probe", "point", "output"}
        variables["target"] = (("point", "output"), dataset.all_targets)
        return xr.Dataset(variables, {name: value for name, value in coordinates.items() if name in used})

    def _moments(self) -> dict[str, Any]:
        """Background, perturbations and their errors, the mean being over initialisations."""
        dataset = self.setting.dataset
        size, members = dataset.targets.size, self.fields.members
        shape = (len(self.setting.updates), *dataset.all_targets.shape)
        y = dataset.targets.ravel()
        mean, scatter = self.fields.mean, self.fields.scatter

        total = np.full((2, 2, len(PREDICTIONS)), np.nan)
        over_time = np.full((2, len(PREDICTIONS), shape[0]), np.nan)
        # Norms of the perturbations over all members follow from the summed squares.
        perturbation = np.sqrt(scatter[0, :, :size])
        for index in range(len(PREDICTIONS)):
            wrong = np.sqrt(self.errors.scatter[index, :, :size])
            background, predicted = mean[0, :, :size], mean[1 + index, :, :size]
            total[0, 0, index] = relative_error(background, predicted, y)
            over_time[0, index] = relative_error_over_time(background, predicted, y)
            if members > 1:
                total[1, 0, index] = _norm_ratio(wrong, perturbation)
                over_time[1, index] = _norm_ratio(wrong, perturbation[:1], axis=1)
        for index in range(len(FROZEN)):
            error, deviation = self.mean_errors.mean[index], mean[0, :, :size] - y
            total[0, 1, index] = _norm_ratio(error, deviation)
            if members > 1:
                total[1, 1, index] = _norm_ratio(np.sqrt(self.mean_errors.scatter[index]), perturbation)

        amplitude_scatter = np.sqrt(self.amplitudes.scatter / max(members - 1, 1))
        rms = np.sqrt(scatter / max(members - 1, 1))
        field = ("record", "point", "output")
        return {
            "background": (field, mean[0].reshape(shape)),
            "background_prediction": (("prediction", *field), mean[1:].reshape(-1, *shape)),
            "perturbation_rms": (field, rms[0].reshape(shape)),
            "perturbation_rms_prediction": (("prediction", *field), rms[1:].reshape(-1, *shape)),
            "mode_background": (("record", "leading_mode"), self.amplitudes.mean[0]),
            "mode_background_prediction": (("prediction", "record", "leading_mode"), self.amplitudes.mean[1:]),
            "mode_perturbation": (("record", "leading_mode"), amplitude_scatter[0]),
            "mode_perturbation_prediction": (("prediction", "record", "leading_mode"), amplitude_scatter[1:]),
            "ensemble_error": (("part", "kernel", "prediction"), total),
            "ensemble_error_over_time": (("part", "prediction", "record"), over_time),
        }


_MEMBER_VARIABLES: dict[str, tuple[str, ...]] = {
    "relative_error": ("prediction",),
    "relative_error_probe": ("prediction",),
    "error_over_time": ("prediction", "record"),
    "error_over_time_probe": ("prediction", "record"),
    "predicted_loss": ("prediction", "record"),
    "split_error": ("part", "kernel", "prediction"),
    "split_error_over_time": ("part", "prediction", "record"),
    "kernel_eigenvalues": ("snapshot", "mode"),
    "kernel_trace": ("snapshot",),
    "kernel_drift": ("snapshot",),
    "spectral_entropy": ("snapshot",),
    "discretisation": (),
}
_OTHER_MEMBER_VARIABLES: dict[str, tuple[str, ...]] = {"loss": ("record",)}


def _norm_ratio(numerator: np.ndarray, denominator: np.ndarray, axis: int | None = None) -> Any:
    over, under = (np.sum(np.square(x), axis=axis) for x in (numerator, denominator))
    ratio = np.sqrt(over / np.where(under > 0, under, np.nan))
    return np.where(np.isfinite(ratio), ratio, np.nan)


def _describe_universe(setting: AnalysisSetting, learning_rate: float, λ_max: float, divisor: float) -> xr.Dataset:
    """The dual universe: its constants in every unit and scheme, its expansion, and the masses of all modes."""
    optimiser, updates = setting.optimiser, setting.updates
    λ = np.asarray(setting.mean_modes.eigenvalues)
    last = int(updates[-1])
    rates, momenta = (
        np.array([float(value(n)) for n in range(last)])
        for value in (optimiser.learning_rate_at, optimiser.momentum_at)
    )
    η, β = float(rates[0]), float(momenta[0])
    constants = np.array(
        [[[float(x) for x in dual_universe(η, β, unit, scheme)] for unit in TIME_UNITS] for scheme in SCHEMES]
    )
    history = [expansion_of_schedule(rates, momenta, scheme=scheme) for scheme in SCHEMES]
    e_folds = np.stack([h.log_scale_factor[updates] for h in history])
    masses = np.stack([np.broadcast_to(mass_squared(λ, η, β, scheme=scheme), λ.shape) for scheme in SCHEMES])
    ratios = np.stack([np.broadcast_to(mass_over_hubble_squared(λ, η, β, scheme), λ.shape) for scheme in SCHEMES])
    learned = _learning_times(λ, optimiser, last)
    initial = setting.dataset.targets.ravel() @ np.asarray(setting.mean_modes.vectors)
    by_unit = ("scheme", "time_unit")
    return xr.Dataset(
        {
            "learning_rate": ((), learning_rate),
            "momentum": ((), β),
            "lambda_max": ((), λ_max),
            "eta_lambda_max": ((), learning_rate * λ_max),
            "largest_stable_eta_lambda": ((), largest_stable_eta_lambda(optimiser)),
            "regime_boundary": ("boundary", regime_boundaries(optimiser)),
            "learning_rate_schedule": ("update", rates),
            "momentum_schedule": ("update", momenta),
            "time_step": (by_unit, constants[:, :, 0]),
            "hubble_rate": (by_unit, constants[:, :, 1]),
            "cosmological_constant": (by_unit, constants[:, :, 2]),
            "e_folds_per_update": ("scheme", constants[:, 0, 3]),
            "e_folds": (("scheme", "record"), e_folds),
            "canonical_time": (("scheme", "record"), np.stack([h.time[updates] for h in history])),
            "hubble_rate_over_time": (("scheme", "update"), np.stack([h.hubble_rate for h in history])),
            "eigenvalue": ("mode", λ),
            "eta_lambda": ("mode", learning_rate * λ),
            "mass_squared": (("scheme", "mode"), masses),
            "mass_over_hubble_squared": (("scheme", "mode"), ratios),
            "regime": ("mode", mode_regimes(λ, optimiser).astype(object)),
            "continuum_regime": ("mode", continuum_regimes(ratios[0]).astype(object)),
            "updates_to_learn": ("mode", learned),
            "target_amplitude": ("mode", initial),
        },
        {
            "scheme": list(SCHEMES),
            "time_unit": list(TIME_UNITS),
            "record": updates,
            "update": np.arange(last),
            "mode": 1 + np.arange(len(λ)),
            "boundary": list(BOUNDARIES),
            "leading_mode": 1 + np.arange(min(LEADING_MODES, len(λ))),
        },
    )


def _learning_times(λ: np.ndarray, optimiser: AbstractOptimiser, last: int) -> np.ndarray:
    """Updates after which each mode stays within 1/e; under a schedule, as far as the run itself goes."""
    if optimiser.constant:
        return updates_to_learn(λ, optimiser)
    response = np.asarray(stroboscopic_response(jnp.asarray(λ), optimiser, np.arange(last + 1)))
    above = np.abs(1 - λ * response) > math.exp(-1)
    latest = last - np.argmax(above[::-1], axis=0)
    return np.where(above[-1], np.nan, latest + 1.0)


def _duality_limits(setting: AnalysisSetting, result: xr.Dataset) -> xr.Dataset:
    """One number for each of the seven places where the two sides differ, in the order of `LIMITS`."""
    modes: KernelModes = setting.mean_modes
    λ = np.asarray(modes.eigenvalues)
    kept = λ > 1e-8 * λ[0]
    number = np.log(1.0 + np.arange(len(λ)))[kept]
    slope = float(np.polyfit(number, np.log(λ[kept]), 1)[0]) if kept.sum() > 2 else np.nan
    amplitude = result["target_amplitude"].values
    updates = setting.updates
    attractor, rest = (
        1 - λ * np.asarray(second_order_response(modes.eigenvalues, setting.optimiser, updates, from_rest=flag))
        for flag in (False, True)
    )
    intact = result["diverged_at"].values < 0

    def median(name: str, **where: Any) -> float:
        values = result[name].isel(**where).values[intact]
        finite = values[np.isfinite(values)]
        return float(np.median(finite)) if finite.size else math.nan

    initial_loss = median("loss", record=0)
    with np.errstate(all="ignore"):
        values = {
            "discretisation": median("discretisation"),
            "finite width": median("kernel_drift", snapshot=-1),
            "no gradient term": slope,
            "spurious fast root": float(_norm_ratio((rest - attractor) * amplitude, attractor * amplitude)),
            "non-quadratic loss": 0.0,
            "minibatch noise": 0.0,
            "no back-reaction": initial_loss / float(result["cosmological_constant"][0, 0]),
        }
    return xr.Dataset({"duality_limit": ("limit", [values[name] for name in LIMITS])}, {"limit": list(LIMITS)})
