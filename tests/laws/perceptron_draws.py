"""Many perceptrons at a time, drawn by NumPy: compiling JAX's generator for every width would take minutes."""

import jax.numpy as jnp
import numpy as np

from cosmograd.learning.networks import LayerParameters, Perceptron


def perceptron_draws(network: Perceptron, members: int, seed: int) -> tuple[LayerParameters, ...]:
    """Stacked parameters with the network's own deviations."""
    random = np.random.default_rng([seed, *network.widths])
    return tuple(
        LayerParameters(
            jnp.asarray(scales.weight_deviation * random.normal(size=(members, fan_in, fan_out))),
            jnp.asarray(scales.bias_deviation * random.normal(size=(members, fan_out))),
        )
        for scales, fan_in, fan_out in zip(network.layer_scales, network.widths[:-1], network.widths[1:], strict=True)
    )
