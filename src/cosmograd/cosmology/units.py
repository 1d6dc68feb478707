r"""Units of mass, with $\hbar = c = 1$: from the reduced Planck mass to Planck masses or GeV, and back.

$$m_P = G^{-1/2} = \sqrt{8\pi}\,M_{\rm Pl}, \qquad M_{\rm Pl} = (8\pi G)^{-1/2} = 2.435323(27)\times10^{18}\ {\rm GeV}$$

From SciPy's CODATA values (2022: Mohr et al. 2025). Those of ħ, c and e are exact; that of G has a relative standard
uncertainty of 2.2e-5, so a mass in GeV has 1.1e-5 and an energy density four times that.
"""

import enum
import math
from typing import SupportsFloat

import jax.numpy as jnp
import scipy  # scipy.constants takes 0.1 s to import; spelt out where it is used, it loads there
from jaxtyping import Array, ArrayLike, Float, Real

from cosmograd.precision import require_float64

__all__ = ["MassUnit", "convert_units"]

_LARGEST_DIMENSION = 16  # beyond, (m_P/GeV)^d leaves the range of float64


class MassUnit(enum.StrEnum):
    r"""A unit of mass: $M_{\rm Pl} = (8\pi G)^{-1/2}$, in which this library computes, $m_P = G^{-1/2}$, or GeV."""

    REDUCED_PLANCK = "reduced-planck"
    PLANCK = "planck"
    GEV = "GeV"

    @property
    def in_gev(self) -> float:
        """Its mass, in GeV."""
        known = scipy.constants
        joules = math.sqrt(known.hbar * known.c**5 / known.G)  # m_P c² = √(ħc⁵/G)
        planck_mass = joules / (known.giga * known.elementary_charge)
        return {"reduced-planck": planck_mass / math.sqrt(8 * math.pi), "planck": planck_mass, "GeV": 1.0}[self.value]


def convert_units(
    value: Real[ArrayLike, "*shape"],
    from_unit: MassUnit | str,
    to_unit: MassUnit | str,
    mass_dimension: SupportsFloat = 1,
) -> Float[Array, "*shape"]:
    r"""The same quantity in another unit: $x\,(\text{from}/\text{to})^d$ for one of mass dimension d.

    mass_dimension: any real number within ±16; 1 for fields, masses, H and wavenumbers, −1 for times and lengths, 4 for
    V and energy densities, 4 − p for the factor of $\varphi^p$ in V. There and back again is the same to two roundings.
    """
    require_float64("A conversion of units")
    given, wanted = _unit("from_unit", from_unit).in_gev, _unit("to_unit", to_unit).in_gev
    d = float(mass_dimension)
    if not abs(d) <= _LARGEST_DIMENSION:
        raise ValueError(
            f"`mass_dimension` must be a number between ±{_LARGEST_DIMENSION}, got {mass_dimension}. "
            "It is the power of mass that the quantity is: 1 for a field, 4 for an energy density."
        )
    factor = (max(given, wanted) / min(given, wanted)) ** d  # one number both ways, so that they cancel
    number = jnp.asarray(value, dtype=float)
    return number * factor if given >= wanted else number / factor


def _unit(name: str, unit: MassUnit | str) -> MassUnit:
    try:
        return MassUnit(unit)
    except ValueError:
        allowed = ", ".join(repr(each.value) for each in MassUnit)
        raise ValueError(f"`{name}` must be one of {allowed}, got {unit!r}.") from None
