"""Adam, AdamW and RMSProp in an Optax transformation: their numbers, read off its memory and its steps."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from cosmograd.compilation import compiled
from cosmograd.learning.optimisers.adaptive import AbstractAdaptive, Adam, RMSProp
from cosmograd.learning.optimisers.constant_settings import nearest_short

_ADAM, _RMS = ("ScaleByAdamState",), ("ScaleByRmsState", "ScaleByRmsWithCountState")
# Gradients as small as this show ε; steps that agree to this accuracy are the same.
_SMALL, _SAME = 1e-8, 1e-9
_FEWEST_UPDATES, _SEED = 24, 2014


class _Runs(NamedTuple):
    """Steps for known gradients: all one; all small; none, at parameters of one; noise, at parameters of one."""

    one: Float[np.ndarray, " updates"]
    small: Float[np.ndarray, " updates"]
    drawn: Float[np.ndarray, " updates"]
    noise: Float[np.ndarray, " updates"]


def adaptive_of(transformation: Any, updates: int | None = None) -> AbstractAdaptive | None:
    """The method with its numbers, where it is one of these; None otherwise. updates: to tabulate a schedule."""
    try:
        name = _memory_of(transformation.init(jnp.zeros(2)))
        if name is None:
            return None
        gradients = _gradients(max(updates or 0, _FEWEST_UPDATES))
        runs = _steps(transformation, gradients)
        memory = _after_one(transformation)
    except Exception:  # of whatever class the user's transformation raises; `as_optimiser` says which
        return None
    with np.errstate(all="ignore"):
        candidates = _adams(runs, memory) if name in _ADAM else _rms_props(runs, memory)
    for make in candidates:
        try:
            found = make()
        except ValueError:
            continue
        expected = np.concatenate(_steps(found.transformation(), gradients))
        given = np.concatenate(runs)
        if np.abs(expected - given).max() <= _SAME * np.abs(given).max():
            return found
    return None


def _gradients(updates: int) -> Float[np.ndarray, "runs updates"]:
    noise = np.random.default_rng(_SEED).standard_normal(updates)
    return np.stack([np.ones(updates), np.full(updates, _SMALL), np.zeros(updates), noise])


def _steps(transformation: Any, gradients: Float[np.ndarray, "runs updates"]) -> _Runs:
    """The runs one beside the other, each on a parameter of its own."""
    start = jnp.asarray([0.0, 0.0, 1.0, 1.0])

    def update(carry: tuple[Any, Any], gradient: Any) -> tuple[tuple[Any, Any], Any]:
        θ, state = carry
        step, state = transformation.update(gradient, state, θ)
        return (θ + step, state), step

    run = compiled(lambda given: jax.lax.scan(update, (start, transformation.init(start)), given)[1])
    return _Runs(*np.asarray(run(jnp.asarray(gradients.T))).T)


def _memory_of(state: Any) -> str | None:
    return next((type(node).__name__ for node in _nodes(state) if type(node).__name__ in (*_ADAM, *_RMS)), None)


def _after_one(transformation: Any) -> Any:
    """What it remembers of a gradient of one."""
    start = jnp.zeros(())
    _, state = transformation.update(start + 1, transformation.init(start), start)
    return next(node for node in _nodes(state) if type(node).__name__ in (*_ADAM, *_RMS))


def _nodes(state: Any) -> list[Any]:
    found: list[Any] = []

    def visit(node: Any) -> bool:
        if isinstance(node, tuple) and hasattr(node, "_fields"):
            found.append(node)
        return False

    jax.tree.leaves(state, is_leaf=visit)
    return found


def _adams(runs: _Runs, memory: Any) -> list[Any]:
    b1, b2 = (nearest_short(1 - float(moment)) for moment in (memory.mu, memory.nu))
    first = int(np.argmax(runs.one != 0))
    ratio = runs.small[first] / runs.one[first]
    ε = nearest_short(max(_SMALL * (1 - ratio) / (ratio - _SMALL), 0.0), 1e-7)
    rate, drawn = -runs.one[first] * (1 + ε), -runs.drawn[first]
    beside, within = nearest_short(drawn / rate), nearest_short(ε * drawn / (rate - drawn), 1e-6)
    found = []
    # What decay beside the preconditioner adds to the steps is known where the parameter is; within, it is small.
    at = np.cumsum(np.concatenate([[0.0], runs.one[:-1]]))
    for w, coupled in ((beside, False), (within, True)):
        rates = -runs.one / (1 / (1 + ε) + (0.0 if coupled else w) * at)
        for η in (nearest_short(rates[0]), rates):
            found.append(lambda η=η, w=w, coupled=coupled: Adam(η, b1, b2, ε, w, coupled and w > 0))
    return found


def _rms_props(runs: _Runs, memory: Any) -> list[Any]:
    α = nearest_short(1 - float(memory.nu))
    v_1, v_2 = 1 - α, 1 - α**2
    found = []
    for inside in (True, False):
        # η of the first step and ε of a small one: two equations, solved in turn.
        ε, root = 0.0, (lambda v, ε, inside=inside: np.sqrt(v + ε) if inside else np.sqrt(v) + ε)
        for _ in range(30):
            η = -runs.one[0] * root(v_1, ε)
            size = -η * _SMALL / runs.small[0]
            ε = max(size**2 - v_1 * _SMALL**2 if inside else size - np.sqrt(v_1) * _SMALL, 0.0)
        ε = nearest_short(ε, 1e-6)
        η = nearest_short(-runs.one[0] * root(v_1, ε))
        β = -(runs.one[1] / η + 1 / root(v_2, ε)) * root(v_1, ε)
        momentum = 0.0 if abs(β) < 1e-12 else nearest_short(β)
        found.append(lambda η=η, ε=ε, β=momentum, inside=inside: RMSProp(η, α, ε, β, inside))
    return found
