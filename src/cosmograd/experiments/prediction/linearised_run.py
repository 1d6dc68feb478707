"""A training of a given model, predicted by the network that is linear in its parameters, with any method and loss."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.duality import kernel_modes, predict_outputs, stroboscopic_response
from cosmograd.duality.adaptive_training import adaptive_outputs
from cosmograd.duality.linearised_training import linearised_outputs
from cosmograd.learning.losses import AbstractLoss, SquaredLoss
from cosmograd.learning.optimisers import AbstractAdaptive, AbstractOptimiser, Adam
from cosmograd.learning.tangent_kernel import TangentKernel


class GivenPoints(NamedTuple):
    """inputs, targets: that are learned; probe_inputs: unseen ones."""

    inputs: Float[np.ndarray, "points ..."] | None
    targets: Float[np.ndarray, "points outputs"]
    probe_inputs: Float[np.ndarray, "probe_points ..."] | None


class LinearisedRun(NamedTuple):
    """outputs: at the records, training points first, then probe points; method: the linear one whose modes these are;
    kernel: whose modes these are, not divided by the loss's N: preconditioned, as at the end of the run, for a method
    with a preconditioner; first_kernel: as at the first update.
    """

    outputs: Float[np.ndarray, "records points outputs"]
    method: AbstractOptimiser
    kernel: Float[np.ndarray, "size size"]
    first_kernel: Float[np.ndarray, "size size"]


def linearised_run(
    kernel: TangentKernel,
    points: GivenPoints,
    loss: AbstractLoss,
    method: AbstractOptimiser | AbstractAdaptive,
    stops: np.ndarray,
) -> LinearisedRun:
    """Outputs of the linearised network; exact for it. ValueError where parts of the model that are needed are gone.

    To be called where BLAS is held to one thread (`fixed_blas_threads`).
    """
    shape = (len(stops), -1, kernel.outputs.shape[1])
    if isinstance(method, AbstractAdaptive):
        inputs = _needed(points.inputs, "an optimiser with a preconditioner")
        found = adaptive_outputs(kernel.model, inputs, points.probe_inputs, points.targets, loss, method, stops)
        run = max(int(stops[-1]), 1)
        return LinearisedRun(found.outputs, _held(method, run), found.last_kernel, found.first_kernel)
    rows = kernel.matrix if kernel.probe_matrix is None else np.concatenate([kernel.matrix, kernel.probe_matrix])
    f_0 = kernel.outputs if kernel.probe_outputs is None else np.concatenate([kernel.outputs, kernel.probe_outputs])
    along = None
    if method.decays:
        inputs = _needed(points.inputs, "weight decay")
        everything = inputs if points.probe_inputs is None else np.concatenate([inputs, points.probe_inputs])
        along = kernel.model.along_parameters(everything).ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        if isinstance(loss, SquaredLoss):
            modes = kernel_modes(rows, float(loss.divisor(len(points.targets))))
            path = predict_outputs(
                stroboscopic_response, modes, f_0.ravel(), points.targets.ravel(), method, stops, along
            )
        else:
            path = linearised_outputs(rows, f_0.ravel(), points.targets, loss, method, stops, along)
    return LinearisedRun(np.asarray(path).reshape(shape), method, kernel.matrix, kernel.matrix)


def _held(method: AbstractAdaptive, updates: int) -> AbstractOptimiser:
    """Constant where the learning rate is: after the transient of the bias correction. Decay in the gradient of Adam
    mixes modes, whose regimes are then those without it; outputs know it.
    """
    if isinstance(method, Adam) and method.coupled:
        method = Adam(method.learning_rate, float(method.b1), float(method.b2), float(method.eps))
    return method.held(None if np.ndim(method.learning_rate) == 0 else updates)


def _needed(inputs: np.ndarray | None, why: str) -> np.ndarray:
    if inputs is None:
        raise ValueError(f"with {why} a prediction needs the model and its inputs, not the kernel alone.")
    return inputs
