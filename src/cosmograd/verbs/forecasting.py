"""Forecasts at the front door."""

from typing import Any

import numpy as np

from cosmograd.experiments.forecast.request import ForecastRequest
from cosmograd.experiments.forecast.run import forecast_of
from cosmograd.experiments.prediction.linearised_run import GivenPoints
from cosmograd.learning.losses import AbstractLoss
from cosmograd.learning.networks.models import as_points
from cosmograd.learning.optimisers import NoModesError, as_method, check_trains
from cosmograd.learning.tangent_kernel import tangent_kernel
from cosmograd.precision import in_float64
from cosmograd.results import Result
from cosmograd.solvers import fixed_blas_threads, log_spaced_integers
from cosmograd.verbs.checks import check_whole
from cosmograd.verbs.losses import as_loss, as_targets
from cosmograd.verbs.progress import Report, progress_of

_RECORDS = 200
# Share of the work, for the progress bar.
_KERNEL = 0.2


@in_float64
def forecast(
    model: Any,
    inputs: Any,
    targets: Any,
    optimiser: Any,
    *,
    updates: int = 1000,
    loss: str | AbstractLoss = "mean",
    batch_size: int | None = None,
    replacement: bool = False,
    probe_inputs: Any = None,
    probe_targets: Any = None,
    trial: int = 0,
    records: int = _RECORDS,
    progress: Report | None = None,
) -> Result:
    r"""What a training will do, before it is made: largest stable learning rates, regimes, learning curve, warnings.

    $$\eta_{\max} = \frac{2(1+\beta)}{\lambda_{\max}}, \qquad \lambda_{\max} \text{ of }
      \tfrac1N\Theta^{1/2}\ell''\Theta^{1/2}$$

    for momentum; likewise for gradient descent, Nesterov's method, Adam and AdamW, and in the mean square for batches.
    The network is taken as linear in its parameters, from where these are now.

    Args:
        model: as in `tangent_kernel`, of JAX or PyTorch, at its current parameters.
        inputs: array (points, …), as they are trained on.
        targets: array (points, outputs), or (points,) for one output; for cross-entropy classes as whole numbers, too.
        optimiser: as in `predict`; one without a recursion (clipping, Lion, Muon) is named in a warning, and limits of
            the others are given.
        updates: length of the run.
        loss: as in `predict`.
        batch_size: points in a batch; full batches when left out.
        replacement: whether a point may be drawn twice into a batch.
        probe_inputs: unseen points, whose outputs are predicted too.
        probe_targets: their targets, for loss and accuracy there.
        trial: so many updates are made with the real model of JAX, to measure the forecast's own error; 0: none.
        records: updates at which loss and accuracy are predicted, evenly in ln(1 + n).
        progress: called with the fraction done since its last call, instead of a bar.

    Returns:
        `own_largest_stable_learning_rate` with all settings as given; `largest_stable_learning_rate` and
        `largest_stable_learning_rate_minibatch` (method; NaN where unknown, with `stable_reason`, `minibatch_reason`),
        all of `predict`, `e_folds` of every mode by the end of the run,
        `integrated_learning_rate`, `best_learning_rate` and `best_momentum` (squared loss), `accuracy` of classes,
        `probe_loss`, `minibatch_loss` and `temperature` for batches, `trial_error`; warnings
        as a JSON list in `attrs["warnings"]`.

    Raises:
        ValueError: with the reason and what to do.

    Example:
        >>> mlp = eqx.nn.MLP(2, 1, 32, 2, key=jax.random.key(0))
        >>> x = jnp.linspace(-1, 1, 16).reshape(8, 2)
        >>> forecast(mlp, x, x[:, :1], optax.sgd(0.1, momentum=0.9), updates=50).largest_stable_learning_rate.shape
        (5,)

    Source: `cosmograd.duality.stable_rates`, `minibatch_mean`, `linearised_training`.
    """
    check_whole("updates", updates, 1)
    check_whole("trial", trial, 0)
    check_whole("records", records, 2)
    if batch_size is not None:
        check_whole("batch_size", batch_size, 1)
    check_trains(optimiser, model)
    refusal = ""
    try:
        method = as_method(optimiser, updates)
    except NoModesError as error:
        method, refusal = None, f"no forecast of this optimiser: {error} The limits of the others are given."
    objective = as_loss(loss)
    with progress_of("forecast", progress) as done:
        return _forecast(
            model, inputs, targets, method, refusal, objective, updates, batch_size, replacement, probe_inputs,
            probe_targets, trial, records, done,
        )  # fmt: skip


def _forecast(
    model: Any, inputs: Any, targets: Any, method: Any, refusal: str, objective: AbstractLoss, updates: int,
    batch_size: int | None, replacement: bool, probe_inputs: Any, probe_targets: Any, trial: int, records: int,
    done: Report,
) -> Result:  # fmt: skip
    kernel = tangent_kernel(model, inputs, probe_inputs)
    done(_KERNEL)
    count, size = kernel.outputs.shape
    y = as_targets(targets, count, size, objective)
    if batch_size is not None and not replacement and batch_size > count:
        raise ValueError(f"`batch_size` is {batch_size}, but there are {count} points.")
    unseen = None
    if probe_targets is not None:
        if kernel.probe_outputs is None:
            raise ValueError("`probe_targets` need `probe_inputs`.")
        unseen = as_targets(probe_targets, len(kernel.probe_outputs), size, objective)
    probe = None if probe_inputs is None else as_points(probe_inputs, "probe_inputs")
    stops = log_spaced_integers(updates, min(records, updates + 1))
    request = ForecastRequest(
        kernel, GivenPoints(as_points(inputs), y, probe), unseen, objective, method, updates, np.asarray(stops),
        batch_size, replacement, trial, refusal,
    )  # fmt: skip
    with fixed_blas_threads():
        return forecast_of(request, lambda fraction: done((1 - _KERNEL) * fraction))
