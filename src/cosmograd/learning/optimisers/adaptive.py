"""Optimisers that divide by the size of earlier gradients: Adam, AdamW, RMSProp; and the linear method they hold."""

import abc
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PyTree

from cosmograd.learning.optimisers.abstract import (
    AbstractOptimiser,
    check_momentum,
    check_rates,
    shown_settings,
    value_at,
)
from cosmograd.learning.optimisers.as_optimiser import as_optimiser
from cosmograd.learning.optimisers.corrected_heavy_ball import CorrectedHeavyBall
from cosmograd.learning.optimisers.heavy_ball import HeavyBall
from cosmograd.learning.optimisers.weight_decay import DecoupledWeightDecay


class AbstractAdaptive(eqx.Module):
    r"""A method with a diagonal preconditioner P, made of averaged squared gradients.

    $$\theta_{n+1} = (1-\eta_nw)\theta_n - \eta_nP_n^{-1}\hat m_n, \qquad P_n = \sqrt{\hat v_n}+\epsilon$$

    While P stands still it is linear: the modes are those of the preconditioned kernel $JP^{-1}J^{\mathsf T}$, and
    `held` is their method.
    """

    learning_rate: eqx.AbstractVar[Float[Array, "..."]]
    weight_decay: eqx.AbstractVar[Float[Array, ""]]

    @abc.abstractmethod
    def transformation(self) -> optax.GradientTransformation:
        """The update rule, for Optax."""

    @abc.abstractmethod
    def held(self, updates: int | None = None) -> AbstractOptimiser:
        """The linear method for a preconditioner that is held; `updates`: with the transient of its first ones."""

    @abc.abstractmethod
    def first_preconditioner(self, gradient: PyTree) -> PyTree:
        """P at the first update, from its gradient."""

    @abc.abstractmethod
    def preconditioner(self, second_moment: PyTree) -> PyTree:
        r"""P for given $\hat v$, the average of squared gradients, free of the bias of its start."""

    @property
    @abc.abstractmethod
    def memory(self) -> Float[Array, ""]:
        """By how much the average of squared gradients forgets at each update."""

    def init(self, params: Any) -> Any:
        """The state before the first update, as in Optax."""
        return self.transformation().init(params)

    def update(self, updates: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        """The step that these gradients make, and the next state, as in Optax."""
        return self.transformation().update(updates, state, params)

    def __repr__(self) -> str:
        return shown_settings(self)

    def _scaled(self) -> optax.GradientTransformation:
        return optax.scale_by_schedule(lambda count: -value_at(self.learning_rate, count))

    def _rates(self, updates: int | None) -> Float[np.ndarray, "..."]:
        """The learning rate, or that of each update; ValueError for a schedule without the length of the run."""
        η = np.asarray(self.learning_rate)
        if updates is None:
            if η.ndim:
                raise ValueError("the learning rate is a schedule: give the number of `updates`.")
            return η
        return η[np.minimum(np.arange(updates), len(η) - 1)] if η.ndim else np.full(updates, η)

    def _found(self, memory: optax.GradientTransformation, updates: int) -> AbstractOptimiser:
        """The same by running it, for learning rates that are zero at first."""
        decay = [optax.add_decayed_weights(self.weight_decay)] if float(self.weight_decay) else []
        return as_optimiser(optax.chain(memory, *decay, self._scaled()), updates)

    def _decayed(self, method: AbstractOptimiser) -> AbstractOptimiser:
        κ = np.asarray(self.learning_rate) * float(self.weight_decay)
        return DecoupledWeightDecay(method, κ) if (κ > 0).any() else method


class Adam(AbstractAdaptive):
    r"""Adam, and with decoupled weight decay AdamW, as in PyTorch and Optax.

    $$m \leftarrow \beta_1m + (1-\beta_1)g, \quad v \leftarrow \beta_2v + (1-\beta_2)g^2, \quad
      \theta \leftarrow (1-\eta w)\theta - \eta\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}$$

    with $\hat m = m/(1-\beta_1^n)$, $\hat v = v/(1-\beta_2^n)$ at the n-th update. With P held this is averaged
    momentum: heavy ball with $\beta_1$ and $\eta(1-\beta_1)$, at first with the schedule
    $\beta_n = \beta_1(1-\beta_1^n)/(1-\beta_1^{n+1})$, $\eta_n = \eta(1-\beta_1)/(1-\beta_1^{n+1})$, n = 0, 1, ….
    Sources: Kingma & Ba 2015, arXiv:1412.6980; Loshchilov & Hutter 2019, arXiv:1711.05101.

    Args:
        learning_rate: η > 0, a number or a vector, one per update.
        b1, b2: decay rates of the averages of gradients and of squared gradients, in [0, 1).
        eps: ε ≥ 0.
        weight_decay: w ≥ 0.
        coupled: whether decay acts through the gradient (`torch.optim.Adam(weight_decay=w)`), before P divides; then
            modes do not stay apart, and there is no `held`.
    """

    learning_rate: Float[Array, "..."]
    b1: Float[Array, ""]
    b2: Float[Array, ""]
    eps: Float[Array, ""]
    weight_decay: Float[Array, ""]
    coupled: bool = eqx.field(static=True)

    def __init__(
        self,
        learning_rate: Any,
        b1: float = 0.9,
        b2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        coupled: bool = False,
    ) -> None:
        check_rates(learning_rate)
        for value in (b1, b2):
            check_momentum(value)
        _check_not_negative(eps=eps, weight_decay=weight_decay)
        numbers = (learning_rate, b1, b2, eps, weight_decay)
        self.learning_rate, self.b1, self.b2, self.eps, self.weight_decay = (jnp.asarray(x, float) for x in numbers)
        self.coupled = coupled

    def transformation(self) -> optax.GradientTransformation:
        decay = optax.add_decayed_weights(self.weight_decay)
        scale = optax.scale_by_adam(self.b1, self.b2, self.eps)
        return optax.chain(*([decay, scale] if self.coupled else [scale, decay]), self._scaled())

    def held(self, updates: int | None = None) -> AbstractOptimiser:
        if self.coupled and self.weight_decay > 0:
            raise ValueError(
                "weight decay in the gradient of Adam is divided by the preconditioner, so that modes do not stay "
                "apart. Take decoupled decay (AdamW), coupled=False."
            )
        β, rates = float(self.b1), self._rates(updates)
        if updates is None:
            return self._decayed(HeavyBall(rates * (1 - β), β))
        if (rates == 0).any():
            return self._found(optax.ema(self.b1), updates)
        n = np.arange(updates)
        before = np.concatenate([rates[:1], rates[:-1]])
        after = -np.expm1((n + 1) * np.log(β)) if β > 0 else np.ones(updates)
        momenta = β * rates / before * np.concatenate([[0.0], after[:-1]]) / after
        return self._decayed(CorrectedHeavyBall(rates * (1 - β) / after, momenta))

    def first_preconditioner(self, gradient: PyTree) -> PyTree:
        return jax.tree.map(lambda g: jnp.abs(g) + self.eps, gradient)

    def preconditioner(self, second_moment: PyTree) -> PyTree:
        return jax.tree.map(lambda v: jnp.sqrt(v) + self.eps, second_moment)

    @property
    def memory(self) -> Float[Array, ""]:
        return self.b2


class RMSProp(AbstractAdaptive):
    r"""RMSProp, as in PyTorch: without bias correction, ε outside of the root, momentum behind the preconditioner.

    $$v \leftarrow \alpha v + (1-\alpha)g^2, \quad u \leftarrow \beta u + \frac{g}{\sqrt v+\epsilon}, \quad
      \theta \leftarrow \theta - \eta u$$

    With P held it is heavy ball. Source: Tieleman & Hinton 2012, lecture 6.5.

    Args:
        learning_rate: η > 0, a number or a vector, one per update.
        decay: α in [0, 1).
        eps: ε ≥ 0.
        momentum: β in [0, 1).
        inside: ε inside of the root, $\sqrt{v+\epsilon}$, as Optax has it unless told otherwise.
    """

    learning_rate: Float[Array, "..."]
    decay: Float[Array, ""]
    eps: Float[Array, ""]
    momentum: Float[Array, ""]
    weight_decay: Float[Array, ""]
    inside: bool = eqx.field(static=True)

    def __init__(
        self, learning_rate: Any, decay: float = 0.99, eps: float = 1e-8, momentum: float = 0.0, inside: bool = False
    ) -> None:
        check_rates(learning_rate)
        for value in (decay, momentum):
            check_momentum(value)
        _check_not_negative(eps=eps)
        numbers = (learning_rate, decay, eps, momentum, 0.0)
        self.learning_rate, self.decay, self.eps, self.momentum, self.weight_decay = (
            jnp.asarray(x, float) for x in numbers
        )
        self.inside = inside

    def transformation(self) -> optax.GradientTransformation:
        scale = optax.scale_by_rms(self.decay, self.eps, eps_in_sqrt=self.inside)
        return optax.chain(scale, optax.trace(self.momentum), self._scaled())

    def held(self, updates: int | None = None) -> AbstractOptimiser:
        if np.ndim(self.learning_rate) == 0:
            return HeavyBall(self.learning_rate, self.momentum)
        rates = self._rates(updates)
        if (rates == 0).any():
            return self._found(optax.trace(self.momentum), len(rates))
        return CorrectedHeavyBall(rates, float(self.momentum) * rates / np.concatenate([rates[:1], rates[:-1]]))

    def first_preconditioner(self, gradient: PyTree) -> PyTree:
        return self.preconditioner(jax.tree.map(lambda g: (1 - self.decay) * g**2, gradient))

    def preconditioner(self, second_moment: PyTree) -> PyTree:
        if self.inside:
            return jax.tree.map(lambda v: jnp.sqrt(v + self.eps), second_moment)
        return jax.tree.map(lambda v: jnp.sqrt(v) + self.eps, second_moment)

    @property
    def memory(self) -> Float[Array, ""]:
        return self.decay


def _check_not_negative(**values: Any) -> None:
    for name, value in values.items():
        if np.ndim(value) or not 0 <= float(value) < np.inf:
            raise ValueError(f"`{name}` must be a finite number ≥ 0, got {value!r}.")
