"""Where a spectrum is pinned: the pivot wavenumber."""

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.background import InflationHistory


class AbstractPivot(eqx.Module):
    """A wavenumber, found in an inflationary history."""

    @abc.abstractmethod
    def log_wavenumber(self, history: InflationHistory) -> Float[Array, ""]:
        """ln k, with a = 1 at the start of the history and k in M_Pl."""


class EFoldsBeforeEnd(AbstractPivot):
    """k = aH that many e-folds before the end of inflation, ε = 1."""

    e_folds: float = 55.0

    def __check_init__(self) -> None:
        if not self.e_folds > 0:
            raise ValueError(f"`e_folds` of the pivot before the end of inflation must be > 0, got {self.e_folds}.")

    def log_wavenumber(self, history: InflationHistory) -> Float[Array, ""]:
        crossing = history.e_folds_total - self.e_folds
        return crossing + history.phase(crossing).log_hubble


class ComovingWavenumber(AbstractPivot):
    """A given k in M_Pl, with a = 1 at the start of the history."""

    wavenumber: float

    def __check_init__(self) -> None:
        if not self.wavenumber > 0:
            raise ValueError(
                f"`wavenumber` of the pivot must be > 0, in M_Pl with a = 1 at the start, got {self.wavenumber}."
            )

    def log_wavenumber(self, history: InflationHistory) -> Float[Array, ""]:
        del history
        return jnp.log(jnp.asarray(self.wavenumber, dtype=float))
