"""Room for more modes and updates than there are, so that one compiled program serves several numbers of them."""

import numpy as np
from jaxtyping import Shaped

_LEAST_MODES, _UPDATES = 4, 32


def room_for_modes(count: int) -> int:
    """The next power of two, from 4 on."""
    return max(_LEAST_MODES, 1 << (count - 1).bit_length())


def room_for_updates(count: int) -> int:
    """The next multiple of 32."""
    return -(-count // _UPDATES) * _UPDATES


def filled_up(
    array: Shaped[np.ndarray, "*sets some"], size: int, value: float = 0.0
) -> Shaped[np.ndarray, "*sets all"]:
    """The array with its last axis filled up to `size`."""
    array = np.asarray(array)
    return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, size - array.shape[-1])], constant_values=value)
