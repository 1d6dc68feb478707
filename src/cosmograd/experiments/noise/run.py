"""The noise of minibatches over batch sizes, momenta and ways of drawing: measured beside predicted temperatures."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from cosmograd.errors import UserError
from cosmograd.experiments.noise.noise_at_minimum import SIDE_BY_SIDE, noise_at_minimum, stiffest_modes
from cosmograd.experiments.noise.quantities import QUANTITIES
from cosmograd.experiments.noise.specification import Specification
from cosmograd.experiments.sources import Sources
from cosmograd.experiments.training.assembly import kept_dataset, kept_network, notes_on_columns, settings_of_process
from cosmograd.learning import batches as ways, choose_mapping
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import AbstractNetwork, Parameters
from cosmograd.learning.optimisers import GradientDescent, HeavyBall
from cosmograd.measurement.noise import LossModes, check_parameters
from cosmograd.results import Result


def run(
    specification: Specification,
    sources: Sources,
    progress: Callable[[float], None] = lambda fraction: None,
    pictured: bool = False,
) -> Result:
    """Measure the temperatures; `UserError` where the settings do not fit the data."""
    del pictured  # figures need nothing besides
    dataset, network = kept_dataset(specification, sources), kept_network(specification, sources)
    result = noise_study(
        network,
        dataset,
        None,
        SquaredLoss(specification.loss.normalisation),
        specification.batch_sizes,
        specification.momenta,
        specification.samplings,
        specification.drift,
        specification.modes,
        specification.members,
        specification.updates,
        specification.seed,
        progress,
    )
    contents = json.dumps(specification.model_dump(), ensure_ascii=False)
    return result.with_attrs(name=specification.name, specification=contents)


def check(specification: Specification, sources: Sources) -> None:
    """Raise `UserError` where batches do not fit the data, or the network is too large for a Hessian."""
    dataset, network = kept_dataset(specification, sources), kept_network(specification, sources)
    try:
        for sampling in specification.samplings:
            for size in specification.batch_sizes:
                ways.batches_named(sampling, size).check_points(len(dataset.inputs))
        check_parameters(jax.eval_shape(network.initialise, jax.random.key(specification.seed)))
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"noise: {error}") from error


def notes(specification: Specification, sources: Sources) -> list[str]:
    """Columns of the user's table that are no inputs."""
    return notes_on_columns(specification.data, sources)


def machine(specification: Specification) -> dict[str, Any]:
    """How this process maps the members."""
    members = specification.members
    return settings_of_process(choose_mapping("vmap", members, min(members, SIDE_BY_SIDE)))


def noise_study(
    network: AbstractNetwork,
    dataset: Dataset,
    start: Parameters | None = None,
    loss: SquaredLoss | None = None,
    batch_sizes: Sequence[int] = (1, 2, 4, 8, 16, 32, 64),
    momenta: Sequence[float] = (0.0, 0.9),
    samplings: Sequence[str] = ("with-replacement", "shuffled-epochs"),
    drift: float = 0.1,
    modes: int = 8,
    members: int = 256,
    updates: int = 4000,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Result:
    r"""Measure the temperature of minibatches around a minimum, and set it beside the prediction.

    The minimum is the one nearest to `start` (an initial network when left out); `modes` stiffest modes are followed.
    drift: $\eta\lambda_{\max}/(1-\beta)$, the same at every momentum, so that light modes move alike; T at β = 0 and
    0.9 then is the same but for the finite step. members, updates: independent runs and recorded updates of each.
    Arrays along (sampling, momentum, batch_size, mode); `to_xarray` gives a dataset to select from. Where there is no
    noise, or runs diverge, the numbers are NaN and `verdict` says why. progress: called with the fraction
    of the work done since the last call. `UserError` for settings that do not fit the data. Float64.
    """
    loss = loss or SquaredLoss()
    combinations = [(s, β, B) for s in samplings for β in momenta for B in batch_sizes]
    if not combinations or not 0 < drift < 2:
        raise UserError(
            f"a study of noise needs batch sizes, momenta and samplings, and a `drift` between 0 and 2; got "
            f"{list(batch_sizes)}, {list(momenta)}, {list(samplings)} and {drift:g}."
        )
    try:
        drawn = {(s, B): ways.batches_named(s, B) for s, _, B in combinations}
        for way in drawn.values():
            way.check_points(len(dataset.inputs))
        for β in momenta:
            HeavyBall(1.0, β)  # raises for a momentum that is none, of which the learning rate is made below
        start = network.initialise(jax.random.key(seed)) if start is None else start
        followed = stiffest_modes(network, dataset, loss, start, modes)
        rates = [drift * (1 - β) / float(followed.eigenvalues[0]) for β in momenta]
        optimisers = [HeavyBall(η, β) if β else GradientDescent(η) for η, β in zip(rates, momenta, strict=True)]
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"noise: {error}") from error
    rows = []
    for number, (sampling, β, B) in enumerate(combinations):
        optimiser, way = optimisers[list(momenta).index(β)], drawn[sampling, B]
        key = jax.random.fold_in(jax.random.key(seed), number)
        rows.append(noise_at_minimum(network, dataset, loss, optimiser, way, followed, key, members, updates))
        if progress is not None:
            progress(1 / len(combinations))
    said = {
        "data": dataset.name,
        "training_points": len(dataset.inputs),
        "members": members,
        "updates": updates,
        "seed": seed,
        "drift": drift,
    }
    return Result.of("noise", QUANTITIES, _arrays(rows, followed, samplings, momenta, batch_sizes, rates), said)


_BY_MODE = (
    "gradient_variance", "temperature", "temperature_error", "velocity_temperature", "velocity_temperature_error",
    "predicted_temperature", "effective_samples", "effective_eta_lambda", "effective_eta_lambda_error",
    "effective_momentum", "effective_momentum_error",
)  # fmt: skip
_BY_RUN = (
    "mean_temperature", "mean_temperature_error", "temperature_ratio", "temperature_ratio_error", "velocity_ratio",
    "velocity_ratio_error", "shuffled_ratio",
)  # fmt: skip


def _arrays(
    rows: Sequence[dict[str, Any]],
    modes: LossModes,
    samplings: Sequence[str],
    momenta: Sequence[float],
    batch_sizes: Sequence[int],
    rates: Sequence[float],
) -> dict[str, Any]:
    by_run = ("sampling", "momentum", "batch_size")
    shape, count = (len(samplings), len(momenta), len(batch_sizes)), len(modes.eigenvalues)
    nothing = {name: np.full(count, np.nan) for name in _BY_MODE} | dict.fromkeys(_BY_RUN, np.nan)
    rows = [nothing | row for row in rows]
    arrays: dict[str, Any] = {
        "sampling": (("sampling",), list(samplings)),
        "momentum": (("momentum",), list(momenta)),
        "batch_size": (("batch_size",), list(batch_sizes)),
        "mode": (("mode",), 1 + np.arange(count)),
    }
    for name in _BY_MODE:
        arrays[name] = ((*by_run, "mode"), np.array([row[name] for row in rows]).reshape(*shape, count))
    for name in (*_BY_RUN, "stationary", "verdict"):
        arrays[name] = (by_run, np.array([row[name] for row in rows]).reshape(shape))
    arrays["mean_predicted_temperature"] = (by_run, arrays["predicted_temperature"][1].mean(axis=-1))
    arrays |= {"eigenvalue": (("mode",), modes.eigenvalues), "learning_rate": (("momentum",), np.array(rates))}
    return arrays | _overall(arrays)


def _overall(arrays: dict[str, Any]) -> dict[str, Any]:
    """Runs of independent draws with a stationary state together, each by the inverse square of its error."""
    independent = np.array(arrays["sampling"][1]) != "shuffled-epochs"
    ratio, error, stationary = (
        arrays[name][1][independent] for name in ("temperature_ratio", "temperature_ratio_error", "stationary")
    )
    known = stationary.astype(bool) & np.isfinite(ratio) & (error > 0)
    if not known.any():
        return dict.fromkeys(("overall_ratio", "overall_ratio_error", "largest_deviation"), ((), np.nan))
    weight = error[known] ** -2
    return {
        "overall_ratio": ((), np.average(ratio[known], weights=weight)),
        "overall_ratio_error": ((), weight.sum() ** -0.5),
        "largest_deviation": ((), np.abs((ratio[known] - 1) / error[known]).max()),
    }
