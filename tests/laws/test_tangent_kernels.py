"""Tangent kernels: two routes to one matrix, its definition, and its limits."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from perceptron_draws import perceptron_draws

from cosmograd.learning.networks import LinearisedNetwork, Perceptron
from cosmograd.learning.tangent_kernel import (
    as_matrix,
    kernel_drift,
    neural_tangent_kernel,
    spectral_entropy,
    traced_tangent_kernel,
)

PARAMETERS_KEY, DATA_KEY = jax.random.split(jax.random.key(1854))
SEED = 1855
compiled_kernel = eqx.filter_jit(neural_tangent_kernel)
PERCEPTRONS = [pytest.param(network, id=repr(network)) for network in Perceptron.examples()]


def points_for(network, count: int, number: int = 0):
    return jax.random.normal(jax.random.fold_in(DATA_KEY, number), (count, *network.input_shape))


def relative_distance(kernel, reference) -> float:
    return float(jnp.linalg.norm((kernel - reference).ravel()) / jnp.linalg.norm(reference.ravel()))


@eqx.filter_jit
def kernels_by_both_routes(network, θ, first, second):
    return [
        [
            compute(network, θ, first, method=method),
            compute(network, θ, first, second, method=method),
        ]
        for method in ("layer-wise", "jacobian")
        for compute in (neural_tangent_kernel, traced_tangent_kernel)
    ]


@pytest.mark.parametrize("network", PERCEPTRONS)
def test_layer_by_layer_is_the_product_of_jacobians(network):
    θ = network.initialise(PARAMETERS_KEY)
    first, second = points_for(network, 5), points_for(network, 3, 1)
    full, traced, full_by_jacobian, traced_by_jacobian = kernels_by_both_routes(network, θ, first, second)
    for kernel, reference in zip((*full, *traced), (*full_by_jacobian, *traced_by_jacobian), strict=True):
        assert kernel.shape == reference.shape
        assert relative_distance(kernel, reference) <= 1e-12
    k = network.output_size
    assert full[0].shape == (5, k, 5, k)
    assert full[1].shape == (5, k, 3, k)
    for kernel, mean in zip(full, traced, strict=True):
        assert relative_distance(mean, jnp.trace(kernel, axis1=1, axis2=3) / k) <= 1e-13


def test_many_points_are_treated_in_blocks_without_a_trace():
    """More rows than one block holds, on the layer-wise path: any subset of points has the same kernel."""
    network = Perceptron((2, 6, 3))
    θ, points = network.initialise(PARAMETERS_KEY), points_for(network, 250)
    whole = compiled_kernel(network, θ, points)
    cross = compiled_kernel(network, θ, points, points)
    assert relative_distance(whole, cross) <= 1e-14
    chosen = np.array([0, 105, 106, 107, 108, 212, 213, 249])
    part = compiled_kernel(network, θ, points[chosen], method="jacobian")
    assert relative_distance(whole[chosen][:, :, chosen], part) <= 1e-12
    assert (as_matrix(whole) == as_matrix(whole).T).all()


@pytest.mark.slow
@pytest.mark.parametrize("transposes", [True, False])
@pytest.mark.parametrize("room", [1, 2, 5])
def test_jacobian_route_in_blocks(room, transposes, monkeypatch):
    """With room for few points' Jacobians at a time, the same kernel, and symmetric to the last bit."""
    import cosmograd.learning.tangent_kernel.jacobian as jacobian

    network = Perceptron((3, 4, 2))
    θ, points = network.initialise(PARAMETERS_KEY), points_for(network, 7)
    reference = [neural_tangent_kernel(network, θ, points, second, "layer-wise") for second in (None, points[:3])]
    monkeypatch.setattr(jacobian, "_BLOCK_NUMBERS", room * 2 * sum(leaf.size for leaf in jax.tree.leaves(θ)))
    if not transposes:
        monkeypatch.setattr(jacobian, "_transposes", lambda *_: False)
    kernels = eqx.filter_jit(
        lambda: [neural_tangent_kernel(network, θ, points, second, "jacobian") for second in (None, points[:3])]
    )()
    for kernel, expected in zip(kernels, reference, strict=True):
        assert relative_distance(kernel, expected) <= 1e-14
    assert (as_matrix(kernels[0]) == as_matrix(kernels[0]).T).all()
    assert neural_tangent_kernel(network, θ, points[:0], points, "jacobian").shape == (0, 2, 7, 2)


@jax.custom_vjp
def saturating(z):
    return jnp.tanh(z)


saturating.defvjp(lambda z: (jnp.tanh(z), z), lambda z, signal: (signal / jnp.cosh(z) ** 2,))


@jax.custom_vjp
def powered(z, w):
    """Like the solvers of neural differential equations: its backward pass is a loop that JAX cannot transpose."""
    return z * w**3


powered.defvjp(
    lambda z, w: (z * w**3, (z, w)),
    lambda kept, signal: (
        jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * kept[1]), (0, signal))[1],
        jnp.sum(3 * kept[0] * signal) * kept[1] ** 2,
    ),
)

MODELS = {
    "with its own backward pass": (lambda θ, x: saturating(x @ θ["w"]), True),
    "with its own backward loop": (lambda θ, x: powered(jnp.tanh(x @ θ["w"]), θ["v"]), False),
    "recomputed in the backward pass": (lambda θ, x: jax.checkpoint(lambda w: jnp.sin(jnp.tanh(x @ w)))(θ["w"]), True),
    "a scan": (lambda θ, x: jax.lax.scan(lambda h, c: (jnp.tanh(h * θ["v"] + c @ θ["w"]), None), x[:, 0] @ θ["w"],
                                         x.transpose(1, 0, 2))[0], True),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_models_that_only_reverse_mode_can_differentiate(name):
    """Θ = J Jᵀ for every model that can be trained at all; a parameter that nothing depends on adds nothing."""
    from cosmograd.learning.networks import FunctionNetwork
    from cosmograd.learning.tangent_kernel.jacobian import _transposes

    apply, transposes = MODELS[name]
    shape = (4, 3) if name == "a scan" else (3,)

    def initialise(key):
        return {"w": jax.random.normal(key, (3, 2)), "v": jnp.asarray(0.7), "idle": jnp.ones(2)}

    network = FunctionNetwork(apply, initialise, shape, 2)
    θ, points = network.initialise(PARAMETERS_KEY), points_for(network, 5)
    assert _transposes(network, θ) == transposes
    rows = [leaf.reshape(10, -1) for leaf in jax.tree.leaves(jax.jacrev(lambda θ: network.apply(θ, points))(θ))]
    expected = sum(leaf @ leaf.T for leaf in rows).reshape(5, 2, 5, 2)
    for second in (None, points[:3]):
        kernel = compiled_kernel(network, θ, points, second)
        assert relative_distance(kernel, expected if second is None else expected[:, :, :3]) <= 1e-14


@pytest.mark.parametrize("method", ["layer-wise", "jacobian"])
def test_an_entry_by_finite_differences(method):
    """Θ(x,i;x',j) = Σ_p ∂_p f_i(x) ∂_p f_j(x'), each derivative a fourth-order difference quotient."""
    network = Perceptron((3, 4, 2))
    θ, points = network.initialise(PARAMETERS_KEY), points_for(network, 2)
    flat, rebuild = jax.flatten_util.ravel_pytree(θ)
    outputs = jax.jit(jax.vmap(lambda v: network.apply(rebuild(v), points)))
    h = 1e-3
    shifted = [outputs(flat + c * h * jnp.eye(flat.size)) for c in (1, -1, 2, -2)]
    derivative = (8 * (shifted[0] - shifted[1]) - (shifted[2] - shifted[3])) / (12 * h)
    kernel = compiled_kernel(network, θ, points, method=method)
    expected = jnp.einsum("pxi,pyj->xiyj", derivative, derivative)
    np.testing.assert_allclose(kernel, expected, rtol=1e-9, atol=1e-10)


def test_kernel_is_minus_the_rate_of_change_under_gradient_flow():
    """df/dt = −Θ (f − y) along dθ/dt = −∇L: a directional derivative against the matrix."""
    network = Perceptron((3, 8, 6, 2), activation="gelu")
    θ, points = network.initialise(PARAMETERS_KEY), points_for(network, 6)
    targets = points_for(network, 6, 2)[:, :2]

    @jax.jit
    def outputs_and_rate(θ):
        gradient = jax.grad(lambda θ: 0.5 * jnp.sum((network.apply(θ, points) - targets) ** 2))(θ)
        return jax.jvp(lambda θ: network.apply(θ, points), (θ,), (gradient,))

    f, df = outputs_and_rate(θ)
    kernel = compiled_kernel(network, θ, points)
    np.testing.assert_allclose(jnp.einsum("xiyj,yj->xi", kernel, f - targets), df, rtol=1e-12)


def test_kernel_of_a_linearised_network_is_constant():
    """However far the parameters move, it is the kernel of the network it was taken from."""
    (network,) = LinearisedNetwork.examples()
    points = points_for(network, 5)
    here = network.initialise(PARAMETERS_KEY)
    far = jax.tree.map(lambda leaf: leaf + 3.0, here)
    reference = compiled_kernel(network.network, here, points)
    for θ in (here, far):
        assert relative_distance(compiled_kernel(network, θ, points), reference) <= 1e-14
    moved = compiled_kernel(network.network, far, points)
    assert kernel_drift(np.asarray(as_matrix(moved)), np.asarray(as_matrix(reference))) > 0.1


@cache
def kernel_statistics(width: int) -> tuple[float, float]:
    """Relative fluctuation of the traced kernel, and distance of the full one from traced ⊗ identity."""
    network, members = Perceptron((3, width, width, 2)), 256
    points = points_for(network, 4)

    def kernels(θ):
        full = neural_tangent_kernel(network, θ, points)
        return full, jnp.trace(full, axis1=1, axis2=3) / 2

    full, traced = jax.jit(jax.vmap(kernels))(perceptron_draws(network, members, SEED))
    size = jnp.linalg.norm(traced.mean(axis=0))
    fluctuation = jnp.sqrt(jnp.sum(traced.var(axis=0))) / size
    off_identity = full - traced[:, :, None, :, None] * jnp.eye(2)[:, None, :]
    return float(fluctuation), float(jnp.sqrt(jnp.mean(jnp.sum(off_identity**2, axis=(1, 2, 3, 4)))) / size)


@pytest.mark.parametrize("which", [0, 1], ids=["fluctuation", "distance from traced times identity"])
def test_infinite_width_limit(which):
    """Both vanish like width^(−1/2); each r.m.s. over 256 networks scatters by about 1/√512 of itself."""
    widths = np.array([16, 32, 64, 128])
    slope = np.polyfit(np.log(widths), [np.log(kernel_statistics(int(w))[which]) for w in widths], 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.08)


def test_infinite_width_kernel_of_a_shallow_relu_network():
    """Closed form: the arc-cosine kernels of Cho & Saul 2009, for f = σ_w w₂·relu(σ_w W₁x/√d)/√n without biases."""
    width, σ = 4096, 1.3
    network = Perceptron((3, width, 1), activation="relu", weight_scale=σ, bias_scale=0.0)
    points = points_for(network, 5)
    draws = perceptron_draws(network, 32, SEED)
    kernels = jax.jit(jax.vmap(lambda θ: traced_tangent_kernel(network, θ, points)))(draws)
    mean = jnp.mean(kernels, axis=0)
    norms = jnp.linalg.norm(points, axis=1)
    cosine = jnp.clip(points @ points.T / jnp.outer(norms, norms), -1, 1)
    angle = jnp.arccos(cosine)
    κ_0, κ_1 = (np.pi - angle) / np.pi, (jnp.sin(angle) + (np.pi - angle) * cosine) / np.pi
    prior = σ**2 * jnp.outer(norms, norms) / 3  # covariance of the first layer, up to the cosine
    exact = σ**2 / 2 * (prior * κ_1 + prior * cosine * κ_0)
    # 32 networks of this width: relative fluctuations of order (32 · 4096)^(−1/2) = 3e-3.
    assert relative_distance(mean, exact) <= 1e-2


class TestSpectralNumbers:
    def test_entropy_counts_the_modes(self):
        assert spectral_entropy(np.array([3.0, 0.0, 0.0])) == 0.0
        assert spectral_entropy(np.full(8, 0.2)) == pytest.approx(np.log(8), rel=1e-15)
        assert spectral_entropy(np.array([1.0, 1.0, -1e-17])) == pytest.approx(np.log(2), rel=1e-15)
        assert np.isnan(spectral_entropy(np.zeros(3)))

    def test_entropy_of_geometric_spectrum(self):
        """p_i ∝ q^i: S = −ln(1 − q) − q ln q/(1 − q), and the unit of λ plays no part."""
        q = 0.5
        expected = -np.log(1 - q) - q * np.log(q) / (1 - q)
        for unit in (1e-8, 1.0, 1e8):
            assert spectral_entropy(unit * q ** np.arange(60)) == pytest.approx(expected, rel=1e-13)

    def test_drift_is_relative_to_the_start(self):
        initial = np.diag([3.0, 4.0])
        assert kernel_drift(initial, initial) == 0.0
        assert kernel_drift(1.5 * initial, initial) == pytest.approx(0.5, rel=1e-15)


def test_bad_methods_are_refused():
    (linearised,) = LinearisedNetwork.examples()
    θ, points = linearised.initialise(PARAMETERS_KEY), points_for(linearised, 2)
    with pytest.raises(ValueError, match="for `Perceptron` only, got LinearisedNetwork"):
        neural_tangent_kernel(linearised, θ, points, method="layer-wise")
    with pytest.raises(ValueError, match="`method` is 'magic'; allowed: auto, layer-wise, jacobian"):
        traced_tangent_kernel(linearised, θ, points, method="magic")
