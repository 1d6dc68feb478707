r"""Ensembles of universes, each on a network of its own, and the power spectra that they show.

$$P(k) = \frac{k^3}{2\pi^2}\,\langle q_k^2\rangle$$

over all members and modes of one |k|. Members scatter; the standard error of their mean is given beside it.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from cosmograd.duality.analogue.field_theory import FieldTheory, direct_solution
from cosmograd.duality.analogue.leapfrog_schedule import LeapfrogSchedule
from cosmograd.duality.analogue.network_universe import network_universe
from cosmograd.duality.analogue.periodic_box import PeriodicBox
from cosmograd.learning.member_mapping import MemberMapping, choose_mapping, padded_count, run_members
from cosmograd.learning.networks import AbstractNetwork
from cosmograd.learning.training import member_keys

MemberFields = Float[Array, "members modes fields"]


class EnsembleSpectrum(NamedTuple):
    """power: in units of the field squared; standard_error: of the mean over members, without and with the tilt's.

    tilt: d ln P / d ln k, by weighted least squares, with its standard error; NaN for a single wavenumber.
    """

    wavenumber: Float[np.ndarray, " wavenumbers"]
    power: Float[np.ndarray, " wavenumbers"]
    standard_error: Float[np.ndarray, " wavenumbers"]
    tilt: float
    tilt_error: float


def train_ensemble_of_universes(
    theory: FieldTheory,
    network: AbstractNetwork,
    schedule: LeapfrogSchedule,
    key: PRNGKeyArray,
    now: MemberFields,
    before: MemberFields,
    amplitude: float,
    refreshes: int = 0,
    mapping: MemberMapping | None = None,
) -> tuple[Float[np.ndarray, "members updates_and_start modes fields"], Float[np.ndarray, " members"]]:
    """The fields of every member at every update, and the condition numbers of their kernels.

    Member i is a network drawn with the key folded with i, whoever the others are; now, before: q_0 and q_{−1} of each.
    """
    members = len(now)
    mapping = mapping or choose_mapping("auto", members)
    places = np.minimum(np.arange(padded_count(mapping, members)), members - 1)
    stacked = (member_keys(key, places), jnp.asarray(now)[places], jnp.asarray(before)[places])
    shared = (theory, network, schedule, jnp.asarray(amplitude, dtype=float), refreshes)
    fields, condition = run_members(_universe_of_member, mapping, stacked, shared)
    return np.asarray(fields)[:members], np.asarray(condition)[:members]


def _universe_of_member(
    member: tuple[Array, Array, Array], shared: tuple[FieldTheory, AbstractNetwork, LeapfrogSchedule, Array, int]
) -> tuple[Array, Array]:
    (key, now, before), (theory, network, schedule, amplitude, refreshes) = member, shared
    path = network_universe(theory, network, network.initialise(key), schedule, now, before, amplitude, refreshes)
    return path.fields, path.condition_number


@eqx.filter_jit
def evolve_ensemble(
    theory: FieldTheory,
    start_time: Array,
    coefficients: MemberFields,
    velocities: MemberFields,
    times: Float[Array, " times"],
    accuracy: float = 1e-9,
) -> Float[Array, "members times modes fields"]:
    """The direct solution of every member."""

    def one(member: tuple[Array, Array]) -> Array:
        return direct_solution(theory, start_time, *member, times, accuracy).coefficients

    return jax.lax.map(one, (coefficients, velocities), batch_size=32)


def ensemble_spectrum(box: PeriodicBox, fields: Float[np.ndarray, "members modes"]) -> EnsembleSpectrum:
    """Of one field's coefficients in every member, at one time."""
    k_of_modes = np.asarray(box.wavenumbers)
    k = np.unique(k_of_modes[k_of_modes > 0])
    squares = np.square(np.asarray(fields))
    each = np.stack([squares[:, k_of_modes == one].mean(axis=1) for one in k], axis=1) * k**3 / (2 * np.pi**2)
    power, error = each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(len(each))
    tilt, tilt_error = spectral_tilt(k, power, error)
    return EnsembleSpectrum(k, power, error, tilt, tilt_error)


def spectral_tilt(
    k: Float[np.ndarray, " wavenumbers"],
    power: Float[np.ndarray, " wavenumbers"],
    error: Float[np.ndarray, " wavenumbers"],
) -> tuple[float, float]:
    """d ln P/d ln k by least squares with weights (P/error)², and its standard error; NaN for a single wavenumber."""
    if len(k) < 2:
        return float("nan"), float("nan")
    w, x, y = np.square(power / error), np.log(k), np.log(power)
    x = x - np.average(x, weights=w)
    information = float(np.sum(w * x**2))
    return float(np.sum(w * x * y) / information), information**-0.5
