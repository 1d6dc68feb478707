"""Passes through all examples, each in a new random order."""

import math
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Int, PRNGKeyArray

from cosmograd.learning.batches.abstract import AbstractBatches, check_distinct, check_size

# Places within the period after which batches and epochs end together are counted in 32 bits.
_LONGEST_PERIOD = 2**31


class EpochOrders(NamedTuple):
    """Number of an epoch, and its order followed by that of the next one."""

    epoch: Int[Array, ""]
    orders: Int[Array, " 2*points"]


class ShuffledEpochs(AbstractBatches):
    r"""Batches are cut one after the other from random orders of all examples, one order per epoch.

    Every epoch passes through every example exactly once; a batch that the end of an epoch cuts goes on in the next
    one. Gradients are unbiased but not independent: they add up to the full one over an epoch, so that the noise of
    slow modes all but cancels, and no formula for independent draws holds.
    """

    size: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        check_size(self.size)

    def check_points(self, points: int) -> None:
        check_distinct(self.size, points, "shuffled-epochs")
        period = points * self.size // math.gcd(points, self.size) ** 2
        if period >= _LONGEST_PERIOD:
            raise ValueError(
                f"batches of {self.size} of {points} points end together with an epoch only after {period} steps, "
                "more than can be counted; take a batch size that divides the number of points."
            )

    def begin(self, key: PRNGKeyArray, update: ArrayLike, points: int) -> EpochOrders:
        epoch, _ = self._place(update, points)
        return EpochOrders(epoch, jnp.concatenate([_order(key, epoch, points), _order(key, epoch + 1, points)]))

    def draw(
        self, key: PRNGKeyArray, update: ArrayLike, points: int, state: EpochOrders
    ) -> tuple[Int[Array, " size"], EpochOrders]:
        epoch, first = self._place(update, points)

        def next_epoch(state: EpochOrders) -> EpochOrders:
            following = _order(key, epoch + 1, points)
            return EpochOrders(epoch, jnp.concatenate([state.orders[points:], following]))

        # Updates follow each other and batches are no longer than an epoch: it is this epoch's order or the next.
        state = jax.lax.cond(epoch == state.epoch, lambda state: state, next_epoch, state)
        return jax.lax.dynamic_slice(state.orders, (first,), (self.size,)), state

    def _place(self, update: ArrayLike, points: int) -> tuple[Int[Array, ""], Int[Array, ""]]:
        """Epoch in which the batch of an update begins, and at which place of it, without overflow."""
        divisor = math.gcd(points, self.size)
        updates, epochs = points // divisor, self.size // divisor  # of a period: batches and epochs end together
        n = jnp.asarray(update, dtype=jnp.int32)
        steps = (n % updates) * epochs
        return n // updates * epochs + steps // updates, steps % updates * divisor

    @classmethod
    def examples(cls) -> tuple[AbstractBatches, ...]:
        return (cls(1), cls(4), cls(5))


def _order(key: PRNGKeyArray, epoch: Int[Array, ""], points: int) -> Int[Array, " points"]:
    return jax.random.permutation(jax.random.fold_in(key, epoch), points).astype(jnp.int32)
