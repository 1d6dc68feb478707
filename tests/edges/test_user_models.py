"""Models of the user's own that cannot work are refused when they are made, with the shapes in the message."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from cosmograd.learning.networks import EquinoxNetwork, FunctionNetwork, Perceptron, activation_function

pytestmark = pytest.mark.usefixtures("without_type_checks")


def draw(key):
    return jax.random.normal(key, (3, 2))


class TestFunctions:
    def test_scalar_outputs_need_their_axis(self):
        message = r"returns shape \(3,\) for inputs of shape \(3, 3\), expected \(3, 1\).*return shape \(points, 1\)"
        with pytest.raises(ValueError, match=message):
            FunctionNetwork(lambda θ, x: (x @ θ)[:, 0], draw, (3,), 1)

    def test_wrong_number_of_outputs(self):
        with pytest.raises(ValueError, match=r"returns shape \(3, 2\).*expected \(3, 5\)"):
            FunctionNetwork(lambda θ, x: x @ θ, draw, (3,), 5)

    def test_wrong_inputs(self):
        with pytest.raises(ValueError, match=r"cannot be applied to inputs of shape \(3, 4\).*all points at once"):
            FunctionNetwork(lambda θ, x: x @ θ, draw, (4,), 2)

    def test_not_an_array(self):
        with pytest.raises(ValueError, match="returns shape tuple"):
            FunctionNetwork(lambda θ, x: (x @ θ, θ), draw, (3,), 2)

    def test_integer_parameters(self):
        with pytest.raises(ValueError, match="`draw` must return floating-point arrays only, got int"):
            FunctionNetwork(lambda θ, x: x @ θ, lambda key: jnp.ones((3, 2), dtype=int), (3,), 2)

    def test_nothing_to_train(self):
        with pytest.raises(ValueError, match="no floating-point parameters, so there is nothing to train"):
            FunctionNetwork(lambda θ, x: x[:, :2], lambda key: {}, (3,), 2)

    def test_whole_numbers_as_outputs(self):
        with pytest.raises(ValueError, match="must return real floating-point numbers, got int"):
            FunctionNetwork(lambda θ, x: (x @ θ).astype(int), draw, (3,), 2)


class TestEquinoxModules:
    def test_nothing_to_train(self):
        with pytest.raises(ValueError, match="no floating-point parameters, so there is nothing to train"):
            EquinoxNetwork(lambda key: eqx.nn.Lambda(jnp.tanh), (3,))

    def test_complex_outputs(self):
        with pytest.raises(ValueError, match="must return real floating-point numbers, got complex"):
            EquinoxNetwork(lambda key: eqx.nn.Lambda(lambda x: 1j * x), (3,))

    def test_wrong_inputs(self):
        with pytest.raises(ValueError, match=r"cannot be applied to one point of shape \(5,\)"):
            EquinoxNetwork(lambda key: eqx.nn.MLP(3, 2, 4, 1, key=key), (5,))

    @pytest.mark.parametrize(
        ("build", "message"),
        [
            (eqx.nn.MLP(3, 2, 4, 1, key=jax.random.key(0)), r"`build` is a module \(MLP\); .*lambda key: eqx.nn.MLP"),
            (None, "`build` is None; it must be a function that builds the module from a key"),
            (eqx.nn.MLP, "`build` cannot be called with a key alone: TypeError: .*lambda key: eqx.nn.MLP"),
            (lambda key: {"weights": jnp.ones(3)}, r"`build\(key\)` returns dict; it must return a module"),
        ],
    )
    def test_a_builder_is_needed(self, build, message):
        with pytest.raises(ValueError, match=message):
            EquinoxNetwork(build, (3,))

    def test_matrix_outputs(self):
        with pytest.raises(ValueError, match=r"must map one point to a vector or a scalar, got shape \(3, 3\)"):
            EquinoxNetwork(lambda key: eqx.nn.Lambda(lambda x: jnp.outer(x, x)), (3,))

    def test_scalar_outputs_are_taken(self):
        network = EquinoxNetwork(lambda key: eqx.nn.MLP(3, "scalar", 4, 1, key=key), (3,))
        assert network.output_size == 1
        assert network.apply(network.initialise(jax.random.key(0)), jnp.ones((5, 3))).shape == (5, 1)


class TestPerceptrons:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"widths": (3,)}, r"`widths` must be whole numbers ≥ 1.*got \(3,\)"),
            ({"widths": (3, 0, 1)}, "`widths` must be whole numbers ≥ 1"),
            ({"widths": (3, 2.5, 1)}, "`widths` must be whole numbers ≥ 1"),
            ({"widths": (3, 1), "activation": "swish"}, "`activation` is 'swish'; allowed: tanh, erf, relu"),
            ({"widths": (3, 1), "weight_scale": 0.0}, "`weight_scale` must be positive and finite, got 0.0"),
            ({"widths": (3, 1), "weight_scale": float("nan")}, "`weight_scale` must be positive and finite"),
            ({"widths": (3, 1), "bias_scale": -0.1}, "`bias_scale` must be ≥ 0 and finite, got -0.1"),
        ],
    )
    def test_refused(self, settings, message):
        with pytest.raises(ValueError, match=message):
            Perceptron(**settings)

    def test_activation_by_name(self):
        with pytest.raises(ValueError, match="`activation` is 'Tanh'; allowed"):
            activation_function("Tanh")
