"""Layer normalisation with a trained gain and offset."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

# Added to the variance, as in PyTorch.
_SMALL = 1e-5


class NormalisationParameters(NamedTuple):
    """Trained gain and offset of each feature."""

    gain: Float[Array, " features"]
    offset: Float[Array, " features"]


def unit_normalisation(features: int, dtype: Any) -> NormalisationParameters:
    """Gain one and offset zero, where training starts."""
    return NormalisationParameters(jnp.ones(features, dtype), jnp.zeros(features, dtype))


def layer_normalised(
    parameters: NormalisationParameters, h: Float[Array, "... features"]
) -> Float[Array, "... features"]:
    r"""$g\,(h - \bar h)/\sqrt{\mathrm{var}\,h + 10^{-5}} + o$ over the last axis. Source: Ba, Kiros & Hinton 2016."""
    mean = h.mean(axis=-1, keepdims=True)
    variance = jnp.square(h - mean).mean(axis=-1, keepdims=True)
    return parameters.gain * (h - mean) / jnp.sqrt(variance + _SMALL) + parameters.offset
