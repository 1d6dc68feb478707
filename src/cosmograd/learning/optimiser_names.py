"""Optimisers by the names and numbers that people know them by; loads no JAX."""

from typing import Literal, get_args

OptimiserName = Literal["sgd", "nesterov", "adam", "adamw", "rmsprop"]
OPTIMISER_NAMES: tuple[str, ...] = get_args(OptimiserName)

# Momentum and weight decay where they are left out, as in PyTorch.
_MOMENTA = {"sgd": 0.0, "nesterov": 0.9, "adam": 0.9, "adamw": 0.9, "rmsprop": 0.0}
_WEIGHT_DECAYS = {"adamw": 0.01}


def check_named(
    name: str, momentum: float | None, dampening: float, weight_decay: float | None, averaged: bool
) -> tuple[float, float]:
    """Momentum and weight decay, PyTorch's where they are None; `ValueError` where they do not fit it."""
    if name not in OPTIMISER_NAMES:
        raise ValueError(f"the optimiser {name!r} is unknown; allowed: {', '.join(OPTIMISER_NAMES)}.")
    β = _MOMENTA[name] if momentum is None else momentum
    w = _WEIGHT_DECAYS.get(name, 0.0) if weight_decay is None else weight_decay
    if not 0 <= dampening < 1:
        raise ValueError(f"`dampening` must be a number in [0, 1), got {dampening!r}.")
    if not 0 <= w < float("inf"):
        raise ValueError(f"`weight_decay` must be a finite number ≥ 0, got {weight_decay!r}.")
    if dampening and averaged:
        raise ValueError("averaged momentum is a dampening of its own: give one of the two.")
    if name != "sgd" and (dampening or averaged):
        own = "takes none" if name in ("nesterov", "rmsprop") else "averages its gradients by itself"
        raise ValueError(f"dampening and averaged momentum belong to `sgd`; {name} {own}.")
    if name == "rmsprop" and w:
        raise ValueError("RMSProp is taken without weight decay; leave it out.")
    return β, w
