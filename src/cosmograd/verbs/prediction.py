"""Predictions at the front door."""

from typing import Any

import numpy as np

from cosmograd.duality import kernel_modes, predict_outputs, stroboscopic_response
from cosmograd.experiments.prediction.learning_curve import InitialModes
from cosmograd.experiments.prediction.run import prediction_of_modes
from cosmograd.learning.losses import AbstractLoss, SquaredLoss
from cosmograd.learning.networks.models import as_points
from cosmograd.learning.optimisers import as_optimiser
from cosmograd.learning.tangent_kernel import TangentKernel, kernel_of_result, tangent_kernel
from cosmograd.precision import in_float64
from cosmograd.results import Result
from cosmograd.solvers import fixed_blas_threads, log_spaced_integers
from cosmograd.verbs.checks import check_whole
from cosmograd.verbs.losses import as_loss

_RECORDS = 200


@in_float64
def predict(
    model: Any = None,
    inputs: Any = None,
    targets: Any = None,
    optimiser: Any = None,
    *,
    updates: int,
    probe_inputs: Any = None,
    loss: str | AbstractLoss = "mean",
    records: Any = None,
    eigenvalues: Any = None,
    start: Any = None,
) -> Result:
    r"""Predict a training from the tangent kernel at its start, without training.

    $$d_i(n) = (1-\lambda_ih_i(n))\,d_i(0), \qquad L(n) = \tfrac1{2N}\sum_id_i(n)^2$$

    for the modes $d_i = u_i\cdot(f - y)$ of the kernel $\Theta/N = \sum_i\lambda_iu_iu_i^{\mathsf T}$, by the
    optimiser's own recursion: exact for a kernel that stands still, as in the limit of infinite width.

    Args:
        model: as in `tangent_kernel`, at its current parameters, where the training starts; or what `tangent_kernel`
            returned, without `inputs`.
        inputs: array (points, …).
        targets: array (points, outputs), or (points,) for one output.
        optimiser: an Optax transformation that is linear in the gradient, or one of `cosmograd.learning.optimisers`.
        updates: length of the run.
        probe_inputs: unseen points, whose outputs are predicted too.
        loss: `mean` over points (N their number) or `sum` (N = 1) of the squared loss.
        records: updates at which to predict; 200 of them, evenly in ln(1 + n), when left out.
        eigenvalues: instead of model and data, λ_i of the loss's Hessian; then N = 1.
        start: d_i(0) of these modes.

    Returns:
        `loss` and `outputs` (update, point, output) at `update`, training points first, then probe points (`is_probe`);
        of every mode `eigenvalue`, `regime`, `updates_to_learn` (NaN: never) and `initial_share` of the loss;
        `largest_stable_eta_lambda`, above which the linear theory diverges.

    Raises:
        ValueError: with the reason and what to do.

    Example:
        >>> predict(eigenvalues=[1.0, 0.1], start=[1.0, 1.0], optimiser=optax.sgd(0.5), updates=10).learned_share
        0.5

    Source: Lee et al. 2019, arXiv:1902.06720, for gradient descent; `cosmograd.duality.effective_theory`.
    """
    check_whole("updates", updates, 1)
    if optimiser is None:
        raise ValueError("give an `optimiser`: an Optax transformation, as optax.sgd(0.05, momentum=0.9).")
    found, objective = as_optimiser(optimiser, updates), as_loss(loss)
    if not isinstance(objective, SquaredLoss):
        raise ValueError(
            f"`loss` is {type(objective).__name__}; a training is predicted for the squared loss, whose modes do not "
            "act on each other. For another loss use `train`."
        )
    stops = log_spaced_integers(updates, _RECORDS) if records is None else _checked_records(records, updates)
    if eigenvalues is not None or start is not None:
        given = {"model": model, "inputs": inputs, "targets": targets, "probe_inputs": probe_inputs}
        _refuse_both([name for name, value in given.items() if value is not None])
        return _of_modes(eigenvalues, start, found, stops)
    kernel = _kernel(model, inputs, probe_inputs)
    y = _targets(targets, kernel)
    divisor = float(objective.divisor(len(y)))
    everything = kernel.matrix if kernel.probe_matrix is None else np.concatenate([kernel.matrix, kernel.probe_matrix])
    f_0 = kernel.outputs if kernel.probe_outputs is None else np.concatenate([kernel.outputs, kernel.probe_outputs])
    with fixed_blas_threads():
        modes = kernel_modes(everything, divisor)
        with np.errstate(over="ignore", invalid="ignore"):
            path = predict_outputs(stroboscopic_response, modes, f_0.ravel(), y.ravel(), found, stops)
        outputs = np.asarray(path).reshape(len(stops), *f_0.shape)
        amplitudes = (kernel.outputs - y).ravel() @ np.asarray(modes.vectors)
        initial = InitialModes(np.asarray(modes.eigenvalues), amplitudes**2, divisor)
        more = {
            "outputs": (("update", "point", "output"), outputs),
            "is_probe": (("point",), np.arange(outputs.shape[1]) >= len(y)),
        }
        return prediction_of_modes(initial, found, stops, len(y), "given arrays", more)


def _checked_records(records: Any, updates: int) -> np.ndarray:
    array = np.asarray(records)
    if array.dtype.kind not in "iu" or array.ndim != 1 or not array.size or not (np.diff(array) > 0).all():
        raise ValueError(f"`records` must be increasing whole numbers of updates, got {records!r}.")
    if array[0] < 0 or array[-1] > updates:
        raise ValueError(f"`records` must lie between 0 and `updates` = {updates}, got {array[0]} to {array[-1]}.")
    return array.astype(np.int64)


def _refuse_both(given: list[str]) -> None:
    if given:
        raise ValueError(f"`eigenvalues` and `start` stand for model and data; leave out `{given[0]}`.")


def _of_modes(eigenvalues: Any, start: Any, optimiser: Any, stops: np.ndarray) -> Result:
    if eigenvalues is None or start is None:
        raise ValueError("give both `eigenvalues` and `start`, one d_i(0) for each λ_i.")
    λ, d = (np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (eigenvalues, start))
    if λ.shape != d.shape or λ.ndim != 1 or not (np.isfinite(λ) & (λ >= 0) & np.isfinite(d)).all():
        raise ValueError(
            f"`eigenvalues` must be numbers ≥ 0 and `start` as many finite numbers; got shapes {λ.shape} and {d.shape}."
        )
    order = np.argsort(-λ, kind="stable")
    return prediction_of_modes(InitialModes(λ[order], d[order] ** 2, 1.0), optimiser, stops, 1, "given modes", {})


def _kernel(model: Any, inputs: Any, probe_inputs: Any) -> TangentKernel:
    if isinstance(model, Result) and model.experiment == "kernel":  # from a folder
        model = kernel_of_result(model)
    if not isinstance(model, TangentKernel):
        if model is None or inputs is None:
            raise ValueError("give a `model` and its `inputs`, or `eigenvalues` and `start`.")
        return tangent_kernel(model, inputs, probe_inputs)
    if inputs is not None or probe_inputs is not None:
        raise ValueError("a tangent kernel knows its inputs; leave them out.")
    if model.average_outputs and model.outputs.shape[1] > 1:
        raise ValueError("a prediction needs the kernel of all outputs; compute it without average_outputs=True.")
    return model


def _targets(targets: Any, kernel: TangentKernel) -> np.ndarray:
    if targets is None:
        raise ValueError("give the `targets` that are learned, shape (points, outputs).")
    y = as_points(targets, "targets")
    y = y[:, None] if y.ndim == 1 else y
    if y.shape != kernel.outputs.shape:
        raise ValueError(f"`targets` have shape {y.shape}, but the outputs have {kernel.outputs.shape}.")
    return y
