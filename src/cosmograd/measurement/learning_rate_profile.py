r"""A learning rate or kernel that changes along the record, $K_n = s_nK$, to hold constant ones against.

The learning-rate profile s runs through free values, linear between them and one at the last: where the squared motion
of all members has reached 0, 35 % and 70 % of its sum, and 97 %. A warm-up of the learning rate, a decay, or a kernel
that grows as one whole is described by it, and a β that was bent to make up for it comes free.
"""

import numpy as np
from jaxtyping import Float

_SHARES = (0.0, 0.35, 0.7, 0.97)
PROFILE_PARAMETERS = len(_SHARES) - 1


def knots_of_motion(modes: Float[np.ndarray, "members updates modes"]) -> list[int]:
    """The updates at which the profile is free, and the one from which on it is one."""
    squares = np.square(np.diff(modes, axis=1)).sum(axis=(0, 2))
    reached = np.cumsum(squares) / max(float(squares.sum()), 1e-300)
    knots = [int(np.searchsorted(reached, share)) for share in _SHARES]
    for before, knot in enumerate(knots[1:]):
        knots[before + 1] = max(knot, knots[before] + 1)
    return knots


def hats_of(knots: list[int], updates: int) -> Float[np.ndarray, "updates knots"]:
    """Piecewise linear, one at their own knot and zero at the others and from the last one on."""
    return np.stack([np.interp(np.arange(updates), knots, unit) for unit in np.eye(len(knots))[:-1]], axis=1)
