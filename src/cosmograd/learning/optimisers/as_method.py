"""Any optimiser that people have, by whatever they call it: linear ones, and those with a preconditioner."""

from typing import Any

from cosmograd.learning.optimisers.abstract import AbstractOptimiser
from cosmograd.learning.optimisers.adaptive import AbstractAdaptive
from cosmograd.learning.optimisers.as_optimiser import as_optimiser
from cosmograd.learning.optimisers.found_adaptive import adaptive_of
from cosmograd.learning.optimisers.optax_checks import NoModesError
from cosmograd.learning.optimisers.torch_settings import is_of_torch, optimiser_of_torch


def as_method(optimiser: Any, updates: int | None = None) -> AbstractOptimiser | AbstractAdaptive:
    """An optimiser whose recursion is known, or would be with its preconditioner held.

    Args:
        optimiser: an Optax transformation; a `torch.optim.Optimizer` (SGD, Adam, AdamW, RMSprop) or the schedule around
            one, whose settings are read; or one of ours.
        updates: the length of the run, for schedules.

    Returns:
        Where Optax's `adam`, `adamw` and `rmsprop` are recognised, these with their numbers; else as `as_optimiser`.

    Raises:
        NoModesError: where the method has no recursion of modes, even with its preconditioner held.
        ValueError: for anything that is no optimiser.

    Example:
        >>> as_method(optax.adamw(1e-3)).weight_decay.item()
        0.0001
    """
    if isinstance(optimiser, (AbstractOptimiser, AbstractAdaptive)):
        return optimiser
    if is_of_torch(optimiser):
        return optimiser_of_torch(optimiser, updates)
    try:
        return as_optimiser(optimiser, updates)
    except NoModesError:
        found = adaptive_of(optimiser, updates)
        if found is None:
            raise
        return found
