"""Optimisers of PyTorch, whose settings are read; torch is not imported."""

import copy
import warnings
from typing import Any

import numpy as np

from cosmograd.errors import reason
from cosmograd.learning.optimisers.abstract import AbstractOptimiser
from cosmograd.learning.optimisers.adaptive import AbstractAdaptive, Adam, RMSProp
from cosmograd.learning.optimisers.conventions import sgd
from cosmograd.learning.optimisers.optax_checks import NoModesError

_KNOWN = ("SGD", "Adam", "AdamW", "RMSprop")


def is_of_torch(optimiser: Any) -> bool:
    """Whether this is an optimiser or a schedule of PyTorch."""
    modules = [ancestor.__module__ for ancestor in type(optimiser).__mro__]
    return any(module.startswith("torch.optim") for module in modules) and not isinstance(optimiser, type)


def check_trains(optimiser: Any, model: Any) -> None:
    """Raise `ValueError` unless an optimiser of PyTorch trains all trainable parameters of the module."""
    if not is_of_torch(optimiser) or not callable(getattr(model, "named_parameters", None)):
        return
    behind = getattr(optimiser, "optimizer", optimiser)
    trained = {id(p) for group in behind.param_groups for p in group["params"]}
    own = {id(p): name for name, p in model.named_parameters() if p.requires_grad}
    missing = [name for key, name in own.items() if key not in trained]
    if len(missing) == len(own):
        raise ValueError("the optimiser trains none of the model's parameters; make it of model.parameters().")
    if missing:
        raise ValueError(
            f"the optimiser leaves out {len(missing)} of the model's {len(own)} parameters, {missing[0]!r} first. "
            "Freeze them by requires_grad_(False), so that the kernel leaves them out too."
        )


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
    beside = ("params", "initial_lr", "foreach", "fused")
    settings = {key: _number(value) for key, value in groups[0].items() if key not in beside}
    for number, group in enumerate(groups[1:], start=1):
        other = next((key for key, value in settings.items() if _number(group[key]) != value), None)
        if other is not None:
            raise ValueError(
                f"group {number} of the optimiser's parameters has {other} = {_number(group[other])}, group 0 has "
                f"{settings[other]}; modes need the same settings for all parameters."
            )
    for key in ("maximize", "amsgrad", "centered"):
        if settings.get(key):
            raise NoModesError(f"torch.optim.{kind} with {key}=True has no linear recursion that is known here.")
    if behind is None:
        return _made(kind, settings, settings["lr"])
    rates, momenta = _along(optimiser, updates)
    if np.ptp(momenta) == 0:
        return _made(kind, settings, rates)
    if kind != "SGD" or settings["nesterov"]:
        raise NoModesError(
            f"the schedule changes the momentum of torch.optim.{kind} along the run, which is known for SGD without "
            "Nesterov's method only. Build it with cycle_momentum=False."
        )
    return sgd(rates, momenta, settings["dampening"], settings.get("weight_decay", 0.0))


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


def _along(scheduler: Any, updates: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Learning rate and momentum (β₁) of each update, by a copy that shares the parameters and never moves them."""
    if updates is None:
        raise ValueError("a schedule needs the length of the run: give `updates`.")
    behind = scheduler.optimizer
    shared = {id(p): p for group in behind.param_groups for p in group["params"]}
    shared |= {id(part): part for state in behind.state.values() for part in state.values()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that no update was made between two steps of the schedule
        try:
            own, found = copy.deepcopy(scheduler, shared), []
            for update in range(updates):
                group = own.optimizer.param_groups[0]
                momentum = group["betas"][0] if "betas" in group else group.get("momentum", 0.0)
                found.append((float(_number(group["lr"])), float(_number(momentum))))
                if update + 1 < updates:
                    own.step()
        except Exception as error:  # of whatever class a schedule raises
            said = " ".join(reason(error).split())
            raise NoModesError(
                f"{type(scheduler).__name__} cannot be stepped ahead of the training: {said}. A schedule that follows "
                "the loss is not known before; give the optimiser behind it, or learning rates."
            ) from error
    rates, momenta = np.array(found).T
    return rates, momenta
