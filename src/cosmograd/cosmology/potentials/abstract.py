"""What every potential is: one function of the fields, from which everything else follows by differentiation."""

import abc
import dataclasses
from typing import Any, ClassVar

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from cosmograd.precision import is_known, parameter

_ALLOWED = {
    "a finite number": np.isfinite,
    "a finite number > 0": lambda x: np.isfinite(x) & (x > 0),
}

# One number, or anything like an array of them on the way in; an array, Float[Array, "..."], once it is stored.
Parameter = Any


class AbstractPotential(eqx.Module):
    r"""$V(\varphi)$ in reduced Planck units ($M_{\rm Pl} = 1$, V in $M_{\rm Pl}^4$), differentiable by JAX.

    Parameters are declared with `positive` or `real`; they are arrays, so they may be traced,
    differentiated and batched. Examples must inflate from `suggested_field` and then end.
    """

    name: ClassVar[str]
    """What the command line calls it."""

    fields: ClassVar[int] = 1
    """Number of scalar fields."""

    def __check_init__(self) -> None:
        for field in dataclasses.fields(self):
            allowed = field.metadata.get("allowed")
            value = getattr(self, field.name)
            if allowed and is_known(value) and not np.all(_ALLOWED[allowed](np.asarray(value))):
                raise ValueError(f"`{field.name}` of the {self.name} potential must be {allowed}, got {value}.")

    @abc.abstractmethod
    def __call__(self, field: Float[Array, " fields"]) -> Float[Array, ""]:
        """The potential at one point of field space."""

    @abc.abstractmethod
    def suggested_field(self) -> Float[Array, " fields"]:
        """A point from which some seventy e-folds of inflation follow, by the slow-roll estimate."""

    @classmethod
    @abc.abstractmethod
    def examples(cls) -> tuple["AbstractPotential", ...]:
        """Members for the tests that every potential must pass."""


def _parameter(allowed: str, meaning: str, default: float | None) -> Any:
    metadata = {"allowed": allowed, "meaning": meaning}
    if default is None:
        return eqx.field(converter=parameter, metadata=metadata)
    return eqx.field(converter=parameter, metadata=metadata, default=default)


def positive(meaning: str, default: float | None = None) -> Any:
    """A parameter of a potential that is a finite number > 0; `meaning` names it, with its unit."""
    return _parameter("a finite number > 0", meaning, default)


def real(meaning: str, default: float | None = None) -> Any:
    """A parameter of a potential that is any finite number; `meaning` names it, with its unit."""
    return _parameter("a finite number", meaning, default)
