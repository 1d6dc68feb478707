"""Any optimiser that people have, as one of ours: its recursion is found by running it."""

from typing import Any

import jax
import numpy as np
import optax
from jaxtyping import PyTree

from cosmograd.errors import reason
from cosmograd.learning.optimisers.abstract import AbstractOptimiser
from cosmograd.learning.optimisers.constant_settings import constant, makes, shortest_settings
from cosmograd.learning.optimisers.corrected_heavy_ball import CorrectedHeavyBall
from cosmograd.learning.optimisers.found_decay import without_decay
from cosmograd.learning.optimisers.gradient_descent import GradientDescent
from cosmograd.learning.optimisers.heavy_ball import HeavyBall
from cosmograd.learning.optimisers.nesterov import Nesterov
from cosmograd.learning.optimisers.optax_checks import NoModesError, check_linear, check_memory, check_no_noise
from cosmograd.learning.optimisers.optax_probe import HISTORIES, Probe, probe, sample_parameters, states_of
from cosmograd.learning.optimisers.other_optimisers import check_is_optax
from cosmograd.learning.optimisers.step_recursion import StepRecursion, fit_constants, fit_recursion
from cosmograd.precision import require_float64

# Enough to tell one momentum from more, even where the learning rate starts from zero.
_FEWEST_UPDATES = 24


def as_optimiser(
    optimiser: AbstractOptimiser | optax.GradientTransformation | Any,
    updates: int | None = None,
    parameters: PyTree | None = None,
) -> AbstractOptimiser:
    r"""An Optax transformation as an optimiser whose modes are known.

    $$d_{n+1} = a_n d_n - b_n d_{n-1}, \qquad a_n = 1 + \beta_n - (\eta_n+\nu_n)\lambda,\ b_n = \beta_n - \nu_n\lambda$$

    The transformation is run on gradients that are known, and η, β and ν are read off its steps to round-off. Plain
    gradient descent, heavy ball and Nesterov's method come back as these, with the numbers that they were made with;
    everything else that is linear with one momentum as `CorrectedHeavyBall`. Weight decay is found too, in the gradient
    (`CoupledWeightDecay`) or beside it (`DecoupledWeightDecay`).

    Args:
        optimiser: an Optax transformation, such as `optax.sgd(0.05, momentum=0.9)` or a chain; or one of ours, which is
            returned as it is.
        updates: the length of the run, for which schedules are tabulated; needed where updates are counted. After it
            the last values hold.
        parameters: the model's parameters, where the optimiser treats some of them apart by name.

    Returns:
        An optimiser of ours that makes the same steps.

    Raises:
        NoModesError: where the method is not linear, treats parameters differently, or remembers more than one step.
        ValueError: for anything that is no Optax transformation.

    Example:
        >>> as_optimiser(optax.sgd(0.05, momentum=0.9))
        HeavyBall(learning_rate=0.05, momentum=0.9)
        >>> as_optimiser(optax.sgd(optax.cosine_decay_schedule(0.1, 500)), updates=500).learning_rate.shape
        (500,)
    """
    if isinstance(optimiser, AbstractOptimiser):
        return optimiser
    check_is_optax(optimiser)
    if updates is not None and (not isinstance(updates, (int, np.integer)) or isinstance(updates, bool) or updates < 1):
        raise ValueError(f"`updates` must be a whole number ≥ 1, the length of the run, got {updates!r}.")
    require_float64("reading an optimiser's recursion off its steps")
    tree = _checked_parameters(parameters)
    found, states, types = _run(optimiser, tree, max(updates or 0, _FEWEST_UPDATES), parameters is not None)
    check_linear(found, states, types)
    if updates is None and not found.timeless:
        raise ValueError(
            f"the optimiser counts its updates, so its learning rate or momentum may change with them (its state holds "
            f"{', '.join(states)}). Give the length of the run: as_optimiser(optimiser, updates=1000)."
        )
    return without_decay(
        found, states, lambda steps, gradients: _of_steps(found, steps, gradients, updates, states, types)
    )


def _of_steps(
    found: Probe, steps: np.ndarray, gradients: np.ndarray, updates: int | None, states: list[str], types: list[str]
) -> AbstractOptimiser:
    """The method without decay that makes these steps with these gradients."""
    recursion = fit_recursion(steps, gradients)
    check_memory(found, recursion.remainder, states, types)
    settings = fit_constants(steps, gradients)
    if makes(constant(*settings, len(steps)), steps, gradients):
        return _with_constants(settings, steps, gradients)
    return _with_schedules(recursion, updates or len(steps))


def _checked_parameters(parameters: PyTree | None) -> PyTree:
    if parameters is None:
        return sample_parameters()
    leaves = jax.tree.leaves(parameters)
    if not all(hasattr(leaf, "shape") for leaf in leaves) or sum(np.size(leaf) for leaf in leaves) < HISTORIES:
        raise ValueError(
            f"`parameters` must be a tree of arrays with at least {HISTORIES} numbers, like those of the model. "
            "Leave it out where the optimiser treats all parameters alike."
        )
    return parameters


def _run(optimiser: Any, parameters: PyTree, updates: int, given: bool) -> tuple[Probe, list[str], list[str]]:
    """The probe, and the names and types of what the optimiser remembers."""
    try:
        states, types = states_of(optimiser, parameters)
        check_no_noise(optimiser, states)
        return probe(optimiser, parameters, updates), states, types
    except NoModesError:
        raise
    except Exception as error:  # of whatever class the user's transformation raises
        needs = [name for name in ("value", "grad", "value_fn") if f"'{name}'" in str(error)]
        if isinstance(error, TypeError) and needs:
            raise NoModesError(
                f"the optimiser needs more than the gradient at each update ({', '.join(needs)}), like line searches "
                "and Polyak's step size: its steps depend on the loss, so it has no modes. Use optax.sgd."
            ) from error
        cure = "" if given else " If it is made for the model's own parameters, pass them as `parameters`."
        said = " ".join(reason(error).split())
        raise ValueError(f"the optimiser fails when it is run: {type(error).__name__}: {said}.{cure}") from error


def _with_constants(settings: tuple[float, float, float], steps: np.ndarray, gradients: np.ndarray) -> Any:
    η, β, ν = settings
    _check_descends(np.array([η]))
    if β == 0 and ν == 0:
        found = shortest_settings(lambda η: (η, 0.0, 0.0), (η,), steps, gradients)
        return GradientDescent(*(found or (η,)))
    if not abs(β) < 1:
        raise NoModesError(f"the optimiser never forgets: its momentum is {β:.6g}, and must lie between −1 and 1.")
    if ν == 0:
        η, β = shortest_settings(lambda η, β: (η, β, 0.0), (η, β), steps, gradients) or (η, β)
        return HeavyBall(η, β) if β >= 0 else CorrectedHeavyBall(η, β)
    if found := shortest_settings(lambda η, β: (η, β, β * η), (η, β), steps, gradients):
        η, β = found
        return Nesterov(η, β) if β >= 0 else CorrectedHeavyBall(η, β, β * η)
    return CorrectedHeavyBall(η, β, ν)


def _with_schedules(recursion: StepRecursion, updates: int) -> AbstractOptimiser:
    η, β, ν = (values[:updates].copy() for values in recursion[:3])
    η[np.abs(η) <= 1e-13 * (np.abs(η) + np.abs(ν))] = 0.0  # a difference of equal numbers
    _check_descends(η)
    if (η > 0).all() and (ν == 0).all() and ((β >= 0) & (β < 1)).all():
        return GradientDescent(η) if (β == 0).all() else HeavyBall(η, β)
    return CorrectedHeavyBall(η, β, ν)


def _check_descends(η: np.ndarray) -> None:
    if (η < 0).any():
        update = int(np.argmax(η < 0))
        raise NoModesError(
            f"the optimiser climbs the loss: at update {update} its learning rate is {η[update]:.6g}. Steps must point "
            "against the gradient: end the chain with optax.scale_by_learning_rate(0.1), or optax.scale(-0.1)."
        )
