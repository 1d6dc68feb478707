"""What must agree to round-off, in float64: the two paths to a kernel, and theory against a linear network."""

from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.measurement import Measurement, at_most
from cosmograd.duality import predict_outputs, relative_error, stroboscopic_response
from cosmograd.duality.effective_theory import kernel_modes
from cosmograd.learning import choose_mapping, train_ensemble
from cosmograd.learning.datasets import circle
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import LinearisedNetwork, Perceptron
from cosmograd.learning.optimisers import GradientDescent, HeavyBall
from cosmograd.learning.tangent_kernel import as_matrix, neural_tangent_kernel
from cosmograd.precision import enable_float64

prepare = enable_float64


def kernel_paths() -> Iterator[Measurement]:
    """Layer-wise against Jacobian kernel: one output at 256 points, ten outputs at 32."""
    for outputs, points in ((1, 256), (10, 32)):
        network = Perceptron((32, 512, 512, outputs), activation="relu")
        parameters = network.initialise(jax.random.key(2))
        inputs = jax.random.normal(jax.random.key(1), (points, 32))
        kernel = eqx.filter_jit(neural_tangent_kernel)
        layerwise, jacobian = (
            np.asarray(kernel(network, parameters, inputs, method=method)) for method in ("layer-wise", "jacobian")
        )
        yield Measurement(
            f"kernel, layer-wise against Jacobian: difference, 32-512-512-{outputs} relu, {points} points, float64",
            float(np.abs(layerwise - jacobian).max() / np.abs(jacobian).max()),
            "",
            at_most(1e-12),
            note="Largest difference over largest entry.",
        )


def linear_network() -> Iterator[Measurement]:
    """Training of a linearised network against the stroboscopic prediction, whose theory it obeys exactly."""
    dataset = circle(points=32)
    network = Perceptron((*dataset.inputs.shape[1:], 256, 256, dataset.targets.shape[1]))
    linear = LinearisedNetwork(network, network.initialise(jax.random.key(0)))
    loss = SquaredLoss("sum")
    divisor = loss.divisor(len(dataset.inputs))
    kernel = as_matrix(neural_tangent_kernel(network, linear.initial_parameters, jnp.asarray(dataset.inputs)))
    modes = kernel_modes(np.asarray(kernel), divisor)
    largest = float(np.max(np.asarray(modes.eigenvalues)))
    updates = list(range(201))
    for β in (0.0, 0.9):
        for ηλ in (0.1, 0.5, 1.0, 1.5):
            optimiser = HeavyBall(ηλ / largest, β) if β else GradientDescent(ηλ / largest)
            (chunk,) = train_ensemble(
                linear, dataset, loss, optimiser, jax.random.key(0), 1, updates, choose_mapping("map", 1)
            )
            outputs = chunk.outputs[0]
            prediction = np.asarray(
                predict_outputs(
                    stroboscopic_response, modes, outputs[0].ravel(), dataset.targets.ravel(), optimiser, updates
                )
            ).reshape(outputs.shape)
            yield Measurement(
                f"linearised network against stroboscopic prediction, β = {β:g}, ηλ_max = {ηλ:g}",
                relative_error(outputs, prediction, dataset.all_targets),
                "",
                at_most(1e-12),
                note="Norm of the difference over norm of what was left to learn, over 32 points and 200 updates; "
                "width 256, float64.",
                details={"largest_difference": float(np.abs(outputs - prediction).max())},
            )


BENCHMARKS = (kernel_paths, linear_network)
