"""Predictions at the front door."""

from typing import Any

import numpy as np

from cosmograd.experiments.prediction.learning_curve import InitialModes
from cosmograd.experiments.prediction.linearised_run import GivenPoints, linearised_run
from cosmograd.experiments.prediction.run import prediction_of_modes, prediction_of_run
from cosmograd.learning.losses import AbstractLoss, SquaredLoss
from cosmograd.learning.networks.models import as_points
from cosmograd.learning.optimisers import AbstractAdaptive, AbstractOptimiser, as_method, check_trains
from cosmograd.learning.tangent_kernel import TangentKernel, kernel_of_result, tangent_kernel
from cosmograd.precision import in_float64
from cosmograd.results import Result
from cosmograd.solvers import fixed_blas_threads, log_spaced_integers
from cosmograd.verbs.checks import check_whole
from cosmograd.verbs.losses import as_loss, as_targets

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
    optimiser's own recursion: exact for a kernel that stands still, as in the limit of infinite width. For other losses
    the outputs of the linearised network are followed, $f \leftarrow f + \beta\Delta f - \tfrac\eta N\Theta\,\ell'(f)$;
    for Adam its parameters, with the preconditioner that its own gradients make.

    Args:
        model: as in `tangent_kernel`, at its current parameters, where the training starts; or what `tangent_kernel`
            returned, without `inputs`.
        inputs: array (points, …).
        targets: array (points, outputs), or (points,) for one output; for cross-entropy classes as whole numbers, too.
        optimiser: an Optax transformation that is linear in the gradient, with weight decay and schedules, or Optax's
            `adam`, `adamw`, `rmsprop`; a `torch.optim.Optimizer` (SGD, Adam, AdamW, RMSprop) or the schedule around
            one; or one of `cosmograd.learning.optimisers`.
        updates: length of the run.
        probe_inputs: unseen points, whose outputs are predicted too.
        loss: `mean` over points (N their number) or `sum` (N = 1) of the squared loss; `mse`, the mean over points
            and outputs without a half, PyTorch's MSELoss; `cross-entropy` of classes, `logistic` or `huber`, means over
            points; or one of `cosmograd.learning.losses`.
        records: updates at which to predict; 200 of them, evenly in ln(1 + n), when left out.
        eigenvalues: instead of model and data, λ_i of the loss's Hessian; then N = 1.
        start: d_i(0) of these modes.

    Returns:
        `loss` and `outputs` (update, point, output) at `update`, training points first, then probe points (`is_probe`);
        of every mode `eigenvalue`, `regime`, `updates_to_learn` (NaN: never) and `initial_share` of the loss;
        `largest_stable_eta_lambda`, above which the linear theory diverges. For losses that are not quadratic modes are
        those of the Gauss–Newton matrix at the start, and `largest_eigenvalue` follows it along the run; for Adam they
        are those of the preconditioned kernel at the end of the run.

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
    check_trains(optimiser, model)
    method, objective = as_method(optimiser, updates), as_loss(loss)
    stops = log_spaced_integers(updates, _RECORDS) if records is None else _checked_records(records, updates)
    if eigenvalues is not None or start is not None:
        given = {"model": model, "inputs": inputs, "targets": targets, "probe_inputs": probe_inputs}
        _refuse_both([name for name, value in given.items() if value is not None])
        if not isinstance(objective, SquaredLoss):
            raise ValueError(
                f"`loss` is {type(objective).__name__}, whose modes act on each other: give model and data."
            )
        if isinstance(method, AbstractAdaptive) or method.decays:
            why = (
                "weight decay draws modes away from the targets"
                if isinstance(method, AbstractOptimiser)
                else ("a method with a preconditioner has other modes than these")
            )
            raise ValueError(f"{why}: give model and data.")
        return _of_modes(eigenvalues, start, method, stops)
    kernel = _kernel(model, inputs, probe_inputs)
    count, size = kernel.outputs.shape
    y = as_targets(targets, count, size, objective)
    points = GivenPoints(_points_or_none(inputs), y, _points_or_none(probe_inputs))
    with fixed_blas_threads():
        run = linearised_run(kernel, points, objective, method, stops)
        return prediction_of_run(run, y, objective, stops)


def _points_or_none(inputs: Any) -> np.ndarray | None:
    return None if inputs is None else as_points(inputs, "probe_inputs")


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
