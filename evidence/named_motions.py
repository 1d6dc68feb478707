"""Trainings that are no heavy ball on a squared loss, two of each kind: whether each is named for what it is.

Declared before looking: seeds 20261203 + the place in the list. Made by Optax; none was used in tuning.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from cosmograd.measurement import measure_universe, trajectories
from evidence.trained_ensembles import squared, train

SEED = 20261203


class _Case(NamedTuple):
    kind: str
    words: str
    data: str
    width: int
    activation: str
    optimiser: Callable[[float], optax.GradientTransformation]
    eta_lambda: float = 0.4
    more: Mapping[str, Any] = MappingProxyType({})


def _sgd(momentum: float, **more: Any) -> Callable[[float], optax.GradientTransformation]:
    return lambda η: optax.sgd(η, momentum=momentum, **more)


def _warmed_up(start: float, updates: int, momentum: float) -> Callable[[float], optax.GradientTransformation]:
    return lambda η: optax.sgd(optax.linear_schedule(start * η, η, updates), momentum=momentum)


def _decaying(schedule: str, updates: int, momentum: float) -> Callable[[float], optax.GradientTransformation]:
    if schedule == "cosine":
        return lambda η: optax.sgd(optax.cosine_decay_schedule(η, updates), momentum=momentum)
    return lambda η: optax.sgd(optax.linear_schedule(η, 0.0, updates), momentum=momentum)


def _ascent(momentum: float) -> Callable[[float], optax.GradientTransformation]:
    return lambda η: optax.sgd(-η / 100, momentum=momentum)


def _cross_entropy(f: jax.Array, y: jax.Array) -> jax.Array:
    return -jnp.sum(y * jax.nn.log_softmax(f, axis=-1))


def _logistic(f: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.sum(jnp.log1p(jnp.exp(-f * y)))


CASES = (
    _Case("cross-entropy", "cross-entropy", "digits", 256, "gelu", _sgd(0.9), 0.5, {"loss": _cross_entropy}),
    _Case("cross-entropy", "cross-entropy", "two digits", 512, "tanh", _sgd(0.8), 1.0, {"loss": _logistic}),
    _Case("minibatches", "batches", "digits", 512, "tanh", _sgd(0.8), 0.2, {"batch": 8}),
    _Case("minibatches", "batches", "circle", 256, "gelu", _sgd(0.9), 0.1, {"batch": 16}),
    _Case("warm-up", "warm-up", "two digits", 512, "tanh", _warmed_up(1 / 30, 30, 0.9)),
    _Case("warm-up from zero", "warm-up", "circle", 512, "gelu", _warmed_up(0.0, 25, 0.8)),
    _Case("decaying rate", "learning rate", "circle", 256, "tanh", _decaying("cosine", 200, 0.8)),
    _Case(
        "decaying rate",
        "learning rate",
        "two digits",
        512,
        "gelu",
        _decaying("linear", 150, 0.9),
        0.4,
        {"updates": 150},
    ),
    _Case("Adam", "Adam", "circle", 256, "gelu", lambda η: optax.adam(1e-2)),
    _Case("Adam", "Adam", "two digits", 512, "tanh", lambda η: optax.adam(2e-2)),
    _Case("Nesterov", "Nesterov", "circle", 1024, "tanh", _sgd(0.9, nesterov=True), 0.5),
    _Case("Nesterov", "Nesterov", "digits", 512, "gelu", _sgd(0.9, nesterov=True), 0.4),
    _Case("weight decay", "weight decay", "circle", 256, "gelu", _sgd(0.8), 0.4, {"decay": 0.5}),
    _Case("weight decay", "weight decay", "two digits", 512, "tanh", _sgd(0.9), 0.3, {"decay": 0.5}),
    _Case("period two", "period of two", "two digits", 512, "tanh", _sgd(0.5), 3.2, {"updates": 50}),
    _Case("period two", "period of two", "circle", 512, "gelu", _sgd(0.8), 3.7, {"updates": 50}),
    _Case("growth", "grow", "circle", 512, "tanh", _ascent(0.5), 0.4, {"updates": 60}),
    _Case("growth", "grow", "two digits", 256, "gelu", _ascent(0.8), 0.4, {"updates": 40}),
    _Case("heavy ball", "", "two digits", 512, "tanh", _sgd(0.9), 0.4, {"loss": squared}),
    _Case("heavy ball", "", "digits", 512, "relu", _sgd(0.8), 0.4, {"loss": squared}),
)


def measure() -> dict[str, Any]:
    """What is said of each, and how many are named rightly; of heavy ball nothing must be said, and β be right."""
    found = []
    for place, case in enumerate(CASES):
        run = train(case.data, case.width, case.activation, case.optimiser, case.eta_lambda, SEED + place, **case.more)
        record = trajectories(run.outputs, run.targets, updates=np.arange(len(run.outputs)))
        measured = measure_universe(record, run.learning_rate)
        said = [*measured.notes, measured.hubble_rate.reason]
        right = any(case.words in text for text in said) if case.words else measured.hubble_rate.identifiable
        found.append(
            {"kind": case.kind, "data": case.data, "reason": measured.hubble_rate.reason, "named": bool(right)}
        )
        print(found[-1], flush=True)
    return {"named": sum(entry["named"] for entry in found), "of": len(found), "runs": found}
