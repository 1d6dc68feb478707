"""Parametrisations: the statistics that define them, at the start and after one step, as the width grows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from perceptron_draws import perceptron_draws

from cosmograd.learning.networks import PARAMETRISATIONS, Perceptron, layer_scales
from cosmograd.learning.tangent_kernel import traced_tangent_kernel

KEY = jax.random.key(99)
DATA_KEY = jax.random.key(100)
SEED = 101

# The table in the words of effective weights m_w w and biases m_b b: their deviations, and the learning rates they
# feel, m², as functions of fan-in i, fan-out o, σ_w and σ_b.
TABLE = {
    "ntk": lambda i, o, σ_w, σ_b: (σ_w / i**0.5, σ_b, σ_w**2 / i, σ_b**2),
    "standard": lambda i, o, σ_w, σ_b: (σ_w / i**0.5, σ_b, 1.0, 1.0),
    "mup": lambda i, o, σ_w, σ_b: (σ_w / i**0.5 * min(1.0, (o / i) ** 0.5), σ_b, o / i, o),
}


def test_every_parametrisation_is_in_the_table():
    assert set(TABLE) == set(PARAMETRISATIONS)


@pytest.mark.parametrize("name", PARAMETRISATIONS)
@pytest.mark.parametrize(("fan_in", "fan_out"), [(3, 256), (256, 256), (256, 2)])
def test_table(name, fan_in, fan_out):
    scales = layer_scales(name, fan_in, fan_out, 1.4, 0.2)
    weight, bias, weight_rate, bias_rate = TABLE[name](fan_in, fan_out, 1.4, 0.2)
    assert scales.weight_multiplier * scales.weight_deviation == pytest.approx(weight, rel=1e-14)
    assert scales.bias_multiplier * scales.bias_deviation == pytest.approx(bias, rel=1e-14)
    assert scales.weight_multiplier**2 == pytest.approx(weight_rate, rel=1e-14)
    assert scales.bias_multiplier**2 == pytest.approx(bias_rate, rel=1e-14)


@pytest.mark.parametrize("name", PARAMETRISATIONS)
def test_draws_have_the_stated_deviations(name):
    """Of n normal numbers the deviation is known to 1/√(2n); five such errors are allowed."""
    network = Perceptron((30, 200, 100), parametrisation=name, weight_scale=1.4, bias_scale=0.2)
    members = 50
    drawn = jax.vmap(network.initialise)(jax.random.split(KEY, members))
    for layer, scales in zip(drawn, network.layer_scales, strict=True):
        for numbers, deviation in (
            (layer.weights, scales.weight_deviation),
            (layer.biases, scales.bias_deviation),
        ):
            assert jnp.std(numbers) == pytest.approx(deviation, rel=5 / (2 * numbers.size) ** 0.5)
            assert abs(jnp.mean(numbers)) <= 5 * deviation / numbers.size**0.5


def outputs_over_draws(network, points, members: int):
    return jax.jit(jax.vmap(lambda θ: network.apply(θ, points)))(perceptron_draws(network, members, SEED))


@pytest.mark.parametrize("name", ["ntk", "standard"])
def test_forward_signal_obeys_the_mean_field_recursion(name):
    """Variances q ← σ_w² q + σ_b² layer by layer: exact at any width for a linear network."""
    σ_w, σ_b, members = 1.3, 0.4, 4000
    points = jax.random.normal(DATA_KEY, (1, 3))
    q = float(jnp.sum(points**2)) / 3
    for _ in range(3):
        q = σ_w**2 * q + σ_b**2
    for width in (4, 16):
        network = Perceptron((3, width, width, 2), "linear", name, σ_w, σ_b)
        outputs = outputs_over_draws(network, points, members)
        spread = float(jnp.std(jnp.mean(outputs**2, axis=(1, 2)))) / members**0.5
        assert float(jnp.mean(outputs**2)) == pytest.approx(q, abs=4 * spread)


def fitted_power(widths, values) -> float:
    return np.polyfit(np.log(widths), np.log(values), 1)[0]


WIDTHS = (64, 128, 256)


@pytest.mark.parametrize(("name", "power"), [("ntk", 0.0), ("standard", 0.0), ("mup", -0.5)])
def test_size_of_the_initial_outputs(name, power):
    """Independent of the width, except under mup, where the last layer starts small: like width^(−1/2)."""
    points = jax.random.normal(DATA_KEY, (4, 3))
    sizes = []
    for width in WIDTHS:
        outputs = outputs_over_draws(Perceptron((3, width, width, 1), "tanh", name, bias_scale=0.0), points, 256)
        sizes.append(float(jnp.sqrt(jnp.mean(outputs**2))))
    assert fitted_power(WIDTHS, sizes) == pytest.approx(power, abs=0.05)


def changes_in_one_step(name: str, width: int) -> tuple[float, float]:
    """r.m.s. change of the outputs, and of the last hidden layer's activations, in one step of fixed length."""
    network = Perceptron((3, width, width, 1), "tanh", name)
    features = Perceptron((3, width, width), "tanh", name)
    points = jax.random.normal(DATA_KEY, (4, 3))
    targets = jnp.array([[1.0], [-1.0], [0.5], [2.0]])
    η = 1e-5 / width  # small enough to be linear in η under every parametrisation

    def hidden(θ):
        return jnp.tanh(features.apply(θ[:-1], points))

    def one(θ):
        gradient = jax.grad(lambda θ: 0.5 * jnp.mean((network.apply(θ, points) - targets) ** 2))(θ)
        moved = jax.tree.map(lambda x, g: x - η * g, θ, gradient)
        changes = network.apply(moved, points) - network.apply(θ, points), hidden(moved) - hidden(θ)
        return tuple(jnp.mean((change / η) ** 2) for change in changes)

    return tuple(float(jnp.sqrt(x.mean())) for x in jax.jit(jax.vmap(one))(perceptron_draws(network, 128, SEED)))


@pytest.mark.parametrize(
    ("name", "output_power", "feature_power"), [("ntk", 0.0, -0.5), ("standard", 1.0, 0.5), ("mup", 0.0, 0.0)]
)
def test_changes_in_one_step_of_gradient_descent(name, output_power, feature_power):
    """At one learning rate: outputs move alike at every width under ntk and mup, features only under mup.

    The features of a wide network in the NTK parametrisation do not learn; with the standard one, learning rates
    must shrink with the width.
    """
    changes = np.array([changes_in_one_step(name, width) for width in WIDTHS])
    assert fitted_power(WIDTHS, changes[:, 0]) == pytest.approx(output_power, abs=0.1)
    assert fitted_power(WIDTHS, changes[:, 1]) == pytest.approx(feature_power, abs=0.1)


def test_the_same_function_has_different_kernels():
    """ntk and standard draw the same functions from one key; only the learning rates per layer differ."""
    points = jax.random.normal(DATA_KEY, (4, 3))
    ntk, standard = (Perceptron((3, 40, 2), parametrisation=name, bias_scale=0.3) for name in ("ntk", "standard"))
    θ_ntk, θ_standard = ntk.initialise(KEY), standard.initialise(KEY)
    np.testing.assert_allclose(ntk.apply(θ_ntk, points), standard.apply(θ_standard, points), rtol=1e-13)
    kernels = [traced_tangent_kernel(*pair, points) for pair in ((ntk, θ_ntk), (standard, θ_standard))]
    assert kernels[1][0, 0] > 3 * kernels[0][0, 0]


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="`parametrisation` is 'mean-field'; allowed: ntk, standard, mup"):
        Perceptron((3, 4, 1), parametrisation="mean-field")
