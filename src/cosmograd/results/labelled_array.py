"""An array that knows what it is: its values, the names of its axes, and its quantity."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cosmograd.results.quantity import Quantity


class LabelledArray:
    """values: NumPy array; dims: names of its axes; quantity: what it is, in which unit; said: what its file says more.

    NumPy functions take it as an array, and a single number is one for `float`. It is not to be changed.
    """

    __slots__ = ("dims", "quantity", "said", "values")

    def __init__(
        self, values: Any, dims: tuple[str, ...], quantity: Quantity, said: Mapping[str, Any] | None = None
    ) -> None:
        array = np.asarray(values)
        array = array.astype(str) if array.dtype == object else array
        if array.ndim != len(dims):
            raise ValueError(
                f"{quantity.name!r} has the shape {array.shape}, but is said to run along {dims or 'nothing'}."
            )
        self.values, self.dims, self.quantity, self.said = array, tuple(dims), quantity, dict(said or {})

    @property
    def attrs(self) -> dict[str, Any]:
        """`long_name` and `units`, and what its file says more."""
        return self.said | self.quantity.attributes

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of its axes."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """Number of its axes."""
        return self.values.ndim

    @property
    def size(self) -> int:
        """Number of its numbers."""
        return self.values.size

    @property
    def dtype(self) -> np.dtype:
        """Of its numbers."""
        return self.values.dtype

    def item(self) -> Any:
        """A single number, as Python's own."""
        return self.values.item()

    def at(self, **places: Any) -> "LabelledArray":
        """The part at some places of named axes: `power.at(point=0)`."""
        index = tuple(places.get(name, slice(None)) for name in self.dims)
        kept = tuple(name for name in self.dims if not isinstance(places.get(name), (int, np.integer)))
        return LabelledArray(self.values[index], kept, self.quantity, self.said)

    def __getitem__(self, index: Any) -> Any:
        return self.values[index]

    def __len__(self) -> int:
        return len(self.values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.values, dtype=dtype, copy=copy)

    def __float__(self) -> float:
        return float(self.values)

    def __int__(self) -> int:
        return int(self.values)

    def __repr__(self) -> str:
        unit = f" [{self.quantity.unit}]" if self.quantity.unit not in ("", "1") else ""
        axes = ", ".join(f"{name}: {length}" for name, length in zip(self.dims, self.shape, strict=True))
        return f"{self.quantity.name} ({axes}): {self.quantity.meaning}{unit}\n{self.values!r}"
