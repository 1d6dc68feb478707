"""What people have instead of an Optax transformation: each is refused with what to write instead."""

import numbers
from typing import Any

_TAKEN = "an Optax transformation, such as optax.sgd(0.1, momentum=0.9), or one of cosmograd.learning.optimisers"


def check_is_optax(optimiser: Any) -> None:
    """Raise `ValueError` unless this has an Optax transformation's `init` and `update`."""
    kind, modules = type(optimiser).__name__, [ancestor.__module__ for ancestor in type(optimiser).__mro__]
    if any(module.startswith("torch.optim") for module in modules):
        raise ValueError(f"torch.optim.{kind} is no optimiser of JAX. {_optax_of_torch(optimiser, kind)}")
    if any(module.split(".")[0] in ("keras", "tensorflow", "tf_keras") for module in modules):
        raise ValueError(f"the Keras optimiser {kind} cannot be read. Take {_TAKEN}.")
    if isinstance(optimiser, type):
        raise ValueError(f"{optimiser.__name__} is a class. Make one of it, with its learning rate: {_TAKEN}.")
    if isinstance(optimiser, numbers.Real):
        raise ValueError(
            f"the optimiser is the number {optimiser!r}. For gradient descent take optax.sgd({optimiser!r})."
        )
    if callable(getattr(optimiser, "init", None)) and callable(getattr(optimiser, "update", None)):
        return
    if callable(optimiser):
        name = getattr(optimiser, "__name__", kind)
        raise ValueError(f"{name} is a function that makes an optimiser. Call it with its settings: {_TAKEN}.")
    raise ValueError(f"the optimiser must be {_TAKEN}; got {kind}.")


def _optax_of_torch(optimiser: Any, kind: str) -> str:
    """The Optax transformation that makes the same updates, for plain SGD."""
    settings = getattr(optimiser, "defaults", {})
    if kind != "SGD" or "lr" not in settings:
        return f"Take {_TAKEN}."
    arguments = [f"{float(settings['lr']):g}"]
    if settings.get("momentum"):
        arguments.append(f"momentum={float(settings['momentum']):g}")
    if settings.get("nesterov"):
        arguments.append("nesterov=True")
    left_out = [f"`{name}`" for name in ("weight_decay", "dampening") if settings.get(name)]
    remark = f" Its {' and '.join(left_out)} must be left out." if left_out else ""
    return f"The same in Optax is optax.sgd({', '.join(arguments)}).{remark}"
