r"""Where fields begin: the Bunch-Davies vacuum of every mode, as its mode functions or as random draws from it.

A mode of the vacuum is $q = x\,\mathrm{Re}\,u + y\,\mathrm{Im}\,u$ with independent normal x and y of variance one, so
that $\langle q^2\rangle = |u|^2$ at all times. As mode functions the cosines carry Re u and the sines Im u of their
wavenumber: the sum of their squares is |u|². Masses are those of the potential at φ = 0; fields that these couple are
set in the directions that decouple.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, PRNGKeyArray

from cosmograd.cosmology import AbstractExpansion
from cosmograd.cosmology.perturbations import SpectatorOutcome, vacuum_mode
from cosmograd.duality.analogue.field_theory import Coefficients, FieldTheory

# k/aH at which a vacuum is set where the universe was ever so small, the least elsewhere, and the accuracy of the mode
# functions that follow.
_INSIDE, _LEAST_INSIDE, _ACCURACY = 300.0, 1.0, 1e-10
_LOOKED_BACK = np.geomspace(1e-3, 40.0, 160)


class FieldStart(NamedTuple):
    """q and its derivative by time at the start, and when that is."""

    coefficients: Coefficients
    velocities: Coefficients
    time: float


class VacuumModes(NamedTuple):
    """Mode functions and their velocities at the start, one for each mode and direction that decouples.

    directions: those of field space, as columns.
    """

    value: Complex[Array, "modes fields"]
    velocity: Complex[Array, "modes fields"]
    directions: Float[Array, "fields fields"]
    time: float


def vacuum_modes(theory: FieldTheory, time: float) -> VacuumModes:
    r"""The vacuum of every mode of the box, at `time` in the unit of 1/H.

    Where the universe inflates it is the Bunch-Davies vacuum, set at k/aH = 300 or as far inside as the past goes.
    Where it decelerates, modes were outside the horizon before: their state is the adiabatic vacuum (to third order)
    at `time`, an assumption of the user's, and k/aH must be 1 at least then. ValueError names the modes that have none.
    """
    masses, directions = jnp.linalg.eigh(jax.hessian(theory.potential)(jnp.zeros(theory.fields)))
    value = np.empty((len(theory.box.waves), theory.fields), dtype=complex)
    velocity = np.empty_like(value)
    wavenumbers = np.asarray(theory.box.wavenumbers)
    for k in np.unique(wavenumbers):
        if k == 0:
            raise ValueError(
                "the constant mode (k = 0) is never inside the horizon and has no vacuum; leave it out (constant_mode, "
                "and not every mode of a lattice), or give the start yourself."
            )
        set_at = _deep_inside(theory.expansion, float(k), time)
        if not (inside := _times_inside(theory.expansion, float(k), set_at)) >= _LEAST_INSIDE:
            raise ValueError(
                f"modes of k = {k:.4g} were never inside the horizon before t = {time:g}: k/aH is {inside:.3g}, and a "
                f"vacuum takes {_LEAST_INSIDE:g} at least. Take larger wavenumbers, or give the start yourself."
            )
        times = jnp.array([set_at, time])
        for field, mass_squared in enumerate(np.asarray(masses)):
            found = vacuum_mode(theory.expansion, k, mass_squared, times, _ACCURACY)
            if int(found.outcome) not in (SpectatorOutcome.DONE, SpectatorOutcome.NO_VACUUM):
                raise ValueError(
                    f"the vacuum of k = {k:.4g} with m² = {mass_squared:.4g} cannot be followed to t = {time:g} to "
                    f"{_ACCURACY:g}: it oscillates too often on the way. Give the start yourself."
                )
            if int(found.outcome) != SpectatorOutcome.DONE:
                raise ValueError(
                    f"modes of k = {k:.4g} with m² = {mass_squared:.4g} have no vacuum before t = {time:g}: at k/aH = "
                    f"{inside:.3g}, where it is set, the adiabatic series is worse than {_ACCURACY:g}. Where the "
                    "universe inflates take a smaller mass, m² up to 50 H² or so; else larger wavenumbers; or give the "
                    "start yourself, as waves."
                )
            value[wavenumbers == k, field] = complex(found.value[1])
            velocity[wavenumbers == k, field] = complex(found.velocity[1])
    return VacuumModes(jnp.asarray(value), jnp.asarray(velocity), directions, time)


def mode_function_start(theory: FieldTheory, vacuum: VacuumModes) -> FieldStart:
    """The vacuum's mode functions themselves: real parts on cosines, imaginary parts on sines."""
    cosine = jnp.array([[wave.shape != "sin"] for wave in theory.box.waves])

    def shown(u: Array) -> Array:
        return jnp.where(cosine, u.real, u.imag) @ vacuum.directions.T

    return FieldStart(shown(vacuum.value), shown(vacuum.velocity), vacuum.time)


def vacuum_draws(
    vacuum: VacuumModes, key: PRNGKeyArray, members: int
) -> tuple[Float[Array, "members modes fields"], Float[Array, "members modes fields"]]:
    """Random universes: coefficients and velocities of each member, by the key and its number alone."""
    keys = jax.vmap(lambda member: jax.random.fold_in(key, member))(jnp.arange(members))
    x, y = jnp.moveaxis(jax.vmap(lambda k: jax.random.normal(k, (2, *vacuum.value.shape)))(keys), 1, 0)

    def drawn(u: Array) -> Array:
        return (x * u.real + y * u.imag) @ vacuum.directions.T

    return drawn(vacuum.value), drawn(vacuum.velocity)


def _deep_inside(expansion: AbstractExpansion, k: float, time: float) -> float:
    """The latest time at which k/aH is large, or a moment before the start where it falls backwards in time."""
    if not np.isfinite(time):
        raise ValueError(f"`time` must be finite, got {time}.")
    H = float(expansion.hubble_rate(time))
    if not (np.isfinite(H) and H > 0):
        raise ValueError(
            f"the universe must expand at t = {time:g} to have a horizon; H is {H:g}. Give the start yourself, as "
            "waves."
        )
    before = jnp.asarray(time - _LOOKED_BACK / H)
    inside = jax.vmap(lambda t: _times_inside(expansion, k, t))(before)
    deep = np.flatnonzero(np.isfinite(inside) & (np.asarray(inside) >= _INSIDE))
    return float(before[int(deep[0]) if deep.size else 0])


def _times_inside(expansion: AbstractExpansion, k: float, time: float | Array) -> Float[Array, ""]:
    """k/aH."""
    return k / (expansion.scale_factor(time) * expansion.hubble_rate(time))
