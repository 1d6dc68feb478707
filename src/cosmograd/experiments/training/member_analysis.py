"""One trained member against the predictions from its own initial kernel, and from the ensemble's mean kernel."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from cosmograd.duality import (
    PREDICTIONS,
    RESPONSES,
    KernelModes,
    drifting_prediction,
    kernel_modes,
    mass_deficit,
    norm_ratio,
    norm_ratio_over_time,
    predict_outputs,
    relative_error,
    relative_error_over_time,
    split_background,
)
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import AbstractDeviationLoss
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.learning.tangent_kernel import kernel_drift, spectral_entropy
from cosmograd.solvers import spectrum

# Predictions at fixed kernel, in their order in `PREDICTIONS`.
FROZEN = tuple(RESPONSES)


class AnalysisSetting(NamedTuple):
    """What all members of a point share."""

    dataset: Dataset
    loss: AbstractDeviationLoss
    optimiser: AbstractOptimiser
    updates: np.ndarray
    snapshots: np.ndarray
    mean_modes: KernelModes


class MemberAnalysis(NamedTuple):
    """A member's outputs, the predictions of them and the distances between the two.

    Rows run over flattened outputs on training, then probe points.
    """

    outputs: Float[np.ndarray, "records rows"]
    predictions: Float[np.ndarray, "predictions records rows"]
    mean_kernel_predictions: Float[np.ndarray, "frozen records rows"]
    relative_error: Float[np.ndarray, " predictions"]
    relative_error_probe: Float[np.ndarray, " predictions"]
    error_over_time: Float[np.ndarray, "predictions records"]
    error_over_time_probe: Float[np.ndarray, "predictions records"]
    predicted_loss: Float[np.ndarray, "predictions records"]
    split_error: Float[np.ndarray, "parts kernels predictions"]
    split_error_over_time: Float[np.ndarray, "parts predictions records"]
    split_error_probe: Float[np.ndarray, "parts kernels predictions"]
    split_error_probe_over_time: Float[np.ndarray, "parts predictions records"]
    kernel_eigenvalues: Float[np.ndarray, "snapshots size"]
    kernel_trace: Float[np.ndarray, " snapshots"]
    kernel_drift: Float[np.ndarray, " snapshots"]
    spectral_entropy: Float[np.ndarray, " snapshots"]
    discretisation: float
    initial_mass_deficit: float
    final_kernel_drift: float


def analyse_member(
    outputs: Float[np.ndarray, "records all_points outputs"],
    kernels: Float[np.ndarray, "snapshots rows size"],
    setting: AnalysisSetting,
) -> MemberAnalysis:
    """Predict one member four ways and measure how far off each prediction is (infinite, NaN: `relative_errors`)."""
    targets, all_targets = setting.dataset.targets, setting.dataset.all_targets
    size, points, records = targets.size, len(targets), len(setting.updates)
    divisor = float(setting.loss.divisor(points))
    flat = outputs.reshape(records, -1).astype(np.float64)
    y = targets.ravel()

    predictions, from_mean = _predictions(flat, kernels, setting, divisor)
    by_point = predictions.reshape(len(PREDICTIONS), *outputs.shape)
    mean_by_point = from_mean.reshape(len(FROZEN), *outputs.shape)
    train, probe = slice(None, points), slice(points, None)
    with np.errstate(all="ignore"):  # a diverging run or prediction overflows
        errors = [
            [
                relative_error(outputs[:, part].astype(float), p[:, part], all_targets[part], setting.updates)
                for p in by_point
            ]
            for part in (train, probe)
        ]
        over_time = [
            [relative_error_over_time(outputs[:, part].astype(float), p[:, part], all_targets[part]) for p in by_point]
            for part in (train, probe)
        ]
        predicted_loss = np.asarray(setting.loss.density(by_point[:, :, train] - targets)).sum(axis=(2, 3)) / divisor
        predicted_loss = np.where(np.isnan(predicted_loss), np.inf, predicted_loss)  # ∞ − ∞ on the way
        (split_error, split_over_time), (split_error_probe, split_probe_over_time) = (
            _split_errors(
                outputs[:, part], by_point[:, :, part], mean_by_point[:, :, part], all_targets[part], setting.updates
            )
            for part in (train, probe)
        )
        second, stroboscopic = (
            by_point[PREDICTIONS.index(name), :, train] for name in ("second_order", "stroboscopic")
        )
        discretisation = relative_error(stroboscopic, second, targets, setting.updates)
    eigenvalues = np.full((len(kernels), size), np.nan)
    for index, kernel in enumerate(kernels):
        if np.isfinite(kernel).all():
            eigenvalues[index] = spectrum(kernel[:size] / divisor)
    drift = np.array([kernel_drift(kernel[:size], kernels[0, :size]) for kernel in kernels])
    return MemberAnalysis(
        outputs=flat,
        predictions=predictions,
        mean_kernel_predictions=from_mean,
        relative_error=np.array(errors[0]),
        relative_error_probe=np.array(errors[1]),
        error_over_time=np.array(over_time[0]),
        error_over_time_probe=np.array(over_time[1]),
        predicted_loss=predicted_loss,
        split_error=split_error,
        split_error_over_time=split_over_time,
        split_error_probe=split_error_probe,
        split_error_probe_over_time=split_probe_over_time,
        kernel_eigenvalues=eigenvalues,
        kernel_trace=eigenvalues.sum(axis=1),
        kernel_drift=drift,
        spectral_entropy=np.array([spectral_entropy(values) for values in eigenvalues]),
        discretisation=discretisation,
        initial_mass_deficit=mass_deficit(kernels[0, :size], np.asarray(setting.loss.curvature(flat[0, :size] - y))),
        final_kernel_drift=float(drift[-1]),
    )


def _predictions(
    flat: Float[np.ndarray, "records rows"],
    kernels: Float[np.ndarray, "snapshots rows size"],
    setting: AnalysisSetting,
    divisor: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Of the flattened outputs, from the member's own kernels and, at fixed kernel, from the mean one."""
    start, y = jnp.asarray(flat[0]), jnp.asarray(setting.dataset.targets.ravel())
    own_modes = kernel_modes(kernels[0], divisor)
    predictions = np.full((len(PREDICTIONS), *flat.shape), np.nan)
    from_mean = np.full((len(FROZEN), *flat.shape), np.nan)
    for index, name in enumerate(FROZEN):
        for modes, found in ((own_modes, predictions), (setting.mean_modes, from_mean)):
            found[index] = predict_outputs(RESPONSES[name], modes, start, y, setting.optimiser, setting.updates)
    predictions[PREDICTIONS.index("drifting")] = drifting_prediction(
        jnp.asarray(kernels), setting.snapshots, start, y, setting.optimiser, setting.updates, divisor
    )
    return predictions, from_mean


def _split_errors(
    outputs: np.ndarray, predictions: np.ndarray, from_mean: np.ndarray, targets: np.ndarray, updates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Errors of background and perturbations, the mean being over data points; NaN where there are none.

    Shapes (background | perturbations, own | mean kernel, predictions) and, for the own kernel, (…, predictions,
    records).
    """
    total = np.full((2, 2, len(PREDICTIONS)), np.nan)
    over_time = np.full((2, len(PREDICTIONS), len(outputs)), np.nan)
    if not targets.size:
        return total, over_time
    deviation = split_background(outputs - targets, axis=1)
    stands = np.isfinite(outputs).all(axis=(1, 2))
    for index, prediction in enumerate(predictions):
        predicted = split_background(prediction - targets, axis=1)
        for part, (d, p) in enumerate(zip(deviation, predicted, strict=True)):
            total[part, 0, index] = norm_ratio(d - p, d, updates)
            over_time[part, index] = np.where(stands, norm_ratio_over_time(d - p, d[0]), np.nan)
    for index, prediction in enumerate(from_mean):
        predicted = split_background(prediction - targets, axis=1)
        for part, (d, p) in enumerate(zip(deviation, predicted, strict=True)):
            total[part, 1, index] = norm_ratio(d - p, d, updates)
    return total, over_time
