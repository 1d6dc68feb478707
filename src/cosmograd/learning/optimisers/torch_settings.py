"""Optimisers of PyTorch, whose settings are read; torch is not imported."""

import copy
import warnings
from typing import Any

import numpy as np

from cosmograd.learning.optimisers.abstract import AbstractOptimiser
from cosmograd.learning.optimisers.adaptive import AbstractAdaptive, Adam, RMSProp
from cosmograd.learning.optimisers.conventions import sgd
from cosmograd.learning.optimisers.optax_checks import NoModesError

_KNOWN = ("SGD", "Adam", "AdamW", "RMSprop")


def is_of_torch(optimiser: Any) -> bool:
    """Whether this is an optimiser or a schedule of PyTorch."""
    modules = [ancestor.__module__ for ancestor in type(optimiser).__mro__]
    return any(module.startswith("torch.optim") for module in modules) and not isinstance(optimiser, type)


def optimiser_of_torch(optimiser: Any, updates: int | None = None) -> AbstractOptimiser | AbstractAdaptive:
    """With the settings of a `torch.optim.Optimizer`, or of the one behind a `torch.optim.lr_scheduler`.

    updates: the length of the run, over which a schedule is stepped once for each update; the user's own stays as it
    is. NoModesError for methods that are not linear; ValueError for settings that differ between groups of parameters.
    """
    behind = getattr(optimiser, "optimizer", None)
    groups = (optimiser if behind is None else behind).param_groups
    kind = type(optimiser if behind is None else behind).__name__
    if kind not in _KNOWN:
        raise NoModesError(
            f"torch.optim.{kind} has no linear recursion that is known here; known: {', '.join(_KNOWN)}. Limits of its "
            "learning rate follow from the curvature of the loss alone."
        )
    settings = {key: _number(value) for key, value in groups[0].items() if key != "params"}
    for number, group in enumerate(groups[1:], start=1):
        other = next((key for key, value in settings.items() if _number(group[key]) != value), None)
        if other is not None and other not in ("initial_lr", "foreach", "fused"):
            raise ValueError(
                f"group {number} of the optimiser's parameters has {other} = {_number(group[other])}, group 0 has "
                f"{settings[other]}; modes need the same settings for all parameters."
            )
    for key in ("maximize", "amsgrad", "centered"):
        if settings.get(key):
            raise NoModesError(f"torch.optim.{kind} with {key}=True has no linear recursion that is known here.")
    η = settings["lr"] if behind is None else _rates(optimiser, updates)
    return _made(kind, settings, η)


def _made(kind: str, settings: dict[str, Any], η: Any) -> AbstractOptimiser | AbstractAdaptive:
    w = settings.get("weight_decay", 0.0)
    if kind == "SGD":
        return sgd(η, settings["momentum"], settings["dampening"], w, bool(settings["nesterov"]))
    if kind == "RMSprop":
        if w:
            raise NoModesError("torch.optim.RMSprop with weight decay has no linear recursion; leave the decay out.")
        return RMSProp(η, settings["alpha"], settings["eps"], settings["momentum"])
    b1, b2 = settings["betas"]
    decoupled = kind == "AdamW" or bool(settings.get("decoupled_weight_decay"))
    return Adam(η, b1, b2, settings["eps"], w, coupled=not decoupled)


def _number(value: Any) -> Any:
    """Settings may be tensors of one number, or whole numbers."""
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return tuple(map(_number, value)) if isinstance(value, (tuple, list)) else value


def _rates(scheduler: Any, updates: int | None) -> np.ndarray:
    """The learning rate of each update, by stepping a copy that shares the parameters and never moves them."""
    if updates is None:
        raise ValueError("a schedule needs the length of the run: give `updates`.")
    behind = scheduler.optimizer
    shared = {id(p): p for group in behind.param_groups for p in group["params"]}
    shared |= {id(part): part for state in behind.state.values() for part in state.values()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that no update was made between two steps of the schedule
        own, rates = copy.deepcopy(scheduler, shared), []
        for _ in range(updates):
            rates.append(float(_number(own.optimizer.param_groups[0]["lr"])))
            own.step()
    return np.array(rates)
