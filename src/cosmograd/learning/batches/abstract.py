"""What every way of drawing minibatches offers: the examples of each update, from a key and the update's number."""

import abc

import equinox as eqx
from jaxtyping import Array, ArrayLike, Int, PRNGKeyArray, PyTree


class AbstractBatches(eqx.Module):
    """A rule that says which `size` examples the gradient of update n = 0, 1, … is taken over.

    The examples of an update depend on the key, the update's number and the number of points alone: a run may be cut
    anywhere and goes on with the same ones. What several updates share (the order of an epoch) is handed from one to
    the next by `begin` and `draw`, so that it is computed once.
    """

    size: eqx.AbstractVar[int]

    @abc.abstractmethod
    def begin(self, key: PRNGKeyArray, update: ArrayLike, points: int) -> PyTree:
        """What `draw` needs to start with this update."""

    @abc.abstractmethod
    def draw(
        self, key: PRNGKeyArray, update: ArrayLike, points: int, state: PyTree
    ) -> tuple[Int[Array, " size"], PyTree]:
        """Rows of the examples of an update, and what the next update's `draw` needs."""

    def indices(self, key: PRNGKeyArray, update: ArrayLike, points: int) -> Int[Array, " size"]:
        """Rows of the examples of an update, by itself."""
        return self.draw(key, update, points, self.begin(key, update, points))[0]

    def check_points(self, points: int) -> None:
        """Raise `ValueError` where batches of this size cannot be drawn from so many points."""
        del points

    @classmethod
    @abc.abstractmethod
    def examples(cls) -> tuple["AbstractBatches", ...]:
        """Members for the tests that every way of drawing must pass."""


def check_size(size: int) -> None:
    """Raise `ValueError` unless `size` is a whole number ≥ 1."""
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(f"the batch size must be a whole number ≥ 1, got {size!r}.")


def check_distinct(size: int, points: int, name: str) -> None:
    """Raise `ValueError` where a batch of different examples would need more points than there are."""
    if size > points:
        raise ValueError(
            f"the batch size is {size}, but there are {points} points; {name} batches hold different examples, so at "
            f'most {points}. Take a smaller batch or more points, or draw "with-replacement".'
        )
