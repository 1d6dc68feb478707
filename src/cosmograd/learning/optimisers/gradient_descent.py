"""Plain gradient descent."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Float

from cosmograd.learning.optimisers.abstract import AbstractOptimiser, check_learning_rate, value_at


class GradientDescentState(NamedTuple):
    """Number of updates made."""

    count: Array


class GradientDescent(AbstractOptimiser):
    r"""Plain gradient descent.

    $$\theta_{n+1} = \theta_n - \eta_n\nabla L$$

    Mode: $d_{n+1} = (1-\eta\lambda)d_n$. Continuous limit: $\eta/2\,\ddot\theta + \dot\theta = -\nabla L$ on its
    slow-roll attractor, in the time that advances by η per update.
    """

    learning_rate: Float[Array, "..."]
    momentum: Float[Array, "..."]

    def __init__(self, learning_rate: Any) -> None:
        check_learning_rate(learning_rate)
        self.learning_rate = jnp.asarray(learning_rate, dtype=float)
        self.momentum = jnp.zeros((), dtype=float)

    def transformation(self) -> optax.GradientTransformation:
        def init(parameters: Any) -> GradientDescentState:
            del parameters
            return GradientDescentState(jnp.zeros((), dtype=jnp.int32))

        def update(gradient: Any, state: GradientDescentState, parameters: Any = None) -> Any:
            del parameters
            η = value_at(self.learning_rate, state.count)
            step = jax.tree.map(lambda g: -η.astype(g.dtype) * g, gradient)
            return step, GradientDescentState(state.count + 1)

        return optax.GradientTransformation(init, update)  # pyright: ignore[reportArgumentType]

    def mode_recursion(
        self, eigenvalue: Float[ArrayLike, "*shape"], update: ArrayLike
    ) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
        a = 1 - value_at(self.learning_rate, update) * jnp.asarray(eigenvalue)
        return a, jnp.zeros_like(a)

    @classmethod
    def examples(cls) -> tuple[AbstractOptimiser, ...]:
        return (cls(0.3), cls([0.4, 0.3, 0.2]))
