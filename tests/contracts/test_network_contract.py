"""What every network must do."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from families import concrete_classes, members

from cosmograd.learning import networks
from cosmograd.learning.networks import AbstractNetwork, FreeNetwork, GivenNetwork, LinearisedNetwork
from cosmograd.learning.tangent_kernel import as_matrix, neural_tangent_kernel, traced_tangent_kernel

KEY, OTHER_KEY, DATA_KEY = jax.random.split(jax.random.key(31), 3)
every_network = pytest.mark.parametrize("network", members(networks))
POINTS = 5
ONE_START = (LinearisedNetwork, GivenNetwork)  # have one, by definition
outputs_of = eqx.filter_jit(lambda network, θ, points: network.apply(θ, points))


def some_points(network, dtype=None):
    return jax.random.normal(DATA_KEY, (POINTS, *network.input_shape)).astype(dtype or float)


def test_the_family_is_found():
    assert len(concrete_classes(networks)) >= 4
    assert all(issubclass(item, AbstractNetwork) for item in concrete_classes(networks))


@every_network
def test_parameters_are_floats_and_depend_on_the_key_alone(network):
    first, again, other = (jax.tree.leaves(network.initialise(key)) for key in (KEY, KEY, OTHER_KEY))
    assert all(leaf.dtype == jnp.float64 for leaf in first)
    assert all((x == y).all() for x, y in zip(first, again, strict=True))
    if not isinstance(network, ONE_START):
        assert any((x != y).any() for x, y in zip(first, other, strict=True))


@every_network
def test_float32_parameters_are_the_rounded_float64_ones(network):
    """The same network at any precision."""
    single, double = (jax.tree.leaves(network.initialise(KEY, dtype)) for dtype in ("float32", "float64"))
    for x, y in zip(single, double, strict=True):
        assert x.dtype == jnp.float32
        assert (x == y.astype(jnp.float32)).all()


@every_network
def test_outputs_have_the_promised_shape_and_precision(network):
    for dtype in ("float32", "float64"):
        traced = jax.eval_shape(network.apply, network.initialise(KEY, dtype), some_points(network, dtype))
        assert traced.shape == (POINTS, network.output_size)
        assert traced.dtype == dtype
    assert jnp.isfinite(outputs_of(network, network.initialise(KEY), some_points(network))).all()


@every_network
def test_points_do_not_see_each_other(network):
    """Required by the tangent kernel: a point's output is the same whatever the other points are."""
    θ, points = network.initialise(KEY), some_points(network)
    together = outputs_of(network, θ, points)
    reordered = outputs_of(network, θ, points[::-1])[::-1]
    np.testing.assert_allclose(reordered, together, rtol=1e-13, atol=1e-14)
    alone = outputs_of(network, θ, points[1:2])
    np.testing.assert_allclose(alone[0], together[1], rtol=1e-13, atol=1e-14)


@every_network
def test_compiles_and_batches_over_members(network):
    points = some_points(network)
    draws = [network.initialise(key) for key in (KEY, OTHER_KEY)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *draws)
    compiled = jax.jit(jax.vmap(lambda θ: network.apply(θ, points)))(stacked)
    for θ, outputs in zip(draws, compiled, strict=True):
        np.testing.assert_allclose(outputs, outputs_of(network, θ, points), rtol=1e-12, atol=1e-13)
    traced = jax.eval_shape(jax.vmap(network.initialise), jnp.stack([KEY, OTHER_KEY]))
    if not isinstance(network, ONE_START):
        assert jax.tree.map(jnp.shape, traced) == jax.tree.map(jnp.shape, stacked)


@every_network
def test_tangent_kernel_is_symmetric_and_positive(network):
    """A Gram matrix; bounds by the rounding of its largest eigenvalue."""
    θ, points = network.initialise(KEY), some_points(network)
    full, traced = jax.jit(
        lambda θ: (as_matrix(neural_tangent_kernel(network, θ, points)), traced_tangent_kernel(network, θ, points))
    )(θ)
    k = network.output_size
    assert full.shape == (POINTS * k, POINTS * k)
    for kernel in (full, traced):
        assert np.abs(kernel - kernel.T).max() <= 1e-15 * np.abs(kernel).max()
        eigenvalues = np.linalg.eigvalsh(kernel)
        assert eigenvalues[-1] > 0
        assert eigenvalues[0] >= -1e-14 * len(kernel) * eigenvalues[-1]
    expected = jnp.trace(full.reshape(POINTS, k, POINTS, k), axis1=1, axis2=3) / k
    np.testing.assert_allclose(traced, expected, rtol=0, atol=1e-13 * np.abs(traced).max())


@every_network
def test_linearisation_agrees_to_second_order(network):
    """f(θ₀ + εd) − f_lin = O(ε²): the free theory is the leading term of every network."""
    θ, points = network.initialise(KEY), some_points(network)
    leaves, tree = jax.tree.flatten(θ)
    keys = jax.random.split(OTHER_KEY, len(leaves))
    direction = tree.unflatten([jax.random.normal(k, leaf.shape) for k, leaf in zip(keys, leaves, strict=True)])
    if isinstance(network, FreeNetwork):  # where it was linearised is none of its free parameters
        direction["start"] = jax.tree.map(jnp.zeros_like, direction["start"])
    linearised = LinearisedNetwork(network, θ)

    @jax.jit
    def remainder(ε):
        moved = jax.tree.map(lambda x, d: x + ε * d, θ, direction)
        return jnp.linalg.norm(network.apply(moved, points) - linearised.apply(moved, points))

    nothing, large, small = (float(remainder(ε)) for ε in (0.0, 1e-3, 1e-4))
    assert nothing <= 1e-13
    # Quadratic, up to the kinks of piecewise linear activations; or nothing at all for a linear network.
    assert small <= 0.011 * large + 1e-13
