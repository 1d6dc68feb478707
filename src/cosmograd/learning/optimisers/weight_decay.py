"""Weight decay around a linear method: in the gradient (coupled), or beside it (decoupled)."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Float

from cosmograd.learning.optimisers.abstract import AbstractOptimiser, checked_schedule, value_at
from cosmograd.learning.optimisers.corrected_heavy_ball import CorrectedHeavyBall
from cosmograd.learning.optimisers.heavy_ball import HeavyBall


class _WithDecay(AbstractOptimiser):
    """A method with its own learning rate and momentum, whose parameters are drawn to zero."""

    method: eqx.AbstractVar[AbstractOptimiser]

    @property
    def learning_rate(self) -> Any:
        return self.method.learning_rate

    @property
    def momentum(self) -> Any:
        return self.method.momentum

    @property
    def decays(self) -> bool:
        return True


class CoupledWeightDecay(_WithDecay):
    r"""A method that minimises $L + \tfrac w2|\theta|^2$: PyTorch's `SGD(weight_decay=w)`, and L2 regularisation.

    The method's own update with the gradient $\nabla L + w\theta$. Every eigenvalue of the Hessian grows by w, so that
    a mode obeys the method's recursion at $\lambda + w$: decay adds the mass w and no friction. Parameters are drawn to
    zero, not to $\theta_0$.

    Args:
        method: the optimiser without decay.
        weight_decay: w ≥ 0.
    """

    method: AbstractOptimiser
    weight_decay: Float[Array, ""]

    def __init__(self, method: AbstractOptimiser, weight_decay: Any) -> None:
        _check_method(method)
        array = checked_schedule("weight_decay", weight_decay, "a number ≥ 0")
        if array.ndim or not 0 <= array < np.inf:
            raise ValueError(f"`weight_decay` must be a finite number ≥ 0, got {weight_decay!r}.")
        self.method = method
        self.weight_decay = jnp.asarray(weight_decay, dtype=float)

    def transformation(self) -> optax.GradientTransformation:
        inner = self.method.transformation()

        def update(gradient: Any, state: Any, parameters: Any = None) -> Any:
            _check_given(parameters)
            total = jax.tree.map(lambda g, θ: g + self.weight_decay.astype(g.dtype) * θ, gradient, parameters)
            return inner.update(total, state, parameters)

        return optax.GradientTransformation(inner.init, update)  # pyright: ignore[reportArgumentType]

    def mode_recursion(
        self, eigenvalue: Float[ArrayLike, "*shape"], update: ArrayLike
    ) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
        return self.method.mode_recursion(jnp.asarray(eigenvalue) + self.weight_decay, update)

    @property
    def constant(self) -> bool:
        return self.method.constant

    @classmethod
    def examples(cls) -> tuple[AbstractOptimiser, ...]:
        return (
            cls(HeavyBall(0.1, 0.9), 0.05),
            cls(CorrectedHeavyBall(0.1, 0.5, 0.05), 0.02),
            cls(HeavyBall([0.2, 0.1], [0.0, 0.3, 0.6]), 0.1),
        )


class DecoupledWeightDecayState(NamedTuple):
    """Number of updates made, and the method's own state."""

    count: Array
    method: Any


class DecoupledWeightDecay(_WithDecay):
    r"""A method whose parameters shrink beside its steps $s_n$: AdamW's decay, here with a fixed preconditioner.

    $$\theta_{n+1} = (1-\kappa_n)\theta_n + s_n, \qquad \kappa_n = \eta_n w$$

    with η the learning rate as AdamW knows it. A mode with the method's own (a, b) at λ and momentum β obeys

    $$d_{n+1} = (a_n - \kappa_n)\,d_n - (b_n - \beta_n\kappa_{n-1})\,d_{n-1},$$

    for averaged momentum $b = \beta_1(1-\eta w)$ and $1 + b - a = \eta(1-\beta_1)(\lambda + w)$: decay adds friction
    *and* the mass w. Parameters are drawn to zero, not to $\theta_0$.

    Args:
        method: the optimiser without decay.
        shrinkage: κ in [0, 1), the share that an update takes off all parameters; a number or a vector, one per update.
    """

    method: AbstractOptimiser
    shrinkage: Float[Array, "..."]

    def __init__(self, method: AbstractOptimiser, shrinkage: Any) -> None:
        _check_method(method)
        array = checked_schedule("shrinkage", shrinkage, "a number in [0, 1)")
        if not ((array >= 0) & (array < 1)).all():
            raise ValueError(f"`shrinkage` must lie in [0, 1), got {shrinkage!r}.")
        self.method = method
        self.shrinkage = jnp.asarray(shrinkage, dtype=float)

    def transformation(self) -> optax.GradientTransformation:
        inner = self.method.transformation()

        def init(parameters: Any) -> DecoupledWeightDecayState:
            return DecoupledWeightDecayState(jnp.zeros((), dtype=jnp.int32), inner.init(parameters))

        def update(gradient: Any, state: DecoupledWeightDecayState, parameters: Any = None) -> Any:
            _check_given(parameters)
            step, method = inner.update(gradient, state.method, parameters)
            κ = value_at(self.shrinkage, state.count)
            step = jax.tree.map(lambda s, θ: s - κ.astype(s.dtype) * θ, step, parameters)
            return step, DecoupledWeightDecayState(state.count + 1, method)

        return optax.GradientTransformation(init, update)  # pyright: ignore[reportArgumentType]

    def mode_recursion(
        self, eigenvalue: Float[ArrayLike, "*shape"], update: ArrayLike
    ) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
        n = jnp.asarray(update)
        a, b = self.method.mode_recursion(eigenvalue, n)
        _, β = self.method.mode_recursion(0.0, n)
        return a - value_at(self.shrinkage, n), b - β * value_at(self.shrinkage, n - 1)

    @property
    def constant(self) -> bool:
        return self.method.constant and jnp.ndim(self.shrinkage) == 0

    @classmethod
    def examples(cls) -> tuple[AbstractOptimiser, ...]:
        return (
            cls(HeavyBall(0.1, 0.9), 0.02),
            cls(CorrectedHeavyBall(0.1, 0.5, 0.05), 0.01),
            cls(HeavyBall([0.2, 0.1], [0.0, 0.3, 0.6]), [0.02, 0.01]),
        )


def _check_method(method: Any) -> None:
    if not isinstance(method, AbstractOptimiser) or method.decays:
        raise ValueError(
            f"`method` must be an optimiser of ours without weight decay, such as HeavyBall(0.1, 0.9), got {method!r}."
        )


def _check_given(parameters: Any) -> None:
    if parameters is None:
        raise ValueError("weight decay needs the parameters: optimiser.update(gradient, state, parameters).")
