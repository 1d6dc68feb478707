"""A call, split into its data and the rest, which decides what is compiled."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax


class _Data:
    """Where data stands among the rest."""

    def __repr__(self) -> str:
        return "data"


_DATA = _Data()


@jax.tree_util.register_static
class Request:
    """All of a tree but its data; equal to another one where the same program serves both."""

    def __init__(self, tree: Any, leaves: tuple[Any, ...]) -> None:
        self.tree, self.leaves = tree, leaves
        self._key = tree, tuple((type(leaf), leaf) for leaf in leaves)  # with its type, since True == 1
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Request) and self._hash == other._hash and self._key == other._key

    def __hash__(self) -> int:
        return self._hash

    @property
    def name(self) -> str:
        """Of the function of a call."""
        function = self.joined([None] * self.leaves.count(_DATA))[0]
        return getattr(function, "__name__", type(function).__name__)

    def joined(self, data: list[Any]) -> Any:
        """The tree with this data."""
        each = iter(data)
        return jax.tree.unflatten(self.tree, [next(each) if leaf is _DATA else leaf for leaf in self.leaves])

    def evaluated(self, data: list[Any]) -> tuple[list[Any], "Request"]:
        """What the function of a call gives: its arrays, and the rest."""
        function, args, kwargs = self.joined(data)
        return split(function(*args, **kwargs), eqx.is_array)


def is_data(leaf: Any) -> bool:
    """Arrays, NumPy's numbers, and floats."""
    return isinstance(leaf, float | complex) or eqx.is_array(leaf)


def split(tree: Any, belongs_to_data: Callable[[Any], bool]) -> tuple[list[Any], Request]:
    """The data among the leaves in their order, and the rest."""
    leaves, structure = jax.tree.flatten(tree)
    chosen = [belongs_to_data(leaf) for leaf in leaves]
    data = [leaf for leaf, is_chosen in zip(leaves, chosen, strict=True) if is_chosen]
    rest = tuple(_DATA if is_chosen else leaf for leaf, is_chosen in zip(leaves, chosen, strict=True))
    return data, Request(structure, rest)
