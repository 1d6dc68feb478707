"""Where a spectrum is pinned: the pivot wavenumber."""

import abc
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.cosmology.background import InflationHistory
from cosmograd.precision import is_known, parameter


class AbstractPivot(eqx.Module):
    """A wavenumber, found in an inflationary history."""

    @abc.abstractmethod
    def log_wavenumber(self, history: InflationHistory) -> Float[Array, ""]:
        """ln k, with a = 1 at the start of the history and k in M_Pl."""


class EFoldsBeforeEnd(AbstractPivot):
    """k = aH that many e-folds before the end of inflation, ε = 1."""

    e_folds: Any = eqx.field(converter=parameter, default=55.0)

    def __check_init__(self) -> None:
        if is_known(self.e_folds) and not np.all(self.e_folds > 0):
            raise ValueError(f"`e_folds` of the pivot before the end of inflation must be > 0, got {self.e_folds}.")

    def log_wavenumber(self, history: InflationHistory) -> Float[Array, ""]:
        crossing = history.e_folds_total - self.e_folds
        return crossing + history.continued_phase(crossing).log_hubble


class ComovingWavenumber(AbstractPivot):
    """A given k in M_Pl, with a = 1 at the start of the history."""

    wavenumber: Any = eqx.field(converter=parameter)

    def __check_init__(self) -> None:
        if is_known(self.wavenumber) and not np.all(self.wavenumber > 0):
            raise ValueError(
                f"`wavenumber` of the pivot must be > 0, in M_Pl with a = 1 at the start, got {self.wavenumber}."
            )

    def log_wavenumber(self, history: InflationHistory) -> Float[Array, ""]:
        del history
        return jnp.log(jnp.asarray(self.wavenumber, dtype=float))
