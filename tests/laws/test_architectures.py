"""Convolutional, residual and attention networks: against sums written out, and how their kernels depend on width."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

from cosmograd.learning.networks import AttentionNetwork, ConvolutionalNetwork, ResidualNetwork
from cosmograd.learning.tangent_kernel import traced_tangent_kernel

KEY = jax.random.key(8)
IMAGES = np.random.default_rng(2).standard_normal((3, 36))


def test_convolutions_are_correlations_with_zeros_around():
    """One convolution without activation and pooling, all pixels read out: by SciPy, window by window."""
    network = ConvolutionalNetwork((6, 6, 1), (2,), 1, pooling="none", activation="linear", bias_scale=0.3)
    first, last = θ = network.initialise(KEY)
    scale, readout = network.scaling.of_layer(9, 2), network.scaling.of_layer(72, 1)
    expected = []
    for image in IMAGES.reshape(3, 6, 6):
        channels = [
            scale.weight_multiplier
            * scipy.signal.correlate2d(image, np.asarray(first.weights[:, :, 0, c]), mode="same")
            + scale.bias_multiplier * float(first.biases[c])
            for c in range(2)
        ]
        flat = np.stack(channels, axis=-1).ravel()
        expected.append(readout.weight_multiplier * flat @ last.weights + readout.bias_multiplier * last.biases)
    np.testing.assert_allclose(network.apply(θ, jnp.asarray(IMAGES)), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("padding", "stride", "size"), [("SAME", 1, 36), ("VALID", 1, 16), ("SAME", 2, 9), ("VALID", 2, 4)]
)
def test_sizes_of_what_is_left(padding, stride, size):
    network = ConvolutionalNetwork((6, 6, 1), (5,), 2, stride=stride, padding=padding, pooling="none")
    assert network.initialise(KEY)[-1].weights.shape == (5 * size, 2)


def test_pooling_takes_means_and_maxima_of_squares():
    identity = {"window": 1, "activation": "linear", "bias_scale": 0.0, "globally": True}
    image = jnp.arange(16.0)[None]
    for pooling, expected in (("average", 7.5), ("max", np.mean([5, 7, 13, 15]))):
        network = ConvolutionalNetwork((4, 4, 1), (1,), 1, pooling=pooling, **identity)
        first, last = network.initialise(KEY)
        ones = (first._replace(weights=jnp.ones((1, 1, 1, 1))), last._replace(weights=jnp.ones((1, 1))))
        factor = network.scaling.of_layer(1, 1).weight_multiplier ** 2
        assert float(network.apply(ones, image)[0, 0]) == pytest.approx(factor * expected, rel=1e-12)


def test_blocks_of_zero_weights_change_nothing():
    """A residual network whose blocks are zero is its first and last layer."""
    network = ResidualNetwork(4, 8, 3, 2, normalised=False, activation="linear", bias_scale=0.0)
    θ = network.initialise(KEY)
    still = θ._replace(blocks=jax.tree.map(jnp.zeros_like, θ.blocks))
    x = jax.random.normal(KEY, (5, 4))
    scales = [network.scaling.of_layer(4, 8).weight_multiplier, network.scaling.of_layer(8, 2).weight_multiplier]
    np.testing.assert_allclose(
        network.apply(still, x), scales[1] * (scales[0] * x @ θ.first.weights) @ θ.last.weights, rtol=1e-12
    )


def test_attention_does_not_know_the_order_of_tokens_but_for_their_places():
    network = AttentionNetwork(4, 3, 8, 2, 2)
    θ = network.initialise(KEY)
    x = jax.random.normal(KEY, (5, 4, 3))
    turned = x[:, ::-1]
    placed = [network.apply(θ, points.reshape(5, 12)) for points in (x, turned)]
    assert np.abs(placed[0] - placed[1]).max() > 1e-3
    nowhere = θ._replace(places=jnp.zeros_like(θ.places))
    unplaced = [network.apply(nowhere, points.reshape(5, 12)) for points in (x, turned)]
    np.testing.assert_allclose(unplaced[0], unplaced[1], rtol=1e-11, atol=1e-12)


NETWORKS = {  # with a small and a large width
    "convolutional": (
        8,
        64,
        lambda width, how: ConvolutionalNetwork((6, 6, 1), (width, width), 1, parametrisation=how),
    ),
    "residual": (32, 256, lambda width, how: ResidualNetwork(36, width, 2, 1, parametrisation=how)),
    "attention": (32, 128, lambda width, how: AttentionNetwork(6, 6, width, 2, 1, parametrisation=how)),
}


@pytest.mark.parametrize(
    "name", [name if name == "convolutional" else pytest.param(name, marks=pytest.mark.slow) for name in NETWORKS]
)
def test_kernels_have_a_limit_of_large_widths_in_ntk_and_grow_in_standard(name):
    """The trace of the kernel per point: of one size in NTK parametrisation, in proportion to the width in standard."""
    small, large, make = NETWORKS[name]
    sizes = {}
    for how in ("ntk", "standard"):
        sizes[how] = []
        for width in (small, large):
            network = make(width, how)
            kernel = jax.jit(lambda key, network=network: traced_tangent_kernel(
                network, network.initialise(key), jnp.asarray(IMAGES[:2])
            ))  # fmt: skip
            sizes[how].append(np.mean([float(jnp.trace(kernel(key))) for key in jax.random.split(KEY, 3)]))
    assert 0.5 < sizes["ntk"][1] / sizes["ntk"][0] < 2
    assert sizes["standard"][1] / sizes["standard"][0] > 1.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ConvolutionalNetwork((4, 4, 1), (3, 3, 3), 2, padding="VALID"), "nothing of the image"),
        (lambda: ConvolutionalNetwork((4, 4, 1), (3,), 2, padding="full"), "allowed: SAME, VALID"),
        (lambda: ConvolutionalNetwork((4, 4, 1), (3,), 2, pooling="median"), "allowed: average, max, none"),
        (lambda: ConvolutionalNetwork((4, 4, 1), (0,), 2), "must be a whole number ≥ 1"),
        (lambda: AttentionNetwork(4, 3, 8, 3, 2), "`heads` must divide the width"),
        (lambda: ResidualNetwork(4, 8, 0, 2), "`depth` must be a whole number"),
        (lambda: ResidualNetwork(4, 8, 1, 2, weight_scale=0.0), "`weight_scale` must be positive"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()
