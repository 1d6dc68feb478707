r"""Power spectra of ensembles of universes.

$$P(k) = \frac{k^3}{2\pi^2}\,\langle q_k^2\rangle$$

over all members and modes of one |k|. Members scatter; the standard error of their mean is given beside it.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.cosmology import DeSitter, PowerLawExpansion
from cosmograd.duality.analogue.ensemble import evolve_ensemble
from cosmograd.duality.analogue.field_theory import FieldTheory
from cosmograd.duality.analogue.periodic_box import PeriodicBox
from cosmograd.duality.analogue.starts import VacuumModes


class EnsembleSpectrum(NamedTuple):
    """power: in units of the field squared; standard_error: of its mean, from the scatter of the members.

    tilt: d ln P / d ln k, by least squares weighted with the number of modes of each k, which decides how much each
    power scatters; tilt_error: its standard error, by the jackknife over members. Both are NaN for a single wavenumber,
    errors for a single member; of a few members they are as uncertain as such errors are.
    """

    wavenumber: Float[np.ndarray, " wavenumbers"]
    power: Float[np.ndarray, " wavenumbers"]
    standard_error: Float[np.ndarray, " wavenumbers"]
    tilt: float
    tilt_error: float


def ensemble_spectrum(box: PeriodicBox, fields: Float[np.ndarray, "members modes"]) -> EnsembleSpectrum:
    """Of one field's coefficients in every member, at one time."""
    k, modes = _wavenumbers(box)
    squares = np.square(np.asarray(fields))
    of_modes = np.asarray(box.wavenumbers)
    each = np.stack([squares[:, of_modes == one].mean(axis=1) for one in k], axis=1) * k**3 / (2 * np.pi**2)
    members, power = len(each), each.mean(axis=0)
    if members < 2:
        nan = float("nan")
        return EnsembleSpectrum(k, power, np.full(len(k), nan), spectral_tilt(k, power, modes), nan)
    error = each.std(axis=0, ddof=1) / np.sqrt(members)
    without = np.array([spectral_tilt(k, (members * power - one) / (members - 1), modes) for one in each])
    tilt_error = float(np.sqrt((members - 1) / members * np.sum(np.square(without - np.mean(without)))))
    return EnsembleSpectrum(k, power, error, spectral_tilt(k, power, modes), tilt_error)


def spectral_tilt(
    k: Float[np.ndarray, " wavenumbers"],
    power: Float[np.ndarray, " wavenumbers"],
    weights: Float[np.ndarray, " wavenumbers"],
) -> float:
    """d ln P/d ln k by weighted least squares; NaN for a single wavenumber."""
    if len(k) < 2:
        return float("nan")
    x, y = np.log(k), np.log(power)
    x = x - np.average(x, weights=weights)
    return float(np.sum(weights * x * y) / np.sum(weights * x**2))


def vacuum_spectrum(
    theory: FieldTheory, vacuum: VacuumModes, time: float
) -> tuple[Float[np.ndarray, "fields wavenumbers"], Float[np.ndarray, " fields"]]:
    r"""Exact powers and tilts of free fields at a later time, from the vacuum's mode functions.

    $\langle q_f^2\rangle = \sum_d D_{fd}^2|u_d|^2$ over the directions D that decouple. The tilt is that of
    `spectral_tilt` at the box's wavenumbers.
    """
    D = vacuum.directions

    def starts(u: Array) -> Array:  # real parts of every direction, then imaginary ones
        return jnp.stack([part[:, d, None] * D[:, d] for part in (u.real, u.imag) for d in range(len(D))])

    end = jnp.asarray([time])
    last = np.asarray(evolve_ensemble(theory, vacuum.time, starts(vacuum.value), starts(vacuum.velocity), end))[:, 0]
    squares = np.sum(last**2, axis=0)  # of each mode and field
    k, modes = _wavenumbers(theory.box)
    of_modes = np.asarray(theory.box.wavenumbers)
    power = np.array([squares[of_modes == one].mean(axis=0) for one in k]).T * k**3 / (2 * np.pi**2)
    return power, np.array([spectral_tilt(k, p, modes) for p in power])


def tilt_outside_horizon(theory: FieldTheory) -> float | None:
    r"""Of free fields of one mass, far outside: $3-2\nu$ in de Sitter space, $\nu^2 = \tfrac94-m^2/H^2$.

    With $a\propto t^p$, p > 1 and no mass $-2/(p-1)$; None where there is no formula.
    """
    expansion, potential = theory.expansion, theory.potential
    masses = np.linalg.eigvalsh(jax.hessian(potential)(jnp.zeros(potential.fields)))
    if np.ptp(masses) > 0:
        return None
    if isinstance(expansion, DeSitter) and float(expansion.constant_hubble_rate) > 0:
        square = 2.25 - masses[0] / float(expansion.constant_hubble_rate) ** 2
        return 3 - 2 * float(np.sqrt(square)) if square >= 0 else 3.0
    if isinstance(expansion, PowerLawExpansion) and float(expansion.exponent) > 1 and masses[0] == 0:
        return -2 / (float(expansion.exponent) - 1)
    return None


def _wavenumbers(box: PeriodicBox) -> tuple[Float[np.ndarray, " wavenumbers"], Float[np.ndarray, " wavenumbers"]]:
    """Those above zero, and how many modes each has."""
    k = np.asarray(box.wavenumbers)
    found, modes = np.unique(k[k > 0], return_counts=True)
    return found, modes.astype(float)
