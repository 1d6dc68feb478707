"""Learning rates along a run by the names that people know them by; loads no JAX."""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

ScheduleName = Literal["constant", "cosine", "linear", "step", "wsd", "inverse"]
SCHEDULE_NAMES: tuple[str, ...] = get_args(ScheduleName)

# A step divides by this at one half and at three quarters of the run; the last part of `wsd` in which it decays.
_STEP, _STEPS_AT, _DECAY_PART = 10.0, (0.5, 0.75), 0.2


def schedule_named(
    name: str, learning_rate: float, updates: int, warm_up: int = 0, decay: float = 0.0, final: float = 0.0
) -> float | Float[np.ndarray, " updates"]:
    r"""η of every update n = 0, 1, …; the number itself where it is constant.

    * `cosine`: from η to `final`·η as half a cosine; `linear`: in a straight line;
    * `step`: a tenth from one half of the run on, a hundredth from three quarters on;
    * `wsd`: constant, and linearly to `final`·η over the last fifth (warm-up, stable, decay);
    * `inverse`: $\eta/(1 + \text{decay}\cdot n)$.

    warm_up: so many updates rise linearly first, the first of them to η/warm_up; the rest of the run is the schedule's.
    """
    if name not in SCHEDULE_NAMES:
        raise ValueError(f"the schedule {name!r} is unknown; allowed: {', '.join(SCHEDULE_NAMES)}.")
    if not 0 <= warm_up < updates:
        raise ValueError(f"`warm_up` must be ≥ 0 and below the {updates} updates of the run, got {warm_up}.")
    if name == "inverse" and not decay > 0:
        raise ValueError(f"the schedule `inverse` needs a `decay` > 0, got {decay}.")
    if not 0 <= final <= 1:
        raise ValueError(f"`final` must be a share of the learning rate, from 0 to 1, got {final}.")
    if name == "constant" and not warm_up:
        return learning_rate
    n = np.arange(updates - warm_up)
    share = n / max(updates - warm_up, 1)
    shapes = {
        "constant": lambda: np.ones(len(n)),
        "cosine": lambda: final + (1 - final) * (1 + np.cos(np.pi * share)) / 2,
        "linear": lambda: 1 - (1 - final) * share,
        "step": lambda: _STEP ** -sum((share >= at).astype(float) for at in _STEPS_AT),
        "wsd": lambda: 1 - (1 - final) * np.clip((share - 1 + _DECAY_PART) / _DECAY_PART, 0.0, 1.0),
        "inverse": lambda: 1 / (1 + decay * n),
    }
    rising = (1 + np.arange(warm_up)) / max(warm_up, 1)
    return learning_rate * np.concatenate([rising, shapes[name]()])
