"""Axes of very large or small numbers: the power of ten stands once, in the label."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from cosmograd.results.number_format import power_of_ten

# Numbers whose largest lies between these powers of ten are written out.
_WRITTEN_OUT = (-2, 3)


class Scale(NamedTuple):
    """A power of ten that an axis is drawn in units of."""

    exponent: int

    def of(self, values: np.ndarray) -> np.ndarray:
        """Values in units of this power."""
        return values / 10.0**self.exponent

    def of_one(self, value: float) -> float:
        """The same for one value."""
        return float(value / 10.0**self.exponent)

    def label(self, name: str, unit: str = "") -> str:
        """An axis label: the name, then the power of ten and the unit in brackets."""
        factors = [power_of_ten(self.exponent)] if self.exponent else []
        bracket = " ".join([*factors, *([unit] if unit else [])])
        return f"{name}  [{bracket}]" if bracket else name


def scale_for(values: Iterable[np.ndarray]) -> Scale:
    """The power of ten of the largest number; none for ordinary ones."""
    flat = np.abs(np.concatenate([np.ravel(value) for value in values]))
    flat = flat[np.isfinite(flat) & (flat > 0)]
    exponent = int(np.floor(np.log10(flat.max()))) if flat.size else 0
    return Scale(0 if _WRITTEN_OUT[0] <= exponent <= _WRITTEN_OUT[1] else exponent)
