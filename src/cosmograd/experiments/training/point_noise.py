"""The temperature of a point's minibatches, measured around a minimum of its loss, as variables of its results."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import scipy.special
import xarray as xr
from jaxtyping import PRNGKeyArray

from cosmograd.experiments.noise.noise_at_minimum import SIDE_BY_SIDE, noise_at_minimum, stiffest_modes
from cosmograd.experiments.training.specification import NoiseSection
from cosmograd.learning import bytes_of_intermediates, member_keys
from cosmograd.learning.batches import AbstractBatches
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import AbstractNetwork
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.measurement.noise import MOST_PARAMETERS, VARIANCE_EVERY, LossModes
from cosmograd.results import Quantity

# What stands before the name of everything that is measured of the noise.
NOISE = "noise_"

_BY_MODE = (
    Quantity("eigenvalue", "eigenvalue λ of the loss's Hessian at the minimum, from the largest down"),
    Quantity("gradient_variance", "variance σ² of the gradients of single examples along the mode, over the run"),
    Quantity("temperature", "T = λ⟨(q − ⟨q⟩)²⟩ of the mode"),
    Quantity("temperature_error", "standard error of the mode's temperature"),
    Quantity("predicted_temperature", "ησ²/(2B(1 − β)) times finite-step and sampling factor; independent draws"),
)
_BY_POINT = (
    Quantity("temperature", "temperature of the minibatches, mean over the followed modes", symbol="T"),
    Quantity("temperature_low", "lower end of its 95 % interval"),
    Quantity("temperature_high", "upper end of its 95 % interval"),
    Quantity("temperature_predicted", "its prediction for independent draws"),
    Quantity("temperature_ratio", "measured over predicted temperature, mean over modes"),
    Quantity("temperature_ratio_error", "its standard error"),
    Quantity("velocity_ratio", "the same of the velocities of the modes"),
    Quantity("velocity_ratio_error", "its standard error"),
    Quantity("shuffled_ratio", "predicted ratio for shuffled epochs of examples with one Hessian, mean over modes"),
    Quantity("members", "runs that the noise is measured from"),
    Quantity("updates", "recorded updates of each of these runs", "update"),
    Quantity("stationary", "whether the halves of the record agree, and no run diverged", ""),
    Quantity("verdict", "the same in words, or why there are no numbers", ""),
)
_MODE = f"{NOISE}mode"
POINT_NOISE_QUANTITIES = (
    Quantity(_MODE, "mode along which the noise is measured, from the stiffest down", dimensions=(_MODE,)),
    *(replace(quantity, name=f"{_MODE}_{quantity.name}", dimensions=(_MODE,)) for quantity in _BY_MODE),
    *(replace(quantity, name=f"{NOISE}{quantity.name}") for quantity in _BY_POINT),
)

# The number of a member that no ensemble has, and other than that of the batches of training: what is folded into the
# study's key for the batches around the minimum.
_STREAM_OF_NOISE = 2**32 - 2

# Shares of the work, for the progress bar.
_MODES = 0.4

# Arrays alive at a time: as large as the record, as the Jacobian, as the Hessian, and in a run as the parameters. Of
# what a network computes on its way, the compiled Hessian holds three quarters for each parameter, and a run thrice.
_RECORDS, _JACOBIANS, _HESSIANS, _PARAMETERS, _OF_HESSIAN, _OF_RUN = 16, 6, 8, 8, 0.75, 3


def memory_of_noise(section: NoiseSection, network: AbstractNetwork, dataset: Dataset, batch_size: int) -> int:
    """About how many bytes the minimum, its modes and the runs around it take; nothing is computed."""
    parameters = jax.eval_shape(lambda key: network.initialise(key, float), jax.random.key(0))
    count = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(parameters))
    if count > MOST_PARAMETERS:  # said instead of computed
        return 0
    inputs = jax.ShapeDtypeStruct((len(dataset.inputs), *dataset.inputs.shape[1:]), float)
    passes = bytes_of_intermediates(network.apply, parameters, inputs)
    modes = 8 * count * (_HESSIANS * count + _JACOBIANS * dataset.targets.size) + int(_OF_HESSIAN * passes * count)
    of_batch = passes * max(1.0, batch_size / len(dataset.inputs))
    side_by_side = min(section.members, SIDE_BY_SIDE)
    run = side_by_side * int(_OF_RUN * of_batch + 8 * _PARAMETERS * count)
    return max(modes, run + 8 * _RECORDS * section.members * section.updates * section.modes)


def measure_point_noise(
    section: NoiseSection,
    network: AbstractNetwork,
    dataset: Dataset,
    loss: SquaredLoss,
    optimiser: AbstractOptimiser,
    batches: AbstractBatches,
    key: PRNGKeyArray,
    progress: Callable[[float], None],
) -> xr.Dataset:
    """Measure the noise of a point's updates around the minimum nearest to the start of member 0; all in float64.

    key: the study's, of which the start is drawn as in training, and the batches apart from those of training.
    progress: called with the fraction of this work done since the last call. Where nothing can be measured the numbers
    are NaN and `noise_verdict` says why.
    """
    start = network.initialise(member_keys(key, np.zeros(1, dtype=int))[0], float)
    try:
        modes = stiffest_modes(network, dataset, loss, start, section.modes)
    except ValueError as error:
        progress(1.0)
        return _variables(section, {"stationary": False, "verdict": str(error)}, None)
    progress(_MODES)
    stream = jax.random.fold_in(key, _STREAM_OF_NOISE)
    found = noise_at_minimum(
        network, dataset, loss, optimiser, batches, modes, stream, section.members, section.updates
    )
    progress(1 - _MODES)
    return _variables(section, found, modes)


def _variables(section: NoiseSection, found: dict[str, Any], modes: LossModes | None) -> xr.Dataset:
    by_mode, of_point = dict(found), dict(found)
    if modes is not None:
        by_mode["eigenvalue"] = modes.eigenvalues
    of_point |= {"members": section.members, "updates": section.updates // VARIANCE_EVERY * VARIANCE_EVERY}
    of_point["temperature"] = np.nan
    if "mean_temperature" in found:
        T, error = found["mean_temperature"], found["mean_temperature_error"]
        reach = float(scipy.special.stdtrit(found["cells"] - 1, 0.975)) * error
        of_point |= {"temperature": T, "temperature_low": T - reach, "temperature_high": T + reach}
        of_point["temperature_predicted"] = float(found["predicted_temperature"].mean())
    nothing = np.full(section.modes, np.nan)
    variables: dict[str, Any] = {
        f"{_MODE}_{quantity.name}": (_MODE, by_mode.get(quantity.name, nothing)) for quantity in _BY_MODE
    }
    variables |= {f"{NOISE}{quantity.name}": ((), of_point.get(quantity.name, np.nan)) for quantity in _BY_POINT}
    return xr.Dataset(variables, {f"{NOISE}mode": np.arange(section.modes)})
