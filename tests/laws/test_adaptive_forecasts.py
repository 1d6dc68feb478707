"""Adam on the digits: the preconditioner that the linearised network makes, the first one held, and gradient flow."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.duality import gradient_flow_response, kernel_modes, predict_outputs
from cosmograd.duality.adaptive_training import adaptive_outputs
from cosmograd.duality.linearised_training import linearised_outputs
from cosmograd.learning.datasets import digits
from cosmograd.learning.losses import CrossEntropyLoss, SquaredLoss
from cosmograd.learning.networks import LinearisedNetwork, Perceptron, as_model
from cosmograd.learning.optimisers import Adam, GradientDescent, RMSProp
from cosmograd.learning.tangent_kernel import tangent_kernel

STOPS = np.unique(np.geomspace(1, 200, 40).astype(int))


def trained(network, parameters, data, loss, method):
    """Outputs of the training points at STOPS, by the network itself."""
    transformation = method.transformation()
    x, y = jnp.asarray(data.inputs), jnp.asarray(data.targets)

    @jax.jit
    def run(start):
        def update(carry, _):
            θ, state = carry
            gradient = jax.grad(lambda θ: loss(network.apply(θ, x), y))(θ)
            step, state = transformation.update(gradient, state, θ)
            θ = jax.tree.map(jnp.add, θ, step)
            return (θ, state), network.apply(θ, x)

        return jax.lax.scan(update, (start, transformation.init(start)), length=STOPS[-1])[1]

    return np.asarray(run(parameters))[STOPS - 1]


@pytest.mark.parametrize("loss", [SquaredLoss(), CrossEntropyLoss()])
@pytest.mark.parametrize(
    "method",
    [Adam(3e-3, weight_decay=0.1), Adam(3e-3, weight_decay=0.1, coupled=True), RMSProp(1e-3, momentum=0.5)],
    ids=repr,
)
def test_exact_for_linearised_networks(loss, method):
    data = digits(points=12, encoding="one-hot")
    network = Perceptron((64, 16, 10))
    parameters = network.initialise(jax.random.key(2), jnp.float64)
    linear = LinearisedNetwork(network, parameters)
    found = adaptive_outputs(
        as_model((network.apply, parameters), data.inputs), data.inputs, None, data.targets, loss, method, STOPS
    )
    np.testing.assert_allclose(found.outputs, trained(linear, parameters, data, loss, method), rtol=1e-9, atol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_predicted_preconditioner_is_three_times_closer(seed):
    """Width 512, η = 1e-3, 200 updates: median error of the outputs over points, outputs and updates."""
    data, loss, method = digits(points=32, encoding="one-hot"), SquaredLoss(), Adam(1e-3)
    network = Perceptron((64, 512, 512, 10))
    parameters = network.initialise(jax.random.key(seed), jnp.float64)
    real = trained(network, parameters, data, loss, method)
    model = as_model((network.apply, parameters), data.inputs)
    found = adaptive_outputs(model, data.inputs, None, data.targets, loss, method, STOPS)
    kernel = tangent_kernel((network.apply, parameters), data.inputs)
    f_0, y = kernel.outputs.ravel(), data.targets
    held = linearised_outputs(found.first_kernel, f_0, y, loss, method.held(200), STOPS)
    flow = predict_outputs(
        gradient_flow_response, kernel_modes(kernel.matrix, 32.0), f_0, y.ravel(), GradientDescent(1e-3), STOPS
    )
    error, of_held, of_flow = (
        float(np.median(np.abs(np.reshape(path, real.shape) - real))) for path in (found.outputs, held, flow)
    )
    assert 3 * error < min(of_held, of_flow)
