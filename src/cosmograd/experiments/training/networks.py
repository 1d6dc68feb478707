"""Networks of ours from the sections of a file."""

import math
from typing import Any

from cosmograd.experiments.training.specification import (
    AttentionSection,
    ConvolutionalSection,
    PerceptronNetwork,
    ResidualSection,
)
from cosmograd.learning.networks import (
    AbstractNetwork,
    AttentionNetwork,
    ConvolutionalNetwork,
    Perceptron,
    ResidualNetwork,
)


def built_network(
    section: PerceptronNetwork | ConvolutionalSection | ResidualSection | AttentionSection,
    input_shape: tuple[int, ...],
    outputs: int,
) -> AbstractNetwork:
    """input_shape: of one point. ValueError where sizes do not fit each other."""
    scaling: dict[str, Any] = {
        name: getattr(section, name) for name in ("activation", "parametrisation", "weight_scale", "bias_scale")
    }
    size = math.prod(input_shape)
    if isinstance(section, PerceptronNetwork):
        return Perceptron((size, *section.hidden_widths, outputs), **scaling)
    if isinstance(section, ResidualSection):
        return ResidualNetwork(size, section.width, section.depth, outputs, section.normalised, **scaling)
    if isinstance(section, AttentionSection):
        tokens = section.tokens or _side(size, "give `tokens`")
        if size % tokens:
            raise ValueError(f"`tokens` = {tokens} does not divide the {size} numbers of a point.")
        flat = len(input_shape) == 1
        return AttentionNetwork(tokens, size // tokens, section.width, section.heads, outputs, flat=flat, **scaling)
    image = _image(section, input_shape, size)
    return ConvolutionalNetwork(
        image, (section.width,) * section.layers, outputs, section.window, section.stride, section.padding,
        section.pooling, section.globally, flat=len(input_shape) == 1, **scaling,
    )  # fmt: skip


def _image(section: ConvolutionalSection, input_shape: tuple[int, ...], size: int) -> tuple[int, int, int]:
    if section.image is not None:
        if len(section.image) != 3 or math.prod(section.image) != size:
            raise ValueError(
                f"`image` must be height, width and channels of {size} numbers in all, got {list(section.image)}."
            )
        return section.image[0], section.image[1], section.image[2]
    if len(input_shape) == 3:
        return input_shape[0], input_shape[1], input_shape[2]
    side = _side(size, "give `image`, height, width and channels")
    return side, side, 1


def _side(size: int, cure: str) -> int:
    side = math.isqrt(size)
    if side * side != size:
        raise ValueError(f"{size} numbers of a point are no square: {cure}.")
    return side
