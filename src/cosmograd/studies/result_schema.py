"""The results' variables: what each one is, and its unit, written into the file beside it."""

import xarray as xr

from cosmograd.duality import LIMITS
from cosmograd.measurement import estimate_attributes
from cosmograd.studies.point_measurement import MEASURED
from cosmograd.studies.point_noise import POINT_NOISE_VARIABLES

SPLIT_PARTS: tuple[str, ...] = ("background", "perturbations")
# What modes turn into as ηλ grows past each boundary between regimes.
BOUNDARIES: tuple[str, ...] = ("critical", "period-two", "unstable")

# name: (description, unit). Dimensionless is "1"; T is the canonical unit of time (V = L).
VARIABLES: dict[str, tuple[str, str]] = {
    "member": ("number of the network in the ensemble", "1"),
    "record": ("update after which outputs were recorded", "update"),
    "update": ("number of the update", "update"),
    "snapshot": ("update at which the tangent kernel was taken", "update"),
    "prediction": ("which prediction of the effective theory", ""),
    "part": ("background or perturbations", ""),
    "kernel": ("each member's own initial kernel, or the ensemble's mean one, which does not drift", ""),
    "point": ("data point: training points first, then probe points", "1"),
    "is_probe": ("whether the point was kept from training", ""),
    "output": ("output of the network", "1"),
    "mode": ("eigenmode of the mean initial kernel on the training points, from the largest eigenvalue down", "1"),
    "leading_mode": ("as `mode`, the leading ones", "1"),
    "scheme": ("how an update is read as a time step", ""),
    "time_unit": ("unit of time", ""),
    "boundary": ("what modes turn into past this boundary between regimes", ""),
    "limit": ("where the two sides of the duality differ", ""),
    "method": ("optimiser", ""),
    "schedule": ("how learning rate and momentum change during the run", ""),
    "reference_update": ("update that constants, masses and regimes belong to, halfway through the run", "update"),
    "base_learning_rate": ("learning rate that was asked for, which a schedule scales; δ² of a power law", "1"),
    "learning_rate": ("learning rate η of the reference update", "1"),
    "momentum": ("momentum β of the reference update", "1"),
    "lambda_max": ("largest eigenvalue of the mean initial kernel over the loss's divisor", "1"),
    "eta_lambda_max": ("base_learning_rate times lambda_max", "1"),
    "largest_stable_eta_lambda": ("the eta_lambda_max above which some update amplifies in the linear theory", "1"),
    "regime_boundary": ("ηλ of the boundary between regimes of the real updates", "1"),
    "regime_boundary_mass": ("m²/H² (leapfrog) of a mode on the boundary", "1"),
    "continuum_critical_eta_lambda": ("ηλ at which the second-order effective theory is critically damped", "1"),
    "learning_rate_schedule": ("learning rate of each update", "1"),
    "momentum_schedule": ("momentum of each update, as light modes feel it", "1"),
    "time_step": ("duration δ of an update", "unit of time"),
    "hubble_rate": ("Hubble rate H", "1 / unit of time"),
    "cosmological_constant": ("Λ = 3H²", "1 / unit of time²"),
    "e_folds_per_update": ("Hδ", "1"),
    "e_folds": ("ln a since the start of training", "1"),
    "canonical_time": ("time since the start of training", "T"),
    "canonical_time_of_update": ("time at which the update is made, since the start of training", "T"),
    "hubble_rate_over_time": ("Hubble rate during each update", "1/T"),
    "eigenvalue": ("eigenvalue λ of the mean initial kernel over the loss's divisor", "1"),
    "eta_lambda": ("learning_rate times eigenvalue", "1"),
    "mass_squared": ("m² of the mode", "1/T²"),
    "mass_over_hubble_squared": ("m²/H² of the mode", "1"),
    "regime": ("regime of the mode under the real updates", ""),
    "continuum_regime": ("regime that the second-order effective theory takes the mode for", ""),
    "updates_to_learn": ("updates after which the mode stays within 1/e of its start; NaN: never", "update"),
    "target_amplitude": ("component of the targets along the mode", "1"),
    "loss": ("training loss", "1"),
    "final_loss": ("training loss after the last update; NaN of members that diverged", "1"),
    "predicted_loss": ("predicted training loss", "1"),
    "diverged_at": ("update at which the member diverged, −1: it did not", "update"),
    "relative_error": ("|outputs − prediction| / |outputs − targets| over training points and updates", "1"),
    "relative_error_probe": ("the same over probe points", "1"),
    "error_over_time": ("|outputs − prediction| / |initial outputs − targets| over training points", "1"),
    "error_over_time_probe": ("the same over probe points", "1"),
    "split_error": ("relative error of background and perturbations, mean over data points", "1"),
    "split_error_over_time": ("the same at each record, over its initial size, from the own kernel", "1"),
    "split_error_probe": ("split_error over probe points", "1"),
    "split_error_probe_over_time": ("split_error_over_time over probe points", "1"),
    "ensemble_error": ("relative error of background and perturbations, mean over initialisations", "1"),
    "ensemble_error_over_time": ("the same at each record, over its initial size, from the own kernel", "1"),
    "ensemble_error_probe": ("ensemble_error over probe points", "1"),
    "ensemble_error_probe_over_time": ("ensemble_error_over_time over probe points", "1"),
    "kernel_eigenvalues": ("eigenvalues of the member's kernel over the loss's divisor", "1"),
    "kernel_trace": ("trace of the member's kernel over the loss's divisor", "1"),
    "kernel_drift": ("|Θ − Θ(0)|/|Θ(0)| on the training points", "1"),
    "final_kernel_drift": ("kernel_drift at the last snapshot", "1"),
    "spectral_entropy": ("spectral entropy of the member's kernel", "nat"),
    "initial_mass_deficit": ("share of the heaviest mode's m² near the targets that it lacks at the start", "1"),
    "mode_wavenumber": ("how fast the mode varies over neighbouring data points, k", "1"),
    "discretisation": ("distance of the second-order from the stroboscopic prediction", "1"),
    "target": ("targets", "1"),
    "background": ("mean output over the members that did not diverge", "1"),
    "background_prediction": ("mean over these members of the prediction from their own kernels", "1"),
    "perturbation_rms": ("standard deviation of the outputs over members", "1"),
    "perturbation_rms_prediction": ("standard deviation of the predictions over members", "1"),
    "mode_background": ("mean over members of (outputs − targets) along the mode", "1"),
    "mode_background_prediction": ("prediction of the same", "1"),
    "mode_perturbation": ("standard deviation over members of (outputs − targets) along the mode", "1"),
    "mode_perturbation_prediction": ("prediction of the same", "1"),
    "study_point": ("point of the study", "1"),
    "failure": ("why the point has no results; empty where it has them", ""),
    "duality_limit": ("by how much the two sides differ in this run, see the attributes", "1"),
}

VARIABLES |= estimate_attributes(MEASURED) | {
    "measured_mode": ("fitted mode, from the largest ηλ down", "1"),
    f"{MEASURED}goodness_of_fit": ("1 − |residual|²/|motion|² of the fitted recursion", "1"),
    f"{MEASURED}autocorrelation": ("of the residuals of the fitted recursion, from update to update", "1"),
    f"{MEASURED}left_out": ("share of the motion that lies along none of the fitted modes", "1"),
    f"{MEASURED}notes": ("what the measurement says beside its numbers", ""),
}
VARIABLES |= POINT_NOISE_VARIABLES

# What stands for the sampling where every update sees all points.
FULL_BATCH = "full-batch"

# What is the same at every point stands in the attributes, what differs becomes a variable along the points.
SETTINGS: dict[str, tuple[str, str]] = {
    "arithmetic": ("whether members are batched into one operation, and how many", ""),
    "precision": ("of parameters and training", ""),
    "linearised": ("whether each network was replaced by its linearisation around its start", ""),
    "parametrisation": ("how a perceptron's layers are scaled with their widths; empty for other models", ""),
    "loss_kind": ("loss of each deviation from the targets", ""),
    "loss_normalisation": ("loss as sum or mean over points", ""),
    "loss_divisor": ("N of the loss Σ ℓ(f − y)/N", "1"),
    "training_points": ("number of training points", "1"),
    "probe_points": ("number of probe points", "1"),
    "data": ("data that the networks are trained on", ""),
    "batch_size": ("examples per update", "1"),
    "sampling": ("how the examples of an update are drawn", ""),
}


def with_units(result: xr.Dataset) -> xr.Dataset:
    """The same dataset with `long_name` and `units` on every variable and coordinate."""
    result = result.copy()
    for name in map(str, result.variables):
        known = VARIABLES | SETTINGS
        if name not in known:  # a swept key
            continue
        description, unit = known[name]
        result[name].attrs = {"long_name": description, **({"units": unit} if unit else {})}
    if "limit" in result.coords:
        result["duality_limit"].attrs |= {key.replace(" ", "_"): text for key, text in LIMITS.items()}
    for name, variable in result.variables.items():
        if variable.dtype == object:
            result[name] = variable.astype(str)
    return result
