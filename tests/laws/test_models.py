"""Models as people have them: one small network in five libraries has one tangent kernel.

Tests with Flax run where it is installed (it is among the `dev` packages), those with PyTorch where torch is installed,
which no extra of the library brings: pip install torch --index-url https://download.pytorch.org/whl/cpu
"""

import subprocess
import sys
from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.flatten_util import ravel_pytree

import cosmograd
from cosmograd.learning import choose_mapping, train_ensemble
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import FunctionNetwork, GivenNetwork, LinearisedNetwork, Perceptron, as_model
from cosmograd.learning.optimisers import as_optimiser
from cosmograd.learning.tangent_kernel import as_matrix, neural_tangent_kernel, tangent_kernel

RNG = np.random.default_rng(41)
WEIGHTS = [(RNG.standard_normal((3, 6)), RNG.standard_normal(6)), (RNG.standard_normal((6, 2)), RNG.standard_normal(2))]
INPUTS, OTHERS = RNG.standard_normal((7, 3)), RNG.standard_normal((4, 3))


def apply(parameters, inputs):
    (w_1, b_1), (w_2, b_2) = parameters
    return jnp.tanh(inputs @ w_1 + b_1) @ w_2 + b_2


def equinox_module():
    mlp = eqx.nn.MLP(3, 2, 6, 1, activation=jnp.tanh, key=jax.random.key(0))
    arrays = [jnp.asarray(x) for w, b in WEIGHTS for x in (w.T, b)]
    return eqx.tree_at(lambda m: [x for layer in m.layers for x in (layer.weight, layer.bias)], mlp, arrays)


def nnx_module():
    nnx = pytest.importorskip("flax.nnx")

    class Net(nnx.Module):
        def __init__(self):
            self.first, self.second = (nnx.Linear(*w.shape, rngs=nnx.Rngs(0)) for w, _ in WEIGHTS)
            for layer, (w, b) in zip((self.first, self.second), WEIGHTS, strict=True):
                layer.kernel, layer.bias = nnx.Param(jnp.asarray(w)), nnx.Param(jnp.asarray(b))

        def __call__(self, x):
            return self.second(jnp.tanh(self.first(x)))

    return Net()


def linen_module():
    linen = pytest.importorskip("flax.linen")
    module = linen.Sequential([linen.Dense(6), jnp.tanh, linen.Dense(2)])
    first, second = ({"kernel": jnp.asarray(w), "bias": jnp.asarray(b)} for w, b in WEIGHTS)
    return module, {"params": {"layers_0": first, "layers_2": second}}


def torch_module():
    torch = pytest.importorskip("torch")
    layers = [torch.nn.Linear(*w.shape, dtype=torch.float64) for w, _ in WEIGHTS]
    with torch.no_grad():
        for layer, (w, b) in zip(layers, WEIGHTS, strict=True):
            layer.weight.copy_(torch.from_numpy(w.T.copy()))
            layer.bias.copy_(torch.from_numpy(b))
    return torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1])


MODELS = {
    "pair": lambda: (apply, WEIGHTS),
    "equinox": equinox_module,
    "nnx": nnx_module,
    "linen": linen_module,
    "torch": torch_module,
}
every_model = pytest.mark.parametrize("name", MODELS)


@cache
def jacobian_by_differences():
    """∂f/∂θ on all points, rows over flattened outputs, by fourth-order difference quotients in NumPy."""
    flat, rebuild = ravel_pytree(WEIGHTS)
    points = np.concatenate([INPUTS, OTHERS])

    def outputs(θ):
        (w_1, b_1), (w_2, b_2) = jax.tree.map(np.asarray, rebuild(jnp.asarray(θ)))
        return (np.tanh(points @ w_1 + b_1) @ w_2 + b_2).ravel()

    h = 1e-3
    columns = []
    for direction in np.eye(flat.size):
        near, far = (outputs(flat + c * h * direction) - outputs(flat - c * h * direction) for c in (1, 2))
        columns.append((8 * near - far) / (12 * h))
    return np.stack(columns, axis=1)


@every_model
def test_kernel_from_finite_differences(name):
    """Θ = J Jᵀ; fourth-order quotients with h = 1e-3 are good to 1e-10."""
    J = jacobian_by_differences()
    kernel = tangent_kernel(MODELS[name](), INPUTS, OTHERS)
    np.testing.assert_allclose(kernel.matrix, J[:14] @ J[:14].T, rtol=0, atol=1e-9)
    np.testing.assert_allclose(kernel.probe_matrix, J[14:] @ J[:14].T, rtol=0, atol=1e-9)


@cache
def reference():
    return tangent_kernel((apply, WEIGHTS), INPUTS, OTHERS), tangent_kernel((apply, WEIGHTS), INPUTS, OTHERS,
                                                                            average_outputs=True)  # fmt: skip


@every_model
def test_all_libraries_agree(name):
    """The same weights: outputs, kernels and modes to round-off."""
    full, averaged = reference()
    model = MODELS[name]()
    kernel, mean = tangent_kernel(model, INPUTS, OTHERS), tangent_kernel(model, INPUTS, OTHERS, average_outputs=True)
    assert kernel.matrix.dtype == kernel.outputs.dtype == np.float64
    np.testing.assert_allclose(kernel.outputs, full.outputs, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(kernel.probe_outputs, full.probe_outputs, rtol=1e-12, atol=1e-13)
    for ours, theirs in ((kernel, full), (mean, averaged)):
        size = np.abs(theirs.matrix).max()
        np.testing.assert_allclose(ours.matrix, theirs.matrix, rtol=0, atol=1e-12 * size)
        np.testing.assert_allclose(ours.probe_matrix, theirs.probe_matrix, rtol=0, atol=1e-12 * size)
        np.testing.assert_allclose(ours.eigenvalues, theirs.eigenvalues, rtol=0, atol=1e-12 * ours.eigenvalues[0])
    diagonal = np.einsum("aibi->ab", kernel.matrix.reshape(7, 2, 7, 2)) / 2
    np.testing.assert_allclose(mean.matrix, diagonal, rtol=1e-12, atol=1e-13)


def test_modes_rebuild_the_kernel():
    kernel = reference()[0]
    λ, u = kernel.eigenvalues, kernel.modes
    assert (np.diff(λ) <= 0).all()
    np.testing.assert_allclose(u * λ @ u.T, kernel.matrix, rtol=0, atol=1e-13 * λ[0])
    np.testing.assert_allclose(u.T @ u, np.eye(14), rtol=0, atol=1e-13)


def test_our_own_networks_with_parameters_or_key():
    """A perceptron goes the layer-wise way, whatever the way it is given."""
    network, key = Perceptron((3, 6, 2)), jax.random.key(5)
    θ = network.initialise(key)
    expected = np.asarray(as_matrix(neural_tangent_kernel(network, θ, INPUTS)))
    for kernel in (tangent_kernel(network, INPUTS, key=key), tangent_kernel((network, θ), INPUTS)):
        np.testing.assert_allclose(kernel.matrix, expected, rtol=1e-13, atol=1e-13)
    linearised = LinearisedNetwork(network, θ)  # has its parameters
    np.testing.assert_allclose(tangent_kernel(linearised, INPUTS).matrix, expected, rtol=1e-12, atol=1e-13)


def test_a_model_is_a_network_that_has_its_parameters():
    model = as_model(equinox_module(), INPUTS, np.ones((7, 2)))
    assert isinstance(model.network, GivenNetwork)
    assert as_model(model, INPUTS) is model
    for key in (jax.random.key(0), jax.random.key(1)):
        θ = model.network.initialise(key)
        np.testing.assert_array_equal(model.network.apply(θ, jnp.asarray(INPUTS)), reference_outputs(model))
    assert repr(model) == "Equinox module MLP: 38 parameters, points of shape (3,), 2 outputs"


def reference_outputs(model):
    np.testing.assert_allclose(model.outputs(INPUTS), reference()[0].outputs, rtol=1e-12)
    return model.network.apply(model.parameters, jnp.asarray(INPUTS))


def test_a_given_network_trains_from_where_it_is():
    """With an Optax transformation, by the ensemble's training and by Optax alone: 12 updates of a squared loss."""
    targets = np.sin(INPUTS[:, :2])
    theirs = optax.sgd(0.05, momentum=0.9)
    dataset = Dataset(INPUTS, targets, OTHERS, np.zeros((4, 2)))
    network = as_model((apply, WEIGHTS), INPUTS).network
    loss, found, key = SquaredLoss("mean"), as_optimiser(theirs), jax.random.key(0)
    (chunk,) = train_ensemble(network, dataset, loss, found, key, 1, (0, 12), choose_mapping("map"))
    θ = jax.tree.map(jnp.asarray, WEIGHTS)
    state = theirs.init(θ)
    gradient = jax.jit(jax.grad(lambda θ: loss(apply(θ, INPUTS), jnp.asarray(targets))))
    for _ in range(12):
        step, state = theirs.update(gradient(θ), state)
        θ = optax.apply_updates(θ, step)
    np.testing.assert_allclose(chunk.outputs[0, 0, :7], apply(WEIGHTS, INPUTS), rtol=1e-13)
    np.testing.assert_allclose(chunk.outputs[0, 1, :7], apply(θ, INPUTS), rtol=1e-11, atol=1e-12)


def test_a_model_that_has_learned_is_the_same_program():
    """What is not an array is equal, so that nothing is compiled anew."""
    first, second = (as_model(m, INPUTS) for m in (equinox_module(), jax.tree.map(doubled, equinox_module())))
    static = [jax.tree.flatten(eqx.partition((m.network, m.parameters), eqx.is_array)[1]) for m in (first, second)]
    assert static[0] == static[1]
    assert hash(static[0][1]) == hash(static[1][1])


def doubled(leaf):
    return 2 * leaf if eqx.is_array(leaf) else leaf


@pytest.mark.parametrize("shape", [(7,), (7, 1)])
def test_one_output_with_or_without_its_axis(shape):
    parameters = {"w": np.array([0.3, -0.2, 1.1])}
    kernel = tangent_kernel((lambda θ, x: jnp.sin(x @ θ["w"]).reshape((len(x), *shape[1:])), parameters), INPUTS)
    slope = np.cos(INPUTS @ parameters["w"])[:, None] * INPUTS
    assert kernel.outputs.shape == (7, 1)
    np.testing.assert_allclose(kernel.matrix, slope @ slope.T, rtol=1e-13, atol=1e-14)


def test_float32_models_are_computed_in_float64():
    """The weights rounded to float32 once, and nothing after them."""
    rounded = jax.tree.map(lambda x: np.asarray(x, np.float32), WEIGHTS)
    exact = tangent_kernel((apply, jax.tree.map(np.float64, rounded)), INPUTS)
    kernel = tangent_kernel((apply, rounded), INPUTS.tolist())
    np.testing.assert_allclose(kernel.matrix, exact.matrix, rtol=1e-13, atol=1e-13)


def test_a_kernel_prints_on_one_screen():
    text = repr(reference()[0])
    assert text.startswith("Tangent kernel of the function apply: 38 parameters, points of shape (3,), 2 outputs\n")
    assert "14 × 14 (7 points × 2 outputs)" in text
    assert f"{reference()[0].eigenvalues[0]:.4g}, " in text
    assert "other points 4" in text
    assert len(text.splitlines()) <= 6
    assert "<td>14 × 14 (7 points × 2 outputs)</td>" in reference()[0]._repr_html_()
    flat = tangent_kernel((lambda θ, x: x @ θ, np.ones(3)), INPUTS)  # rank 3
    assert "singular, 4 eigenvalues are zero to round-off" in repr(flat)


class TestFlax:
    def test_running_averages_are_constants(self):
        """BatchNorm in evaluation is an affine layer, in NNX and in Linen."""
        nnx, linen = pytest.importorskip("flax.nnx"), pytest.importorskip("flax.linen")
        mean, var = np.array([0.1, -0.2, 0.3]), np.array([0.5, 1.0, 2.0])
        affine = (lambda θ, x: (x - mean) / np.sqrt(var + 1e-5) * θ["scale"] + θ["bias"],
                  {"scale": np.ones(3), "bias": np.zeros(3)})  # fmt: skip
        expected = tangent_kernel(affine, INPUTS).matrix
        layer = nnx.BatchNorm(3, rngs=nnx.Rngs(0))
        layer.mean[...], layer.var[...] = jnp.asarray(mean, jnp.float32), jnp.asarray(var, jnp.float32)
        layer.eval()
        variables = {"params": affine[1], "batch_stats": {"mean": jnp.asarray(mean), "var": jnp.asarray(var)}}
        in_linen = tangent_kernel((linen.BatchNorm(use_running_average=True), variables), INPUTS)
        np.testing.assert_allclose(in_linen.matrix, expected, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(tangent_kernel(layer, INPUTS).matrix, expected, rtol=1e-6)
        assert layer.mean[...].dtype == jnp.float32

    def test_a_bound_linen_module_has_its_parameters(self):
        module, variables = linen_module()
        kernel = tangent_kernel(module.bind(variables), INPUTS)
        np.testing.assert_allclose(kernel.matrix, reference()[0].matrix, rtol=1e-12, atol=1e-12)


class TestTorch:
    @pytest.fixture(autouse=True)
    def torch(self):
        self.torch = pytest.importorskip("torch")

    def test_the_module_is_left_as_it_was(self):
        module = self.torch.nn.Sequential(self.torch.nn.Linear(3, 4), self.torch.nn.BatchNorm1d(4)).eval()
        before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
        stream = self.torch.get_rng_state()
        tangent_kernel(module, INPUTS)
        for name, tensor in module.state_dict().items():
            assert tensor.dtype == before[name].dtype
            assert self.torch.equal(tensor, before[name])
        assert all(parameter.grad is None and parameter.requires_grad for parameter in module.parameters())
        assert self.torch.equal(stream, self.torch.get_rng_state())
        assert not module.training

    def test_few_points_at_a_time(self, monkeypatch):
        """With memory for two points' Jacobians the kernel is the same, and symmetric to the last bit."""
        import cosmograd.learning.tangent_kernel.torch_kernel as torch_kernel

        monkeypatch.setattr(torch_kernel, "_JACOBIAN_NUMBERS", 2 * 2 * 38)
        kernel = tangent_kernel(torch_module(), INPUTS, OTHERS)
        np.testing.assert_allclose(kernel.matrix, reference()[0].matrix, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(kernel.probe_matrix, reference()[0].probe_matrix, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(kernel.matrix, kernel.matrix.T)

    def test_layers_that_cannot_be_batched_over_points(self):
        """A recurrent network, by backward passes one after another, against JAX with the same weights."""
        torch = self.torch

        class Recurrent(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.LSTM(1, 2, batch_first=True, dtype=torch.float64)

            def forward(self, x):
                return self.layer(x[..., None])[0][:, -1]

        module = Recurrent()
        θ = {name.split(".")[1]: tensor.detach().numpy().copy() for name, tensor in module.named_parameters()}

        def same(θ, inputs):
            h = c = jnp.zeros((len(inputs), 2))
            for x in inputs.T:
                z = x[:, None] @ θ["weight_ih_l0"].T + θ["bias_ih_l0"] + h @ θ["weight_hh_l0"].T + θ["bias_hh_l0"]
                i, f, g, o = jnp.split(z, 4, axis=1)
                c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
                h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return h

        expected = tangent_kernel((same, θ), INPUTS)
        np.testing.assert_allclose(tangent_kernel(module, INPUTS).matrix, expected.matrix, rtol=1e-11, atol=1e-13)

    def test_frozen_parameters_are_not_trained(self):
        module = torch_module()
        module[0].requires_grad_(False)
        frozen = tangent_kernel((lambda θ, x: apply([WEIGHTS[0], θ], x), WEIGHTS[1]), INPUTS)
        kernel = tangent_kernel(module, INPUTS)
        assert kernel.model.parameter_count == 14
        np.testing.assert_allclose(kernel.matrix, frozen.matrix, rtol=1e-12, atol=1e-13)


def test_no_library_is_imported_before_its_model_comes():
    code = """
import sys, numpy as np, cosmograd
cosmograd.enable_float64()
kernel = cosmograd.tangent_kernel((lambda w, x: x @ w, np.ones(3)), np.eye(3))
assert kernel.eigenvalues.tolist() == [1, 1, 1], kernel
assert not {"torch", "flax", "keras", "tensorflow"} & set(sys.modules)
"""
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_front_door_has_it():
    network = FunctionNetwork(apply, lambda key: jax.tree.map(jnp.asarray, WEIGHTS), (3,), 2)
    kernel = cosmograd.tangent_kernel(network, INPUTS, key=jax.random.key(0))
    np.testing.assert_allclose(kernel.matrix, reference()[0].matrix, rtol=1e-12, atol=1e-12)
