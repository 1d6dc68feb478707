"""Heavy ball with a gradient correction: every linear method with one momentum."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Float

from cosmograd.learning.learning_rates import LARGEST
from cosmograd.learning.optimisers.abstract import AbstractOptimiser, checked_schedule, value_at


class CorrectedHeavyBallState(NamedTuple):
    """Number of updates made, the last of them, and the gradient that it was made with."""

    count: Array
    step: Any
    gradient: Any


class CorrectedHeavyBall(AbstractOptimiser):
    r"""Heavy ball with a gradient correction, from rest.

    $$\theta_{n+1} = \theta_n + \beta_n(\theta_n - \theta_{n-1}) - \eta_n\nabla L_n
      - \nu_n(\nabla L_n - \nabla L_{n-1}), \qquad \theta_{-1} = \theta_0,\ \nabla L_{-1} = 0$$

    Every method that is linear in the gradient and keeps one momentum is of this form: heavy ball (ν = 0), Nesterov's
    method with constant settings (ν = βη), quasi-hyperbolic and triple momentum. `as_optimiser` finds the numbers of
    an Optax transformation. Mode: $d_{n+1} = (1+\beta-(\eta+\nu)\lambda)d_n - (\beta-\nu\lambda)d_{n-1}$. Continuous
    limit: $\ddot\theta + (\Gamma + c_\nu\nabla^2L)\dot\theta + c\nabla L = 0$, a friction that grows with the
    curvature. Source of the term's name: Shi, Du, Jordan & Su 2022, §1.

    Args:
        learning_rate: η ≥ 0, a number or a vector, one per update.
        momentum: β; a number in (−1, 1), or a vector of any finite numbers (warm-ups have some above 1).
        correction: ν, a number or a vector.
    """

    learning_rate: Float[Array, "..."]
    momentum: Float[Array, "..."]
    correction: Float[Array, "..."]

    def __init__(self, learning_rate: Any, momentum: Any = 0.0, correction: Any = 0.0) -> None:
        η, β, ν = (
            checked_schedule(name, values, "a finite number")
            for name, values in (("learning_rate", learning_rate), ("momentum", momentum), ("correction", correction))
        )
        for name, array in (("learning_rate", η), ("momentum", β), ("correction", ν)):
            if not (np.abs(array) <= LARGEST).all():
                raise ValueError(f"`{name}` must be finite and at most {LARGEST:g}, got {array.tolist()}.")
        if not ((η >= 0).all() and (η > 0).any()):
            raise ValueError(f"`learning_rate` must be ≥ 0, and > 0 at some update, got {learning_rate!r}.")
        if β.ndim == 0 and not abs(β) < 1:
            raise ValueError(f"a constant `momentum` must lie between −1 and 1, got {momentum!r}.")
        self.learning_rate, self.momentum, self.correction = (jnp.asarray(x, dtype=float) for x in (η, β, ν))

    def transformation(self) -> optax.GradientTransformation:
        def init(parameters: Any) -> CorrectedHeavyBallState:
            rest = jax.tree.map(jnp.zeros_like, parameters)
            return CorrectedHeavyBallState(jnp.zeros((), dtype=jnp.int32), rest, rest)

        def update(gradient: Any, state: CorrectedHeavyBallState, parameters: Any = None) -> Any:
            del parameters
            η, β, ν = (value_at(x, state.count) for x in (self.learning_rate, self.momentum, self.correction))

            def one(s: Array, g: Array, before: Array) -> Array:
                return β.astype(g.dtype) * s - (η + ν).astype(g.dtype) * g + ν.astype(g.dtype) * before

            step = jax.tree.map(one, state.step, gradient, state.gradient)
            return step, CorrectedHeavyBallState(state.count + 1, step, gradient)

        return optax.GradientTransformation(init, update)  # pyright: ignore[reportArgumentType]

    def mode_recursion(
        self, eigenvalue: Float[ArrayLike, "*shape"], update: ArrayLike
    ) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
        η, β, ν = (value_at(x, update) for x in (self.learning_rate, self.momentum, self.correction))
        λ = jnp.asarray(eigenvalue)
        return 1 + β - (η + ν) * λ, β - ν * λ

    @property
    def constant(self) -> bool:
        return super().constant and jnp.ndim(self.correction) == 0

    @classmethod
    def examples(cls) -> tuple[AbstractOptimiser, ...]:
        return (cls(0.1, 0.9, 0.05), cls(0.1, 0.5, -0.02), cls([0.1, 0.2, 0.1], [0.0, 0.3, 0.6], [0.1, 0.0, 0.05]))
