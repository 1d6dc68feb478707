"""Polyak's heavy ball."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Float

from cosmograd.learning.optimisers.abstract import AbstractOptimiser, check_learning_rate, check_momentum, value_at


class HeavyBallState(NamedTuple):
    """Number of updates made, and the last one."""

    count: Array
    step: Any


class HeavyBall(AbstractOptimiser):
    r"""Polyak's heavy ball (1964), from rest.

    $$\theta_{n+1} = \theta_n + \beta_n(\theta_n - \theta_{n-1}) - \eta_n\nabla L(\theta_n), \qquad
      \theta_{-1} = \theta_0$$

    With constant η and β this is `optax.sgd(η, momentum=β)`. It *is* the leapfrog scheme for
    $\ddot\theta + \Gamma\dot\theta + c\nabla L = 0$ with $\Gamma\delta = 2(1-\beta)/(1+\beta)$ and
    $c\,\delta^2 = 2\eta/(1+\beta)$, its continuous limit.
    """

    learning_rate: Float[Array, "..."]
    momentum: Float[Array, "..."]

    def __init__(self, learning_rate: Any, momentum: Any = 0.0) -> None:
        check_learning_rate(learning_rate)
        check_momentum(momentum)
        self.learning_rate = jnp.asarray(learning_rate, dtype=float)
        self.momentum = jnp.asarray(momentum, dtype=float)

    def transformation(self) -> optax.GradientTransformation:
        def init(parameters: Any) -> HeavyBallState:
            return HeavyBallState(jnp.zeros((), dtype=jnp.int32), jax.tree.map(jnp.zeros_like, parameters))

        def update(gradient: Any, state: HeavyBallState, parameters: Any = None) -> Any:
            del parameters
            η, β = value_at(self.learning_rate, state.count), value_at(self.momentum, state.count)
            step = jax.tree.map(lambda s, g: β.astype(g.dtype) * s - η.astype(g.dtype) * g, state.step, gradient)
            return step, HeavyBallState(state.count + 1, step)

        return optax.GradientTransformation(init, update)  # pyright: ignore[reportArgumentType]

    def mode_recursion(
        self, eigenvalue: Float[ArrayLike, "*shape"], update: ArrayLike
    ) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
        η, β = value_at(self.learning_rate, update), value_at(self.momentum, update)
        a = 1 + β - η * jnp.asarray(eigenvalue)
        return a, jnp.broadcast_to(β, a.shape)

    @classmethod
    def examples(cls) -> tuple[AbstractOptimiser, ...]:
        return (cls(0.3), cls(0.1, 0.9), cls([0.2, 0.1], [0.0, 0.3, 0.6]))
