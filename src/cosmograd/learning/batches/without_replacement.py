"""Different examples within a batch, batches independent of each other."""

import equinox as eqx
import jax
from jaxtyping import Array, ArrayLike, Int, PRNGKeyArray, PyTree

from cosmograd.learning.batches.abstract import AbstractBatches, check_distinct, check_size


class WithoutReplacement(AbstractBatches):
    r"""Every batch is a set of different examples, drawn independently of all other batches.

    The gradient of a batch is unbiased, with covariance $C/B\cdot(N-B)/(N-1)$ for N points: zero for B = N.
    """

    size: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        check_size(self.size)

    def check_points(self, points: int) -> None:
        check_distinct(self.size, points, "without-replacement")

    def begin(self, key: PRNGKeyArray, update: ArrayLike, points: int) -> PyTree:
        del key, update, points

    def draw(
        self, key: PRNGKeyArray, update: ArrayLike, points: int, state: PyTree
    ) -> tuple[Int[Array, " size"], PyTree]:
        order = jax.random.permutation(jax.random.fold_in(key, update), points)
        return order[: self.size].astype("int32"), state

    @classmethod
    def examples(cls) -> tuple[AbstractBatches, ...]:
        return (cls(1), cls(4), cls(7))
