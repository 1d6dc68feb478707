"""Predict a training from the network's initial tangent kernel, then train and compare."""

import cosmograd

cosmograd.enable_float64()

import jax
import numpy as np

from cosmograd.duality import RESPONSES, kernel_modes, mode_regimes, predict_outputs, relative_error
from cosmograd.learning import choose_mapping, train_ensemble
from cosmograd.learning.datasets import circle
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.optimisers import GradientDescent
from cosmograd.learning.tangent_kernel import as_matrix, neural_tangent_kernel

data, network, key = circle(points=32), Perceptron((2, 512, 512, 1)), jax.random.key(0)
updates = list(range(0, 201, 5))

# One member of an ensemble, its tangent kernel at the start, and a learning rate of half the inverse top eigenvalue.
member = jax.random.fold_in(key, 0)
kernel = as_matrix(neural_tangent_kernel(network, network.initialise(member), data.inputs))
modes = kernel_modes(np.asarray(kernel))
optimiser = GradientDescent(0.5 / float(modes.eigenvalues[0]))
print("regimes of the leading modes:", ", ".join(mode_regimes(modes.eigenvalues, optimiser)[:6]))

# Train it, for the comparison.
(run,) = train_ensemble(
    network, data, SquaredLoss("sum"), optimiser, key, members=1, record_updates=updates, mapping=choose_mapping("map")
)
outputs = run.outputs[0, :, :, 0]

errors = {}
for name, response in RESPONSES.items():
    prediction = predict_outputs(response, modes, outputs[0], data.targets[:, 0], optimiser, updates)
    errors[name] = relative_error(outputs, np.asarray(prediction), data.targets[:, 0])
    print(f"{name:>14}: {errors[name]:.1%} of what was left to learn")
assert errors["gradient_flow"] > errors["second_order"] > errors["stroboscopic"]
