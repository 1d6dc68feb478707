"""Optax transformations that have no modes: each with its reason, the evidence as a number, and the cure."""

import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Float

from cosmograd.learning.optimisers.optax_probe import SCALE, Probe

# Relative to the largest step; what is linear agrees to some roundings.
_TOLERANCE = 1e-10

_CURE = (
    "Modes exist for methods that are linear in the gradient with one momentum, such as optax.sgd(0.1, momentum=0.9)."
)
_DIVIDES_BY_SIZE = ("Adam", "Rms", "Rss", "Adan", "Ademamix", "Adamax", "Nadam", "Novograd", "Yogi", "Belief", "Sm3",
                    "Prodigy", "DAdapt", "Sophia", "Muon", "DoG", "DoWG", "Cocob", "Amsgrad")  # fmt: skip
_FOLLOWS_SIGN = ("Lion", "Rprop", "Sign")


class NoModesError(ValueError):
    """An optimiser whose training does not split into modes, or has no recursion of two terms."""


def check_linear(found: Probe, states: list[str], memory_types: list[str]) -> None:
    """Raise `NoModesError` unless steps from zero are linear in the gradients and alike for all parameters."""
    steps = found.steps
    if not all(np.isfinite(run).all() for run in steps.values()):
        raise NoModesError(f"the optimiser makes steps that are not finite{_of(states)}. {_CURE}")
    size = np.abs(steps["all"]).max()
    if size == 0:
        raise NoModesError("the optimiser makes no step at all, so nothing is trained. Check its learning rate.")
    still = np.abs(steps["still"]).max() / size
    _check_proportional(found, states, memory_types)
    if still > _TOLERANCE:
        raise NoModesError(f"the optimiser moves without a gradient, by {still:.1e} of its other steps{_of(states)}.")
    if parameters_play_a_part(found) and _mixing(found) > _TOLERANCE:
        raise no_weight_decay(found, states)
    _check_directions_are_alike(found, states)


def check_no_noise(transformation: optax.GradientTransformation, states: list[str]) -> None:
    """Raise `NoModesError` where a transformation that is named after its noise moves without a gradient."""
    if not any("Noise" in name for name in states):
        return
    zero = jnp.zeros(3)
    state = transformation.init(zero)
    noise, step = (np.abs(np.asarray(transformation.update(g, state, zero)[0])) for g in (zero, zero + 1))
    if noise.max() > 0:
        raise NoModesError(
            f"the optimiser adds noise: without a gradient it makes steps of {noise.max():.1e}, with a gradient of 1 "
            f"steps of {step.max():.1e}{_of(states)}. Leave the noise out; cosmograd.measurement.noise treats that of "
            "minibatches."
        )


def check_memory(found: Probe, remainder: Float[np.ndarray, " updates"], states: list[str], types: list[str]) -> None:
    """Raise `NoModesError` unless the recursion of one momentum leaves no remainder."""
    if not (wrong := np.flatnonzero(remainder > _TOLERANCE)).size:
        return
    update, worst = int(wrong[0]), float(remainder.max())
    if types and worst < 0.1:
        raise NoModesError(
            f"the optimiser keeps its memory in {', '.join(types)}, which moves its steps by {worst:.1e}. "
            "Keep it in the precision of the parameters: leave `accumulator_dtype` out."
        )
    if update > 0 and np.abs(found.steps["all"][update - 1]).max() == 0 and "MultiStepsState" not in states:
        raise NoModesError(
            f"the learning rate is zero at update {update - 1}, while the momentum goes on behind it, so the steps "
            "have no recursion of two terms there. Let the schedule fall to a small positive number instead."
        )
    raise NoModesError(
        f"the optimiser remembers more than one earlier step: the best recursion with one momentum misses its steps by "
        f"{worst:.1e} of their size, first at update {update}. It looks like several momenta, gradients that are "
        f"accumulated, or averaged weights{_of(states)}. {_CURE}"
    )


def _check_proportional(found: Probe, states: list[str], memory_types: list[str]) -> None:
    steps = found.steps
    size = np.abs(steps["all"]).max()
    large, small = (np.abs(steps[run]).max() / size for run in ("large", "small"))
    error = max(
        np.abs(steps["large"] / SCALE - steps["all"]).max(), np.abs(steps["small"] * SCALE - steps["all"]).max()
    )
    if error <= _TOLERANCE * size:
        return
    if memory_types and error <= 1e-2 * size:
        raise NoModesError(
            f"the optimiser rounds to {', '.join(memory_types)}: its steps are proportional to the gradient to "
            f"{error / size:.1e} only. Keep it in the precision of the parameters: leave `accumulator_dtype` out."
        )
    raise NoModesError(
        f"the optimiser is not linear in the gradient: gradients 10^18 times larger make its steps {large:.2g} times "
        f"larger, gradients 10^18 times smaller make them {1 / small:.2g} times smaller. It looks like "
        f"{_likeness(found, states)}{_of(states)}. {_CURE}"
    )


def _likeness(found: Probe, states: list[str]) -> str:
    names = " ".join(states)
    large = np.abs(found.steps["large"])
    of_one_size = np.ptp(large) <= 1e-9 * large.max()
    if any(part in names for part in _DIVIDES_BY_SIZE):
        return "Adam, RMSProp or another method that divides by the size of earlier gradients"
    if any(part in names for part in _FOLLOWS_SIGN):
        return "Lion, signSGD or another method that follows the sign of the gradient"
    if of_one_size and np.allclose(np.abs(found.steps["small"]), large):
        return "signSGD or another method that follows the sign of the gradient"
    if of_one_size:
        return "clipping by value"
    return "clipping or normalising by the norm of the gradient, or a preconditioner"


def parameters_play_a_part(found: Probe) -> bool:
    """Whether steps depend on where the parameters are, as with weight decay."""
    steps = found.steps
    return bool(np.abs(steps["displaced"] - steps["all"]).max() > _TOLERANCE * np.abs(steps["all"]).max())


def no_weight_decay(found: Probe, states: list[str]) -> NoModesError:
    """Why steps that depend on where the parameters are are not those of a method with weight decay."""
    steps = found.steps
    pull = np.abs(steps["displaced"] - steps["all"]).max() / np.abs(steps["all"]).max()
    return NoModesError(
        f"the optimiser's steps depend on where the parameters are, by {pull:.1e} of their size, and not as with "
        f"weight decay. It looks like a trust ratio (LARS, LAMB), a projection or weights that are averaged"
        f"{_of(states)}. {_CURE}"
    )


def _mixing(found: Probe) -> float:
    """How far the gradient of some parameters moves others, relative to the largest step."""
    steps = found.steps
    crossed = max(np.abs(steps["even"][:, 1::2]).max(), np.abs(steps["odd"][:, ::2]).max())
    mixed = max(crossed, np.abs(steps["even"] + steps["odd"] - steps["all"]).max())
    return float(mixed / np.abs(steps["all"]).max())


def _check_directions_are_alike(found: Probe, states: list[str]) -> None:
    size, mixed = np.abs(found.steps["all"]).max(), _mixing(found)
    worst = int(found.apart.argmax())
    if mixed > _TOLERANCE:
        raise NoModesError(
            f"the optimiser mixes parameters: the gradient of some moves others, by {mixed:.1e} of the steps. "
            f"It looks like a gradient that is centred, projected or normalised over a layer{_of(states)}. {_CURE}"
        )
    if found.apart[worst] > _TOLERANCE * size:
        raise NoModesError(
            f"the optimiser treats parameters differently: with equal gradients the steps of {found.leaves[worst]} "
            f"differ by {found.apart[worst] / size:.1e} of the largest step. It looks like a mask, a frozen layer or "
            f"settings of each layer{_of(states)}. Give all parameters the same settings."
        )


def _of(states: list[str]) -> str:
    return f" (its state holds {', '.join(states)})" if states else ""
