"""Tangent kernels: layer by layer against Jacobians, and against the matrix products that cannot be avoided."""

from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from benchmarks.matmul_peak import PEAK_NAME, peak_competitor, peak_of
from benchmarks.measurement import Measurement, at_least, at_most
from benchmarks.timing import race
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.tangent_kernel import neural_tangent_kernel

POINTS = 256


def _network_and_inputs(outputs: int) -> tuple:
    network = Perceptron((32, 512, 512, outputs), activation="relu")
    inputs = jax.random.normal(jax.random.key(1), (POINTS, 32), dtype="float32")
    return network, network.initialise(jax.random.key(2), "float32"), inputs


def layerwise_against_jacobian() -> Iterator[Measurement]:
    """One output: the layer-wise path, the whole Jacobian at once as anyone would write it, and ours in blocks."""
    network, parameters, inputs = _network_and_inputs(1)
    kernel = eqx.filter_jit(neural_tangent_kernel)

    @jax.jit
    def whole_jacobian(parameters: PyTree, inputs: jax.Array) -> jax.Array:
        def output(point: jax.Array) -> PyTree:
            return jax.grad(lambda θ: network.apply(θ, point[None])[0, 0])(parameters)

        rows = [leaf.reshape(POINTS, -1) for leaf in jax.tree.leaves(jax.vmap(output)(inputs))]
        return sum((leaf @ leaf.T for leaf in rows), start=jnp.zeros(()))

    result = race(
        {
            "layer-wise": lambda: kernel(network, parameters, inputs, method="layer-wise"),
            PEAK_NAME: peak_competitor(),
            "jacobian": lambda: whole_jacobian(parameters, inputs),
            "blocks": lambda: kernel(network, parameters, inputs, method="jacobian"),
        },
        rounds=9,
        best_of={PEAK_NAME: 3},
        median_of={"layer-wise": 20},
    )
    details = {
        "jacobian_ms": round(1e3 * result.median("jacobian"), 1),
        "jacobian_in_blocks_ms": round(1e3 * result.median("blocks"), 1),
        "compile_layer_wise_s": round(result.compilation("layer-wise"), 2),
        "compile_jacobian_s": round(result.compilation("jacobian"), 2),
        "matmul_peak_gflops": round(peak_of(result) / 1e9, 1),
    }
    what = f"32-512-512-1 relu, {POINTS} points, float32"
    yield Measurement(f"kernel, layer-wise: time, {what}", 1e3 * result.median("layer-wise"), "ms", details=details)
    yield Measurement(
        f"kernel, layer-wise over Jacobian, {what}",
        result.speed_ratio("layer-wise", "jacobian"),
        "×",
        at_least(100),
        note="Ratio within each of 9 rounds, median; both compiled. Against the Jacobian of all points at once; the "
        "library's own Jacobian path, in blocks of bounded memory, stands in the details.",
        details={"range": result.speed_ratio_range("layer-wise", "jacobian"), **details},
    )


def full_kernel() -> Iterator[Measurement]:
    """Ten outputs: the matrix of 2560², beside its bare Gram products."""
    network, parameters, inputs = _network_and_inputs(10)
    kernel = eqx.filter_jit(neural_tangent_kernel)
    rows = jax.random.normal(jax.random.key(3), (2, POINTS * network.output_size, 512), dtype="float32")

    @jax.jit
    def grams(rows: jax.Array) -> tuple[jax.Array, ...]:
        return tuple(signal @ signal.T for signal in rows)

    result = race(
        {
            "kernel": lambda: kernel(network, parameters, inputs),
            "grams": lambda: grams(rows),
            PEAK_NAME: peak_competitor(),
        },
        rounds=9,
        best_of={PEAK_NAME: 3},
        median_of={"kernel": 3, "grams": 3},
    )
    yield Measurement(
        f"kernel, ten outputs: time, 32-512-512-10 relu, {POINTS} points, float32, 2560²",
        result.median("kernel"),
        "s",
        at_most(0.15, "s"),
        note="Beside it the bare products B·Bᵀ of the two hidden layers' back-signals, the whole square of each; "
        "the kernel uses its symmetry and needs about half of them.",
        details={
            "bare_gram_products_s": round(result.median("grams"), 4),
            "compile_s": round(result.compilation("kernel"), 2),
            "matmul_peak_gflops": round(peak_of(result) / 1e9, 1),
        },
    )


BENCHMARKS = (layerwise_against_jacobian, full_kernel)
