"""What comes out of the training of an ensemble: every array, declared once.

Dimensionless is "1"; T is the canonical unit of time (V = L).
"""

from typing import Any

import xarray as xr

from cosmograd.duality import LIMITS
from cosmograd.experiments.training.point_measurement import MEASURED
from cosmograd.experiments.training.point_noise import POINT_NOISE_QUANTITIES
from cosmograd.measurement import estimated_quantities
from cosmograd.results import Quantity, quantities_by_name

SPLIT_PARTS: tuple[str, ...] = ("background", "perturbations")
# What modes turn into as ηλ grows past each boundary between regimes.
BOUNDARIES: tuple[str, ...] = ("critical", "period-two", "unstable")

# What stands for the sampling where every update sees all points.
FULL_BATCH = "full-batch"

# What is the same at every point of a study stands in its attributes, what differs becomes a variable along the points.
SETTINGS = (
    Quantity("arithmetic", "whether members are batched into one operation, and how many", ""),
    Quantity("precision", "of parameters and training", ""),
    Quantity("linearised", "whether each network was replaced by its linearisation around its start", ""),
    Quantity("parametrisation", "how a perceptron's layers are scaled with their widths; empty for other models", ""),
    Quantity("loss_kind", "loss of each deviation from the targets", ""),
    Quantity("loss_normalisation", "loss as sum or mean over points", ""),
    Quantity("loss_divisor", "N of the loss Σ ℓ(f − y)/N"),
    Quantity("training_points", "number of training points"),
    Quantity("probe_points", "number of probe points"),
    Quantity("data", "data that the networks are trained on", ""),
    Quantity("batch_size", "examples per update"),
    Quantity("sampling", "how the examples of an update are drawn", ""),
)

QUANTITIES = (
    Quantity("member", "number of the network in the ensemble", "1", ("member",)),
    Quantity("record", "update after which outputs were recorded", "update", ("record",)),
    Quantity("update", "number of the update", "update", ("update",)),
    Quantity("snapshot", "update at which the tangent kernel was taken", "update", ("snapshot",)),
    Quantity("prediction", "which prediction of the effective theory", "", ("prediction",)),
    Quantity("part", "background or perturbations", "", ("part",)),
    Quantity(
        "kernel", "each member's own initial kernel, or the ensemble's mean one, which does not drift", "", ("kernel",)
    ),
    Quantity("point", "data point: training points first, then probe points", "1", ("point",)),
    Quantity("is_probe", "whether the point was kept from training", "", ("point",)),
    Quantity("output", "output of the network", "1", ("output",)),
    Quantity(
        "mode",
        "eigenmode of the mean initial kernel on the training points, from the largest eigenvalue down",
        "1",
        ("mode",),
    ),
    Quantity("leading_mode", "as `mode`, the leading ones", "1", ("leading_mode",)),
    Quantity("scheme", "how an update is read as a time step", "", ("scheme",)),
    Quantity("time_unit", "unit of time", "", ("time_unit",)),
    Quantity("boundary", "what modes turn into past this boundary between regimes", "", ("boundary",)),
    Quantity("limit", "where the two sides of the duality differ", "", ("limit",)),
    Quantity("method", "optimiser", ""),
    Quantity("schedule", "how learning rate and momentum change during the run", ""),
    Quantity(
        "reference_update", "update that constants, masses and regimes belong to, halfway through the run", "update"
    ),
    Quantity("base_learning_rate", "learning rate that was asked for, which a schedule scales; δ² of a power law"),
    Quantity("learning_rate", "learning rate η of the reference update", symbol="η"),
    Quantity("momentum", "momentum β of the reference update", symbol="β"),
    Quantity("lambda_max", "largest eigenvalue of the mean initial kernel over the loss's divisor", symbol="λ_max"),
    Quantity("eta_lambda_max", "base_learning_rate times lambda_max", symbol="ηλ_max"),
    Quantity("largest_stable_eta_lambda", "the eta_lambda_max above which some update amplifies in the linear theory"),
    Quantity("regime_boundary", "ηλ of the boundary between regimes of the real updates", "1", ("boundary",)),
    Quantity("regime_boundary_mass", "m²/H² (leapfrog) of a mode on the boundary", "1", ("boundary",)),
    Quantity("continuum_critical_eta_lambda", "ηλ at which the second-order effective theory is critically damped"),
    Quantity("learning_rate_schedule", "learning rate of each update", "1", ("update",)),
    Quantity("momentum_schedule", "momentum of each update, as light modes feel it", "1", ("update",)),
    Quantity("time_step", "duration δ of an update", "unit of time", ("scheme", "time_unit"), "δ"),
    Quantity("hubble_rate", "Hubble rate H", "1 / unit of time", ("scheme", "time_unit"), "H"),
    Quantity("cosmological_constant", "Λ = 3H²", "1 / unit of time²", ("scheme", "time_unit"), "Λ"),
    Quantity("e_folds_per_update", "Hδ", "1", ("scheme",), "Hδ"),
    Quantity("e_folds", "ln a since the start of training", "1", ("scheme", "record")),
    Quantity("canonical_time", "time since the start of training", "T", ("scheme", "record")),
    Quantity(
        "canonical_time_of_update",
        "time at which the update is made, since the start of training",
        "T",
        ("scheme", "update"),
    ),
    Quantity("hubble_rate_over_time", "Hubble rate during each update", "1/T", ("scheme", "update")),
    Quantity("eigenvalue", "eigenvalue λ of the mean initial kernel over the loss's divisor", "1", ("mode",), "λ"),
    Quantity("eta_lambda", "learning_rate times eigenvalue", "1", ("mode",), "ηλ"),
    Quantity("mass_squared", "m² of the mode", "1/T²", ("scheme", "mode"), "m²"),
    Quantity("mass_over_hubble_squared", "m²/H² of the mode", "1", ("scheme", "mode"), "m²/H²"),
    Quantity("regime", "regime of the mode under the real updates", "", ("mode",)),
    Quantity("continuum_regime", "regime that the second-order effective theory takes the mode for", "", ("mode",)),
    Quantity(
        "updates_to_learn",
        "updates after which the mode stays within 1/e of its start; NaN: never",
        "update",
        ("mode",),
    ),
    Quantity("target_amplitude", "component of the targets along the mode", "1", ("mode",)),
    Quantity("loss", "training loss", "1", ("member", "record"), "L"),
    Quantity("final_loss", "training loss after the last update; NaN of members that diverged", "1", ("member",)),
    Quantity("predicted_loss", "predicted training loss", "1", ("member", "prediction", "record")),
    Quantity("diverged_at", "update at which the member diverged, −1: it did not", "update", ("member",)),
    Quantity(
        "relative_error",
        "|outputs − prediction| / |outputs − targets| over training points and updates",
        "1",
        ("member", "prediction"),
    ),
    Quantity("relative_error_probe", "the same over probe points", "1", ("member", "prediction")),
    Quantity(
        "error_over_time",
        "|outputs − prediction| / |initial outputs − targets| over training points",
        "1",
        ("member", "prediction", "record"),
    ),
    Quantity("error_over_time_probe", "the same over probe points", "1", ("member", "prediction", "record")),
    Quantity(
        "split_error",
        "relative error of background and perturbations, mean over data points",
        "1",
        ("member", "part", "kernel", "prediction"),
    ),
    Quantity(
        "split_error_over_time",
        "the same at each record, over its initial size, from the own kernel",
        "1",
        ("member", "part", "prediction", "record"),
    ),
    Quantity("split_error_probe", "split_error over probe points", "1", ("member", "part", "kernel", "prediction")),
    Quantity(
        "split_error_probe_over_time",
        "split_error_over_time over probe points",
        "1",
        ("member", "part", "prediction", "record"),
    ),
    Quantity(
        "ensemble_error",
        "relative error of background and perturbations, mean over initialisations",
        "1",
        ("part", "kernel", "prediction"),
    ),
    Quantity(
        "ensemble_error_over_time",
        "the same at each record, over its initial size, from the own kernel",
        "1",
        ("part", "prediction", "record"),
    ),
    Quantity("ensemble_error_probe", "ensemble_error over probe points", "1", ("part", "kernel", "prediction")),
    Quantity(
        "ensemble_error_probe_over_time",
        "ensemble_error_over_time over probe points",
        "1",
        ("part", "prediction", "record"),
    ),
    Quantity(
        "kernel_eigenvalues",
        "eigenvalues of the member's kernel over the loss's divisor",
        "1",
        ("member", "snapshot", "mode"),
    ),
    Quantity("kernel_trace", "trace of the member's kernel over the loss's divisor", "1", ("member", "snapshot")),
    Quantity("kernel_drift", "|Θ − Θ(0)|/|Θ(0)| on the training points", "1", ("member", "snapshot"), "|ΔΘ|/|Θ|"),
    Quantity("final_kernel_drift", "kernel_drift at the last snapshot", "1", ("member",)),
    Quantity("spectral_entropy", "spectral entropy of the member's kernel", "nat", ("member", "snapshot")),
    Quantity(
        "initial_mass_deficit",
        "share of the heaviest mode's m² near the targets that it lacks at the start",
        "1",
        ("member",),
    ),
    Quantity("mode_wavenumber", "how fast the mode varies over neighbouring data points, k", "1", ("mode",)),
    Quantity("discretisation", "distance of the second-order from the stroboscopic prediction", "1", ("member",)),
    Quantity("target", "targets", "1", ("point", "output")),
    Quantity("background", "mean output over the members that did not diverge", "1", ("record", "point", "output")),
    Quantity(
        "background_prediction",
        "mean over these members of the prediction from their own kernels",
        "1",
        ("prediction", "record", "point", "output"),
    ),
    Quantity("perturbation_rms", "standard deviation of the outputs over members", "1", ("record", "point", "output")),
    Quantity(
        "perturbation_rms_prediction",
        "standard deviation of the predictions over members",
        "1",
        ("prediction", "record", "point", "output"),
    ),
    Quantity(
        "mode_background", "mean over members of (outputs − targets) along the mode", "1", ("record", "leading_mode")
    ),
    Quantity("mode_background_prediction", "prediction of the same", "1", ("prediction", "record", "leading_mode")),
    Quantity(
        "mode_perturbation",
        "standard deviation over members of (outputs − targets) along the mode",
        "1",
        ("record", "leading_mode"),
    ),
    Quantity("mode_perturbation_prediction", "prediction of the same", "1", ("prediction", "record", "leading_mode")),
    Quantity("duality_limit", "by how much the two sides differ in this run, see the attributes", "1", ("limit",)),
    Quantity("measured_mode", "fitted mode, from the largest ηλ down", "1", ("measured_mode",)),
    Quantity(f"{MEASURED}goodness_of_fit", "1 − |residual|²/|motion|² of the fitted recursion"),
    Quantity(f"{MEASURED}autocorrelation", "of the residuals of the fitted recursion, from update to update"),
    Quantity(f"{MEASURED}left_out", "share of the motion that lies along none of the fitted modes"),
    Quantity(f"{MEASURED}notes", "what the measurement says beside its numbers", ""),
    *estimated_quantities(MEASURED, "measured_mode"),
    *POINT_NOISE_QUANTITIES,
    *SETTINGS,
    Quantity("study_point", "point of the study", "1", ("study_point",)),
    Quantity("failure", "why the point has no results; empty where it has them", "", ("study_point",)),
)
_DECLARED = quantities_by_name(QUANTITIES)


def with_units(result: xr.Dataset) -> xr.Dataset:
    """The same dataset with `long_name` and `units` on every variable and coordinate."""
    result = result.copy()
    for name in map(str, result.variables):
        if name in _DECLARED:  # others are swept keys
            result[name].attrs = dict[str, Any](_DECLARED[name].attributes)
    if "limit" in result.coords:
        result["duality_limit"].attrs |= {key.replace(" ", "_"): text for key, text in LIMITS.items()}
    for name, variable in result.variables.items():
        if variable.dtype == object:
            result[name] = variable.astype(str)
    return result
