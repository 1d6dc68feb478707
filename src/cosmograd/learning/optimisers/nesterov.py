"""Nesterov's accelerated gradient."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Float

from cosmograd.learning.optimisers.abstract import AbstractOptimiser, check_learning_rate, check_momentum, value_at
from cosmograd.learning.optimisers.heavy_ball import HeavyBallState


class Nesterov(AbstractOptimiser):
    r"""Nesterov's method, from rest, written for the extrapolated point $\theta_n$ where the gradient is taken.

    $$x_{n+1} = \theta_n - \eta_n\nabla L(\theta_n), \qquad
      \theta_{n+1} = x_{n+1} + \beta_{n+1}(x_{n+1} - x_n)$$

    With constant η and β this is `optax.sgd(η, momentum=β, nesterov=True)`. A mode obeys
    $d_{n+1} = (1+\beta_{n+1})(1-\eta_n\lambda)d_n - \beta_{n+1}(1-\eta_{n-1}\lambda)d_{n-1}$, from rest with
    $d_{-1} = d_0/(1-\eta_0\lambda)$. Continuous limit for $\beta_n = (n-1)/(n+2)$, $\eta = \delta^2$:
    $\ddot\theta + (3/t + \delta\nabla^2L)\dot\theta + (1 + 3\delta/2t)\nabla L = 0$ (Su, Boyd & Candès 2016; next
    order in δ).
    """

    learning_rate: Float[Array, "..."]
    momentum: Float[Array, "..."]

    def __init__(self, learning_rate: Any, momentum: Any) -> None:
        check_learning_rate(learning_rate)
        check_momentum(momentum)
        self.learning_rate = jnp.asarray(learning_rate, dtype=float)
        self.momentum = jnp.asarray(momentum, dtype=float)

    def transformation(self) -> optax.GradientTransformation:
        def init(parameters: Any) -> HeavyBallState:
            return HeavyBallState(jnp.zeros((), dtype=jnp.int32), jax.tree.map(jnp.zeros_like, parameters))

        def update(gradient: Any, state: HeavyBallState, parameters: Any = None) -> Any:
            del parameters
            η = value_at(self.learning_rate, state.count)
            β, next_β = value_at(self.momentum, state.count), value_at(self.momentum, state.count + 1)
            # step = x_{n+1} − x_n
            step = jax.tree.map(lambda s, g: β.astype(g.dtype) * s - η.astype(g.dtype) * g, state.step, gradient)
            change = jax.tree.map(lambda s, g: next_β.astype(g.dtype) * s - η.astype(g.dtype) * g, step, gradient)
            return change, HeavyBallState(state.count + 1, step)

        return optax.GradientTransformation(init, update)  # pyright: ignore[reportArgumentType]

    def mode_recursion(
        self, eigenvalue: Float[ArrayLike, "*shape"], update: ArrayLike
    ) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
        n, λ = jnp.asarray(update), jnp.asarray(eigenvalue)
        β = value_at(self.momentum, n + 1)
        a = (1 + β) * (1 - value_at(self.learning_rate, n) * λ)
        return a, β * (1 - value_at(self.learning_rate, n - 1) * λ)

    @classmethod
    def examples(cls) -> tuple[AbstractOptimiser, ...]:
        return (cls(0.3, 0.0), cls(0.1, 0.9), cls([0.3, 0.2, 0.1], [0.0, 0.3, 0.6]))
