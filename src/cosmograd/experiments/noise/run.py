"""The noise of minibatches over batch sizes, momenta and ways of drawing: measured beside predicted temperatures."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import xarray as xr

from cosmograd.errors import UserError
from cosmograd.experiments.noise.noise_at_minimum import noise_at_minimum, stiffest_modes
from cosmograd.experiments.noise.quantities import QUANTITIES
from cosmograd.learning import batches as ways
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import AbstractNetwork, Parameters
from cosmograd.learning.optimisers import GradientDescent, HeavyBall
from cosmograd.measurement.noise import LossModes
from cosmograd.results import quantities_by_name


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
) -> xr.Dataset:
    r"""Measure the temperature of minibatches around a minimum, and set it beside the prediction.

    The minimum is the one nearest to `start` (an initial network when left out); `modes` stiffest modes are followed.
    drift: $\eta\lambda_{\max}/(1-\beta)$, the same at every momentum, so that light modes move alike; T at β = 0 and
    0.9 then is the same but for the finite step. members, updates: independent runs and recorded updates of each.
    Dimensions (sampling, momentum, batch_size, mode); every variable carries its meaning (`QUANTITIES`). Where
    there is no noise, or runs diverge, the numbers are NaN and `verdict` says why. progress: called with the fraction
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
    except ValueError as error:
        raise UserError(f"noise: {error}") from error
    rows = []
    for number, (sampling, β, B) in enumerate(combinations):
        optimiser, way = optimisers[list(momenta).index(β)], drawn[sampling, B]
        key = jax.random.fold_in(jax.random.key(seed), number)
        rows.append(noise_at_minimum(network, dataset, loss, optimiser, way, followed, key, members, updates))
        if progress is not None:
            progress(1 / len(combinations))
    return _dataset(rows, followed, samplings, momenta, batch_sizes, rates).assign_attrs(
        data=dataset.name, training_points=len(dataset.inputs), members=members, updates=updates, seed=seed, drift=drift
    )


_BY_MODE = (
    "gradient_variance", "temperature", "temperature_error", "velocity_temperature", "velocity_temperature_error",
    "predicted_temperature", "effective_samples", "effective_eta_lambda", "effective_eta_lambda_error",
    "effective_momentum", "effective_momentum_error",
)  # fmt: skip
_BY_RUN = (
    "temperature_ratio", "temperature_ratio_error", "velocity_ratio", "velocity_ratio_error", "shuffled_ratio",
)  # fmt: skip


def _dataset(
    rows: Sequence[dict[str, Any]],
    modes: LossModes,
    samplings: Sequence[str],
    momenta: Sequence[float],
    batch_sizes: Sequence[int],
    rates: Sequence[float],
) -> xr.Dataset:
    by_run = ("sampling", "momentum", "batch_size")
    shape, count = (len(samplings), len(momenta), len(batch_sizes)), len(modes.eigenvalues)
    nothing = {name: np.full(count, np.nan) for name in _BY_MODE} | dict.fromkeys(_BY_RUN, np.nan)
    rows = [nothing | row for row in rows]
    variables: dict[str, Any] = {
        name: ((*by_run, "mode"), np.array([row[name] for row in rows]).reshape(*shape, count)) for name in _BY_MODE
    }
    for name in (*_BY_RUN, "stationary", "verdict"):
        variables[name] = (by_run, np.array([row[name] for row in rows]).reshape(shape))
    variables |= {"eigenvalue": ("mode", modes.eigenvalues), "learning_rate": ("momentum", np.array(rates))}
    result = xr.Dataset(
        variables,
        {
            "sampling": list(samplings),
            "momentum": list(momenta),
            "batch_size": list(batch_sizes),
            "mode": 1 + np.arange(count),
        },
    )
    for name, quantity in quantities_by_name(QUANTITIES).items():
        result[name].attrs = quantity.attributes
    return result
