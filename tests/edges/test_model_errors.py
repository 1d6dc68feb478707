"""Models that cannot be used are refused in one sentence, with the reason and what to do.

Tests with Flax or PyTorch run where these are installed; `tests/laws/test_models.py` says how.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.learning.networks import Perceptron, as_model
from cosmograd.learning.tangent_kernel import tangent_kernel

pytestmark = pytest.mark.usefixtures("without_type_checks")

INPUTS = np.random.default_rng(7).standard_normal((6, 3))
WEIGHTS = np.ones((3, 2))
KEY = jax.random.key(0)


def refused(model, *parts, inputs=INPUTS, **settings):
    """The message, on one line, says all of `parts`."""
    with pytest.raises(ValueError) as caught:
        as_model(model, inputs, **settings)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message, message


class TestFunctions:
    @pytest.mark.parametrize(
        ("apply", "parts"),
        [
            (lambda w, x: 1j * x @ w, ("returns complex128", "must be real")),
            (lambda w, x: jnp.argmax(x @ w, axis=1), ("returns int64", "must be real")),
            (lambda w, x: (x @ w)[:, None], ("returns shape (3, 1, 2) for 3 points", "expected (3, outputs)")),
            (lambda w, x: (x @ w).sum(), ("returns shape () for 3 points", "expected (3, outputs)")),
            (lambda w, x: (x @ w).T, ("returns shape (2, 3) for 3 points",)),
            (lambda w, x: (x @ w, w), ("returns a tuple", "one array of shape (points, outputs)")),
            (lambda w, x: (x @ w).astype("float32"), ("returns float32", "rounds inside", "float64 passes through")),
            (lambda w, x: x @ w + np.random.standard_normal(), ("is random", "two calls", "Switch noise")),  # noqa: NPY002
            (lambda w, x: (x - x.mean(axis=0)) @ w, ("depend on the other points", "running averages")),
            (lambda w, x: x[:, :2] @ w, ("cannot be applied to points of shape (3,)", "all points", "jax.vmap")),
        ],
        ids=["complex", "whole numbers", "three axes", "a sum", "transposed", "a tuple", "float32", "random", "batch",
             "inputs"],
    )  # fmt: skip
    def test_outputs(self, apply, parts):
        refused((apply, WEIGHTS), *parts)

    def test_a_counter_is_seen(self):
        calls = []

        def apply(w, x):
            calls.append(1)
            return len(calls) * (x @ w)

        refused((apply, WEIGHTS), "the function apply is random or keeps a state", "keep nothing between calls")

    @pytest.mark.parametrize(
        ("model", "parts"),
        [
            ((lambda w, x: x, {}), ("no trainable parameters", "nothing to train")),
            ((lambda w, x: x @ w, WEIGHTS.astype(int)), ("real floating-point arrays, got int64",)),
            ((lambda w, x: x @ w, 1j * WEIGHTS), ("real floating-point arrays, got complex128",)),
            ((WEIGHTS, lambda w, x: x @ w), ("must be a function apply(parameters, inputs)", "order is (apply, param")),
            ((lambda key: WEIGHTS, lambda w, x: x @ w), ("got a function", "call init first")),
            (lambda w, x: x @ w, ("comes without its parameters", "Pass both: (apply, parameters)")),
        ],
        ids=["none", "whole numbers", "complex", "exchanged", "init and apply", "alone"],
    )
    def test_parameters(self, model, parts):
        refused(model, *parts)


class TestEquinox:
    def test_wrong_inputs(self):
        mlp = eqx.nn.MLP(3, 2, 4, 1, key=KEY)
        refused(mlp, "Equinox module MLP cannot be applied to points of shape (4,)", inputs=np.ones((6, 4)))
        refused(mlp, "6 points; for one point pass shape (1, 6)", inputs=np.ones(6))

    def test_training_is_switched_off_first(self):
        linear = eqx.nn.Linear(3, 2, key=KEY)
        module = eqx.nn.Sequential([linear, eqx.nn.Dropout(0.3)])
        refused(module, "Dropout requires a key", "pass eqx.nn.inference_mode(module)")
        kernel = tangent_kernel(eqx.nn.inference_mode(module), INPUTS)
        np.testing.assert_allclose(kernel.matrix, tangent_kernel(linear, INPUTS).matrix, rtol=1e-12, atol=1e-14)

    def test_states_are_fixed_first(self):
        module, state = eqx.nn.make_with_state(eqx.nn.BatchNorm)(3, "batch", mode="ema")
        cure = "eqx.Partial(lambda module, x: module(x, state)[0], eqx.nn.inference_mode(module))"
        refused((module, state), "comes with a state", cure)
        refused(module, "missing 1 required positional argument: 'state'", cure)
        fixed = eqx.Partial(lambda module, x: module(x, state)[0], eqx.nn.inference_mode(module))
        assert as_model(fixed, INPUTS).output_size == 3

    def test_modules_without_parameters_or_call(self):
        refused(eqx.nn.Lambda(jnp.tanh), "Equinox module Lambda has no trainable parameters")

        class Data(eqx.Module):
            numbers: jax.Array

        refused(Data(jnp.ones(3)), "cannot be called", "__call__(self, x)")


class TestFlaxNnx:
    @pytest.fixture(autouse=True)
    def nnx(self):
        self.nnx = pytest.importorskip("flax.nnx")

    def test_training_is_switched_off_first(self):
        nnx, rngs = self.nnx, self.nnx.Rngs(0)
        linear = nnx.Linear(3, 2, rngs=rngs)
        cure = "Switch to evaluation first: model.eval()"
        dropout = nnx.Sequential(linear, nnx.Dropout(0.5, rngs=rngs))
        refused(dropout, "draws random numbers (RngCount", "Sequential", cure, "deterministic=True")
        averages = nnx.Sequential(linear, nnx.BatchNorm(2, rngs=rngs))
        refused(averages, "updates its state (BatchStat", "mean", cure, "use_running_average=True")
        both = nnx.Sequential(linear, nnx.BatchNorm(2, rngs=rngs), nnx.Dropout(0.5, rngs=rngs))
        refused(both, "draws random numbers (RngCount", "and updates its state (BatchStat", cure)
        for model in (dropout, averages, both):
            model.eval()
            assert as_model(model, INPUTS).output_size == 2

    def test_other_states(self):
        nnx = self.nnx

        class Counting(nnx.Module):
            def __init__(self):
                self.scale, self.calls = nnx.Param(jnp.ones(3)), nnx.Variable(jnp.zeros(()))

            def __call__(self, x):
                self.calls[...] = self.calls[...] + 1
                return x * self.scale[...]

        refused(Counting(), "updates its state (Variable calls)")

    def test_wrong_use(self):
        nnx = self.nnx
        linear = nnx.Linear(3, 2, rngs=nnx.Rngs(0))
        refused(linear, "cannot be applied to points of shape (4,)", "all points", inputs=np.ones((6, 4)))
        refused(nnx.Linear, "Linear is a class", "Make a model of it first")
        refused((linear, {}), "Linear holds its parameters itself", "Pass it alone")
        refused(nnx.Dropout(0.0), "no trainable parameters")
        refused(nnx.List([linear]), "cannot be called")


class TestFlaxLinen:
    @pytest.fixture(autouse=True)
    def linen(self):
        self.linen = pytest.importorskip("flax.linen")

    def test_training_is_switched_off_first(self):
        linen = self.linen
        training, evaluation = (linen.BatchNorm(use_running_average=average) for average in (False, True))
        variables = training.init(KEY, INPUTS)
        refused((training, variables), "BatchNorm is in training", "`batch_stats`", "use_running_average=True")
        refused((evaluation, variables["params"]), "without its collection `batch_stats`", "Pass (module, variables)")
        assert as_model((evaluation, variables), INPUTS).output_size == 3
        dropout = linen.Sequential([linen.Dense(2), linen.Dropout(0.5, deterministic=False)])
        parameters = linen.Sequential([linen.Dense(2)]).init(KEY, INPUTS)
        refused((dropout, parameters), "needs random numbers, as dropout does", "deterministic=True")

    def test_wrong_use(self):
        linen = self.linen
        dense = linen.Dense(2)
        parameters = dense.init(KEY, INPUTS)
        refused(dense, "Dense comes without its parameters", "(module, params)")
        refused((dense, 3), "comes with its parameters, a dict; got int")
        refused((dense, parameters), "cannot be applied to points of shape (4,)", inputs=np.ones((6, 4)))

        class Asking(linen.Module):
            @linen.compact
            def __call__(self, x, train):
                return linen.Dense(2)(x)

        asking = Asking()
        refused((asking, asking.init(KEY, INPUTS, True)), "missing 1 required positional argument: 'train'",
                "pass a pair: (lambda params, x: module.apply(")  # fmt: skip


class TestTorch:
    @pytest.fixture(autouse=True)
    def torch(self):
        self.torch = pytest.importorskip("torch")

    def test_training_is_switched_off_first(self):
        nn = self.torch.nn
        cure = "Switch to evaluation first: model.eval()"
        dropout = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
        averages = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
        refused(dropout, "PyTorch module Sequential is in training: Dropout `1` draws random numbers", cure)
        refused(averages, "BatchNorm1d `1` takes the statistics of the batch", cure)
        for model in (dropout, averages):
            assert as_model(model.eval(), INPUTS).output_size == 2

    def test_noise_without_a_layer_of_its_own(self):
        torch = self.torch

        class Noisy(torch.nn.Linear):
            def forward(self, x):
                return torch.nn.functional.dropout(super().forward(x), 0.5, training=self.training)

        refused(Noisy(3, 2), "Noisy is random or keeps a state", "model.eval()")
        assert as_model(Noisy(3, 2).eval(), INPUTS).output_size == 2
        batch = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2, track_running_stats=False)).eval()
        refused(
            batch, "BatchNorm1d `1` takes the statistics of the batch in evaluation, too", "track_running_stats=True"
        )

        class Centred(torch.nn.Linear):
            def forward(self, x):
                return super().forward(x - x.mean(0))

        refused(Centred(3, 2).eval(), "depend on the other points", "Replace the layer")

    def test_wrong_use(self):
        torch = self.torch
        linear = torch.nn.Linear(3, 2)
        refused(linear, "Linear cannot be applied to points of shape (4,)", inputs=np.ones((6, 4)))
        refused(torch.nn.Linear, "Linear is a class")
        refused((linear, {}), "Linear holds its parameters itself")
        refused(torch.nn.Tanh(), "no trainable parameters", "requires_grad is True")
        refused(torch.nn.Unflatten(1, (3, 1)), "no trainable parameters")
        refused(torch.nn.Sequential(linear, torch.nn.Unflatten(1, (2, 1))), "returns shape (3, 2, 1) for 3 points")
        linear.requires_grad_(False)
        refused(linear, "no trainable parameters", "requires_grad is True")

    def test_numbers(self):
        torch = self.torch

        class Cast(torch.nn.Linear):
            def __init__(self, kind):
                super().__init__(3, 2)
                self.kind = kind

            def forward(self, x):
                return super().forward(x).to(self.kind)

        refused(Cast(torch.float32), "returns float32", "rounds inside", ".float()")
        refused(Cast(torch.complex128), "returns complex128", "must be real")


def test_keras_models_are_answered_with_a_pair():
    """By their names alone: Keras need not be installed."""
    model = type("Functional", (), {"__module__": "keras.src.models.functional"})()
    refused(model, "the Keras model Functional cannot be used as it is", "KERAS_BACKEND=jax", "stateless_call")


@pytest.mark.parametrize("model", ["mlp", None, {"w": WEIGHTS}, (1, 2, 3)], ids=str)
def test_something_else(model):
    refused(model, "the model must be an Equinox module", "PyTorch module", f"got {type(model).__name__}")


def test_our_own_networks():
    network = Perceptron((3, 4, 2))
    refused(network, "Perceptron draws its parameters", "key=jax.random.key(0)", "(network, parameters)")
    refused(network, "takes points of shape (3,)", "(6, 4)", inputs=np.ones((6, 4)), key=KEY)
    refused(Perceptron, "Perceptron is a class")
    refused((network, Perceptron((3, 5, 5, 2)).initialise(KEY)), "Perceptron cannot be applied")
    model = as_model(network, INPUTS, key=KEY)
    refused(model, "Perceptron takes points of shape (3,)", inputs=np.ones((6, 4)))


@pytest.mark.parametrize(
    ("inputs", "parts"),
    [
        (np.ones((0, 3)), ("at least one point", "(0, 3)")),
        (3.0, ("at least one point", "shape ()")),
        ("numbers", ("array of real numbers", "got str")),
        ([[1.0, 2.0], [3.0]], ("array of real numbers", "got list")),
        (1j * INPUTS, ("array of real numbers", "got complex numbers")),
        (np.full((2, 3), np.nan), ("hold 6 numbers that are NaN or infinite",)),
    ],
)
def test_inputs(inputs, parts):
    refused((lambda w, x: x @ w, WEIGHTS), *parts, inputs=inputs)


def test_targets():
    model = (lambda w, x: x @ w, WEIGHTS)
    refused(model, "`targets` have shape (6,)", "2 outputs on 6 points", "expected shape (6, 2)", targets=np.ones(6))
    refused(model, "`targets` have shape (5, 2)", targets=np.ones((5, 2)))
    refused((lambda w, x: x @ w, WEIGHTS[:, 0]), "expected shape (6, 1) or (6,)", targets=np.ones((6, 2)))
    for targets in (np.ones(6), np.ones((6, 1))):
        assert as_model((lambda w, x: x @ w, WEIGHTS[:, 0]), INPUTS, targets).output_size == 1


class TestKernels:
    def test_probe_inputs_are_like_the_inputs(self):
        with pytest.raises(ValueError, match=r"`probe_inputs` are points of shape \(4,\), `inputs` of shape \(3,\)"):
            tangent_kernel((lambda w, x: x @ w, WEIGHTS), INPUTS, np.ones((2, 4)))

    def test_outputs_that_are_not_finite(self):
        inputs = np.concatenate([INPUTS, np.zeros((2, 3))])
        with pytest.raises(ValueError, match="returns NaN or infinite numbers on 2 of 8 points"):
            tangent_kernel((lambda w, x: (x / jnp.linalg.norm(x, axis=1, keepdims=True)) @ w, WEIGHTS), inputs)

    def test_kernels_that_no_memory_holds(self):
        with pytest.raises(ValueError, match=r"would be 80000 × 80000.*fewer points, or average_outputs=True"):
            tangent_kernel((lambda w, x: x @ w, WEIGHTS), np.ones((40_000, 3)))
