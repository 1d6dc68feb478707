"""Examples drawn one by one, each from all of them."""

import equinox as eqx
import jax
from jaxtyping import Array, ArrayLike, Int, PRNGKeyArray, PyTree

from cosmograd.learning.batches.abstract import AbstractBatches, check_size


class WithReplacement(AbstractBatches):
    r"""Every example of every batch is drawn independently from all points.

    The gradient of a batch is unbiased, with covariance $C/B$: C that of the gradients of single examples, B the
    size. Batches may hold an example twice, and be larger than the number of points.
    """

    size: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        check_size(self.size)

    def begin(self, key: PRNGKeyArray, update: ArrayLike, points: int) -> PyTree:
        del key, update, points

    def draw(
        self, key: PRNGKeyArray, update: ArrayLike, points: int, state: PyTree
    ) -> tuple[Int[Array, " size"], PyTree]:
        rows = jax.random.randint(jax.random.fold_in(key, update), (self.size,), 0, points, dtype="int32")
        return rows, state

    @classmethod
    def examples(cls) -> tuple[AbstractBatches, ...]:
        return (cls(1), cls(4), cls(12))
