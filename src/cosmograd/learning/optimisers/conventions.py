"""Optimisers by the names and numbers that people know them by, and what these are as heavy ball."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from cosmograd.learning.optimiser_names import check_named
from cosmograd.learning.optimisers.abstract import AbstractOptimiser, check_momentum, check_rates, value_at
from cosmograd.learning.optimisers.adaptive import AbstractAdaptive, Adam, RMSProp
from cosmograd.learning.optimisers.as_optimiser import as_optimiser
from cosmograd.learning.optimisers.constant_settings import nearest_short
from cosmograd.learning.optimisers.corrected_heavy_ball import CorrectedHeavyBall
from cosmograd.learning.optimisers.gradient_descent import GradientDescent
from cosmograd.learning.optimisers.heavy_ball import HeavyBall
from cosmograd.learning.optimisers.nesterov import Nesterov
from cosmograd.learning.optimisers.weight_decay import CoupledWeightDecay


def sgd(
    learning_rate: Any,
    momentum: Any = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    first_dampened: bool = False,
) -> AbstractOptimiser:
    r"""Stochastic gradient descent as PyTorch means it.

    $$v \leftarrow \beta v + (1-\tau)(g + w\theta), \qquad \theta \leftarrow \theta - \eta v$$

    with v = g + wθ at the first update; Nesterov: $\theta \leftarrow \theta - \eta(g + w\theta + \beta v)$. It is heavy
    ball with the learning rate η(1 − τ); under a schedule with momenta $\beta\eta_n/\eta_{n-1}$: v does not know η.

    Args:
        learning_rate: η > 0, a number or a vector, one per update.
        momentum: β in [0, 1), a number, or without Nesterov's method a vector, one per update.
        dampening: τ in [0, 1); τ = β is averaged momentum.
        weight_decay: w ≥ 0, in the gradient.
        nesterov: without dampening only.
        first_dampened: whether the first step is dampened too, as in averaged momentum from zero.
    """
    check_rates(learning_rate)
    check_momentum(momentum)
    if not 0 <= dampening < 1:
        raise ValueError(f"`dampening` must be a number in [0, 1), got {dampening!r}.")
    if np.ndim(momentum):
        η, β = np.broadcast_arrays(np.asarray(learning_rate, dtype=np.float64), np.asarray(momentum, dtype=np.float64))
        if nesterov or (η == 0).any():
            raise ValueError("momenta that change need learning rates above zero, and no extrapolation.")
        method = _scheduled(η, β, dampening, first_dampened)
        return CoupledWeightDecay(method, weight_decay) if weight_decay else method
    if nesterov and (dampening or not momentum):
        raise ValueError("Nesterov's method needs a momentum and no dampening, as in PyTorch.")
    η = np.asarray(learning_rate, dtype=np.float64)
    if (η == 0).any():
        return _found(η, momentum, dampening, weight_decay, nesterov, first_dampened)
    if nesterov:
        method: AbstractOptimiser = Nesterov(η, momentum) if not η.ndim else _extrapolating(η, momentum)
    elif η.ndim or (dampening and not first_dampened):
        method = _scheduled(np.atleast_1d(η), momentum, dampening, first_dampened)
    else:
        rate = nearest_short(float(η) * (1 - dampening))
        method = HeavyBall(rate, momentum) if momentum else GradientDescent(rate)
    return CoupledWeightDecay(method, weight_decay) if weight_decay else method


def _found(η: np.ndarray, β: float, τ: float, w: float, nesterov: bool, first_dampened: bool) -> AbstractOptimiser:
    """The same by running it, for learning rates that are zero at first."""

    def init(parameters: Any) -> tuple[Any, Any]:
        return jnp.zeros((), dtype=jnp.int32), jax.tree.map(jnp.zeros_like, parameters)

    def update(gradient: Any, state: tuple[Any, Any], parameters: Any = None) -> tuple[Any, tuple[Any, Any]]:
        del parameters
        count, v = state
        share = jnp.where((count == 0) & (not first_dampened), 1.0, 1 - τ)
        v = jax.tree.map(lambda v, g: β * v + share * g, v, gradient)
        step = jax.tree.map(lambda v, g: g + β * v if nesterov else v, v, gradient)
        return jax.tree.map(lambda s: -value_at(η, count) * s, step), (count + 1, v)

    decay = [optax.add_decayed_weights(w)] if w else []
    method = optax.GradientTransformation(init, update)  # pyright: ignore[reportArgumentType]
    return as_optimiser(optax.chain(*decay, method), max(len(η), 2))


def _scheduled(η: np.ndarray, β: Any, τ: float, first_dampened: bool) -> AbstractOptimiser:
    """Momenta at n are β_nη_n/η_{n−1}; the last of both holds on."""
    moving = bool(np.any(β))
    rates = np.append(η, η[-1]) if len(η) == 1 or moving else η
    velocity = np.append(np.broadcast_to(β, len(η)), np.ravel(β)[-1])[: len(rates)]
    momenta = velocity * np.append(1.0, rates[1:] / rates[:-1])
    rates = rates * np.where((np.arange(len(rates)) == 0) & (not first_dampened), 1.0, 1 - τ)
    if moving:
        momenta, rates = np.append(momenta, velocity[-1]), np.append(rates, rates[-1])
    return HeavyBall(rates, momenta) if (momenta < 1).all() else CorrectedHeavyBall(rates, momenta)


def _extrapolating(η: np.ndarray, β: float) -> AbstractOptimiser:
    """s_n = β(η_n/η_{n−1})s_{n−1} − η_n(1+β)g_n + βη_ng_{n−1}."""
    rates = np.append(η, η[-1])
    momenta = np.append(β * np.append(1.0, rates[1:] / rates[:-1]), β)
    rates = np.append(rates, rates[-1])
    return CorrectedHeavyBall(rates, momenta, β * rates)


def named_optimiser(
    name: str,
    learning_rate: Any,
    momentum: float | None = None,
    dampening: float = 0.0,
    weight_decay: float | None = None,
    averaged: bool = False,
    b2: float | None = None,
    eps: float = 1e-8,
) -> AbstractOptimiser | AbstractAdaptive:
    """An optimiser by name (`OPTIMISER_NAMES`), with the numbers of PyTorch where they are left out.

    averaged: momentum averages gradients, v = βv + (1 − β)g, as in textbooks.
    """
    β, w = check_named(name, momentum, dampening, weight_decay, averaged)
    if name in ("sgd", "nesterov"):
        return sgd(learning_rate, β, β if averaged else dampening, w, name == "nesterov", averaged)
    if name == "rmsprop":
        return RMSProp(learning_rate, 0.99 if b2 is None else b2, eps, β)
    return Adam(learning_rate, β, 0.999 if b2 is None else b2, eps, w, coupled=name == "adam")
