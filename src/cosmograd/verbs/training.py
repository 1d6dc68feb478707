"""Trainings at the front door: record an ensemble, and compare it with its effective theory."""

import json
from functools import partial
from types import FunctionType
from typing import Any

import jax
import numpy as np

from cosmograd.duality import kernel_modes
from cosmograd.experiments.ensemble.run import METHODS, Setting, chunk_of, recorded_ensemble, setting_of
from cosmograd.experiments.training.ensemble_study import attributes_of_run, compare as compared
from cosmograd.experiments.training.member_analysis import AnalysisSetting
from cosmograd.experiments.training.point_measurement import PointMeasurement
from cosmograd.experiments.training.quantities import QUANTITIES, with_units
from cosmograd.learning import choose_mapping, train_ensemble
from cosmograd.learning.batches import batches_named
from cosmograd.learning.datasets import Dataset, make_dataset
from cosmograd.learning.losses import AbstractDeviationLoss, AbstractLoss
from cosmograd.learning.networks import AbstractNetwork, EquinoxNetwork, JaxModel, as_model
from cosmograd.learning.networks.models import as_points
from cosmograd.learning.optimisers import as_optimiser
from cosmograd.precision import in_float64
from cosmograd.results import Result
from cosmograd.solvers import fixed_blas_threads, log_spaced_integers
from cosmograd.verbs.checks import check_whole
from cosmograd.verbs.losses import as_loss
from cosmograd.verbs.progress import Report, progress_of

_MEMBERS = 8
# Numbers of outputs that are kept of a run; of longer ones every second update is kept, or every fourth, ….
_MOST_NUMBERS = 2**26
_MOST_COMPARED = 200  # records; predictions are computed at each of them


@in_float64
def train(
    network: Any,
    inputs: Any,
    targets: Any,
    optimiser: Any,
    *,
    updates: int,
    members: int | None = None,
    probe_inputs: Any = None,
    probe_targets: Any = None,
    loss: str | AbstractLoss = "mean",
    batch_size: int | None = None,
    sampling: str = "shuffled-epochs",
    snapshots: int = 5,
    seed: int = 0,
    precision: str = "float64",
    progress: Report | None = None,
) -> Result:
    r"""Train an ensemble of networks and record its outputs, losses and tangent kernels.

    $$\theta_{n+1} = \theta_n + \Delta(\nabla L(\theta_n)), \qquad
      L = \tfrac1{2N}\sum_{x,i}(f_i(x) - y_i(x))^2$$

    Args:
        network: a function key → Equinox module, which draws every member anew; one of
            `cosmograd.learning.networks`; or a model with parameters as in `tangent_kernel`, which all members start
            from.
        inputs: array (points, …).
        targets: array (points, outputs), or (points,) for one output.
        optimiser: an Optax transformation that is linear in the gradient, or one of `cosmograd.learning.optimisers`.
        updates: length of the run.
        members: networks, 8 when left out; 1 for a model with parameters (more by minibatches only).
        probe_inputs: points kept from training, whose outputs are recorded too.
        probe_targets: their targets.
        loss: `mean` over points (N their number) or `sum` (N = 1) of the squared loss, or one of
            `cosmograd.learning.losses`.
        batch_size: examples per update, all points when left out.
        sampling: how they are drawn: `shuffled-epochs`, `with-replacement` or `without-replacement`.
        snapshots: tangent kernels taken along the run, evenly in ln(1 + n), the first at the start.
        seed: of the draws.
        precision: of parameters and training, `float64` or `float32`; kernels are float64.
        progress: called with the fraction done since its last call, instead of a bar.

    Returns:
        `outputs` (member, record, point, output), `loss` (member, record), `kernels`, `diverged_at`; for `compare`,
        `fit` and `save`.

    Raises:
        ValueError: with the reason and what to do.

    Example:
        >>> mlp = lambda key: eqx.nn.MLP(2, 1, 16, 1, key=key)
        >>> x = jnp.linspace(-1, 1, 8).reshape(4, 2)
        >>> train(mlp, x, x[:, :1], optax.sgd(0.1), updates=20, members=2).loss.shape
        (2, 21)

    Source: `cosmograd.learning.train_ensemble`.
    """
    dataset = _dataset(inputs, targets, probe_inputs, probe_targets)
    chosen, own_draws = _network(network, dataset)
    if not own_draws and members not in (None, 1) and batch_size is None:
        raise ValueError(
            f"{members} members would all start from the given parameters and be the same; give a function that draws "
            "a module from a key, members=1, or a batch_size."
        )
    count = members if members is not None else (_MEMBERS if own_draws else 1)
    check_whole("updates", updates, 1)
    check_whole("members", count, 1)
    check_whole("snapshots", snapshots, 1)
    found = as_optimiser(optimiser, updates)
    objective = as_loss(loss)
    batches = None if batch_size is None else batches_named(sampling, batch_size)
    setting = Setting(dataset, objective, found, batches, sampling if batches is not None else "")
    step = 1
    while count * (updates // step + 1) * dataset.all_targets.size > _MOST_NUMBERS:
        step *= 2
    with progress_of("training", progress) as done, fixed_blas_threads():
        chunks = train_ensemble(
            chosen, dataset, objective, found, jax.random.key(seed), count, np.arange(0, updates + 1, step),
            choose_mapping("auto", count), log_spaced_integers(updates, snapshots), precision, progress=done,
            batches=batches,
        )  # fmt: skip
        said = {"name": "recorded training", "seed": seed, "precision": precision, "network": repr(chosen)[:200]}
        return recorded_ensemble(setting, chunks, said)


@in_float64
def compare(ensemble: Result, *, measure: bool = True, progress: Report | None = None) -> Result:
    r"""A recorded ensemble against the predictions of its effective theory, and the universe that it is.

    $$\text{relative error} = \frac{|f - f_{\rm predicted}|}{|f - y|}$$

    over training points and updates, for gradient flow, the second-order effective theory, the stroboscopic recursion
    and the recursion with a drifting kernel, each from every member's own tangent kernel.

    Args:
        ensemble: what `train` returned.
        measure: whether the universe is measured from the outputs too, as `fit` does.
        progress: called with the fraction done since its last call, instead of a bar.

    Returns:
        `relative_error` (member, prediction), background and perturbations with their predictions, the dual universe
        (`hubble_rate`, `cosmological_constant`, masses and regimes of modes), where the two sides differ
        (`duality_limit`), and `measured_…` with intervals, for full batches, constant settings and every update
        recorded; `notes` say why where they are missing.

    Raises:
        ValueError: `ensemble` is no recorded training.

    Example:
        >>> mlp = lambda key: eqx.nn.MLP(2, 1, 16, 1, key=key)
        >>> x = jnp.linspace(-1, 1, 8).reshape(4, 2)
        >>> compare(train(mlp, x, x[:, :1], optax.sgd(0.1), updates=20, members=2)).relative_error.shape
        (2, 4)

    Source: Krippendorf & Spannowsky 2022, arXiv:2202.11104; `cosmograd.duality.effective_theory`.
    """
    if not isinstance(ensemble, Result) or ensemble.experiment != "ensemble":
        got = f"a result of {ensemble.experiment}" if isinstance(ensemble, Result) else type(ensemble).__name__
        raise ValueError(f"`ensemble` must be what cosmograd.train returns, got {got}.")
    given, chunk = setting_of(ensemble), chunk_of(ensemble)
    if not isinstance(given.loss, AbstractDeviationLoss) or given.optimiser.decays:
        why = "weight decay" if given.optimiser.decays else type(given.loss).__name__
        raise ValueError(
            f"the ensemble was trained with {why}; the predictions that are compared here are those of losses of f − y "
            "without weight decay. `predict` forecasts such trainings."
        )
    divisor = float(given.loss.divisor(len(given.dataset.inputs)))
    last = int(chunk.updates[-1])
    wanted = np.intersect1d(log_spaced_integers(last, _MOST_COMPARED), chunk.updates)
    assert chunk.kernels is not None
    with progress_of("comparison", progress) as done, fixed_blas_threads():
        modes = kernel_modes(chunk.kernels[:, 0].mean(axis=0), divisor)
        setting = AnalysisSetting(given.dataset, given.loss, given.optimiser, wanted, chunk.snapshot_updates, modes)
        missing = _why_not_measured(given, chunk.updates) if measure else "not asked for"
        measurement = None if missing else PointMeasurement(given.dataset, last, "known")
        members = len(chunk.members)
        schedule = "constant" if given.optimiser.constant else "given"
        found = compared(
            [chunk], setting, METHODS[str(ensemble.attrs["optimiser"])], schedule, given.batches,
            float(np.ravel(ensemble["learning_rate"].values)[0]), measurement, lambda share: done(share / members),
        )  # fmt: skip
    found.attrs = attributes_of_run(given.dataset, given.loss, given.batches, given.sampling) | {
        "arithmetic": "member by member",
        "precision": str(ensemble.attrs.get("precision", "float64")),
        "linearised": "no",
        "parametrisation": "",
        "experiment": "training",
        "name": ensemble.title,
        "notes": json.dumps([f"The universe is not measured: {missing}."] if missing and measure else []),
    }
    return Result.from_xarray(with_units(found), QUANTITIES)


def _why_not_measured(given: Setting, updates: np.ndarray) -> str:
    """Why the universe of a training cannot be measured from its records; empty where it can."""
    if given.batches is not None:
        return "it was trained by minibatches"
    if not given.optimiser.constant:
        return "learning rate or momentum follow a schedule"
    if not np.array_equal(updates, np.arange(updates[-1] + 1)):
        return "not every update was recorded; `fit` measures records at even distances"
    return ""


def _dataset(inputs: Any, targets: Any, probe_inputs: Any, probe_targets: Any) -> Dataset:
    known = [
        None if array is None else as_points(array, name)
        for array, name in ((probe_inputs, "probe_inputs"), (probe_targets, "probe_targets"))
    ]
    return make_dataset(as_points(inputs), as_points(targets, "targets"), known[0], known[1])


def _network(network: Any, dataset: Dataset) -> tuple[AbstractNetwork, bool]:
    """A network, and whether its members are drawn each on its own."""
    if isinstance(network, AbstractNetwork):
        return network, True
    if isinstance(network, (FunctionType, partial)):
        build: Any = network
        return EquinoxNetwork(build, dataset.inputs.shape[1:]), True
    if isinstance(network, type):
        raise ValueError(
            f"{network.__name__} is a class; give a function that draws a module from a key, "
            f"lambda key: {network.__name__}(…, key=key), or a module."
        )
    model = as_model(network, dataset.inputs, dataset.targets)
    if not isinstance(model, JaxModel):
        raise ValueError(
            f"{model.description} cannot be trained here: `train` compiles JAX models. Record its outputs in your own "
            "training loop and measure them: cosmograd.fit(outputs, targets=targets, learning_rate=…)."
        )
    return model.network, False
