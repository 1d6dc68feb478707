r"""Primordial power spectra of a model of inflation, with the numbers at the pivot and the accuracy they have.

$P_R = k^3|R|^2/2\pi^2$, $P_t = 2H^2/\pi^2$ in de Sitter space (both polarisations), $r = P_t/P_R$;
$n_s - 1 = \mathrm{d}\ln P_R/\mathrm{d}\ln k$, running $\mathrm{d}n_s/\mathrm{d}\ln k$,
$n_t = \mathrm{d}\ln P_t/\mathrm{d}\ln k$.
"""

import enum
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from cosmograd.cosmology.background import InflationHistory, Model, inflate
from cosmograd.cosmology.spectra.pivot import AbstractPivot
from cosmograd.cosmology.spectra.powers import Isocurvature, Powers, powers
from cosmograd.cosmology.spectra.resolution import Resolution, StepTables
from cosmograd.precision import require_float64
from cosmograd.solvers import chebyshev_nodes, differentiation_matrix, outcome_of


class ModeOutcome(enum.IntEnum):
    """What became of a wavenumber."""

    DONE = 0
    STARTS_OUTSIDE = 1
    NEVER_CROSSES = 2
    NOT_A_NUMBER = 3


class ErrorBudget(eqx.Module):
    """Largest relative errors by cause, over all modes that are done: what to refine, if anything."""

    steps: Float[Array, ""]
    vacuum: Float[Array, ""]
    closing: Float[Array, ""]
    interpolation: Float[Array, ""]
    background: Float[Array, ""]

    def total(self) -> Float[Array, ""]:
        return self.steps + self.vacuum + self.closing + self.interpolation + self.background


class PivotNumbers(eqx.Module):
    """At the pivot. scalar_tilt: n_s, one for equal power at all scales; tensor_tilt: n_t, zero for it.

    The errors are absolute: of the polynomial that is differentiated and of its powers.
    """

    scalar_amplitude: Float[Array, ""]
    scalar_tilt: Float[Array, ""]
    running: Float[Array, ""]
    tensor_amplitude: Float[Array, ""]
    tensor_tilt: Float[Array, ""]
    tilt_error: Float[Array, ""]
    tensor_tilt_error: Float[Array, ""]
    running_error: Float[Array, ""]

    @property
    def tensor_to_scalar_ratio(self) -> Float[Array, ""]:
        return self.tensor_amplitude / self.scalar_amplitude


class PrimordialSpectra(eqx.Module):
    """log_wavenumber: ln(k/pivot); powers: at the end of inflation, NaN where `outcome` is not DONE; error: relative.

    The error of a single mode is an estimate that may be off by a factor of a few where the spectrum rings; the largest
    of all modes, `achieved_accuracy`, is what is held against the accuracy that was asked for.
    start, crossing: e-folds since the start of the history at which each mode's vacuum is set and k = aH.
    """

    history: InflationHistory
    pivot_log_wavenumber: Float[Array, ""]
    pivot_outcome: Int[Array, ""]
    log_wavenumber: Float[Array, " modes"]
    scalar_power: Float[Array, " modes"]
    tensor_power: Float[Array, " modes"]
    isocurvature: Isocurvature | None
    error: Float[Array, " modes"]
    outcome: Int[Array, " modes"]
    start: Float[Array, " modes"]
    crossing: Float[Array, " modes"]
    pivot: PivotNumbers
    error_budget: ErrorBudget
    resolution: Resolution

    @property
    def achieved_accuracy(self) -> Float[Array, ""]:
        """Estimated largest relative error of any power that is done."""
        return self.error_budget.total()


_PER_TOLERANCE = 60.0
# Half-widths of the polynomials in ln k around the pivot: a wide one for smooth spectra, narrower ones for features.
_HALF_WIDTHS, _NODES = (1.0, 0.25, 0.05), 9
_RELUCTANCE = np.array([1.0, 2.0, 4.0])  # to take a narrower one
_INHERITED = 3.0  # times the derivative of the powers' estimated errors
_IRREGULAR = 1e-11  # of ln P from node to node: rounding, and the joints of piecewise polynomials


def _stencil() -> Array:
    nodes = 2 * chebyshev_nodes(_NODES) - 1
    return jnp.asarray(np.concatenate([width * nodes for width in _HALF_WIDTHS]))


def spectra(
    model: Model,
    field: Float[Array, " fields"],
    velocity: Float[Array, " fields"],
    pivot: AbstractPivot,
    log_wavenumber: Float[Array, " modes"],
    resolution: Resolution,
) -> PrimordialSpectra:
    """Background, modes and pivot at a given resolution; pure, differentiable both ways, and for `vmap` too.

    field, velocity: φ and dφ/dN at the start, in M_Pl; log_wavenumber: ln(k/pivot). Nothing is refused here: look at
    `history.outcome`, `outcome` and `error_budget`, or let `primordial_spectra` do it. Derivatives of powers by
    parameters are about as exact as the powers; those of tilts and the running, which differentiate twice, lose two
    digits and more: ask for a `Resolution` that much finer.
    """
    require_float64("A power spectrum")
    tables = resolution.tables(model.potential.fields)
    return PrimordialSpectra(
        *all_but_resolution(model, field, velocity, pivot, log_wavenumber, tables), resolution=resolution
    )


def all_but_resolution(
    model: Model,
    field: Float[Array, " fields"],
    velocity: Float[Array, " fields"],
    pivot: AbstractPivot,
    log_wavenumber: Float[Array, " modes"],
    steps: StepTables,
) -> tuple[Any, ...]:
    """The fields of `PrimordialSpectra` in their order, up to the last, by steps that may be traced."""
    history = inflate(model, field, velocity, steps.background)
    pivot_log_k = pivot.log_wavenumber(history)
    log_k = pivot_log_k + jnp.concatenate([_stencil(), log_wavenumber])
    modes = powers(history, log_k, steps)
    causes = (modes.step_error, modes.vacuum_error, modes.closing_error, modes.interpolation_error)
    outcome = _outcome(modes, sum(causes[1:], causes[0]), history.e_folds_total)
    done = outcome == ModeOutcome.DONE
    scalar, tensor = (jnp.where(done, power, jnp.nan) for power in (modes.scalar, modes.tensor))
    # Errors of dφ/dN, of the size of the tolerance in each step, die out as e^{−3N}; P goes as its inverse square.
    background = history.friedmann_violation + _PER_TOLERANCE * steps.background.tolerance
    error = jnp.where(done, sum(causes, background), jnp.nan)
    step, vacuum, closing, interpolation = jnp.max(jnp.where(done, jnp.stack(causes), 0.0), axis=1)
    at_pivot, asked = slice(len(_HALF_WIDTHS) * _NODES), slice(len(_HALF_WIDTHS) * _NODES, None)
    return (
        history,
        pivot_log_k,
        jnp.max(outcome[at_pivot]),
        log_wavenumber,
        scalar[asked],
        tensor[asked],
        jax.tree.map(lambda values: jnp.where(done, values, jnp.nan)[asked], modes.isocurvature),
        error[asked],
        outcome[asked],
        modes.start[asked],
        modes.crossing[asked],
        _pivot_numbers(scalar[at_pivot], tensor[at_pivot], error[at_pivot]),
        ErrorBudget(step, vacuum, closing, interpolation, background),
    )


def _outcome(modes: Powers, error: Array, e_folds_total: Array) -> Int[Array, " modes"]:
    checks = [
        (modes.start < 0, ModeOutcome.STARTS_OUTSIDE),
        (modes.crossing >= e_folds_total, ModeOutcome.NEVER_CROSSES),
        (~jnp.isfinite(modes.scalar * modes.tensor * error), ModeOutcome.NOT_A_NUMBER),
    ]
    return outcome_of(checks, ModeOutcome.DONE)


def _pivot_numbers(
    scalar: Float[Array, " nodes"], tensor: Float[Array, " nodes"], error: Float[Array, " nodes"]
) -> PivotNumbers:
    """By polynomials through Chebyshev nodes in ln k: of each number, the polynomial that has the smallest error.

    A polynomial's error is its distance from the one through every other node, counted twice; what is irregular in the
    powers, which narrow polynomials amplify; and the derivative of the powers' own error, a few times since that is an
    estimate whose derivative may vanish by accident. To it comes what the narrowest polynomial differs by, beyond its
    own error: nodes further apart than the period in which a spectrum rings may agree by accident.
    """
    middle = _NODES // 2
    logs = jnp.stack([jnp.log(scalar), jnp.log(tensor), error]).reshape(3, len(_HALF_WIDTHS), _NODES)
    rows, which, order = _derivatives_at_pivot(), (0, 1, 0), (0, 0, 1)  # n_s − 1, n_t, the running
    # of ln P_R, ln P_t and the error; first and second; by every node and by every other; of each width
    found = jnp.einsum("cwn,down->cdow", logs, rows)
    values, from_other = found[which, order, 0], found[which, order, 1]
    inherited = _INHERITED * jnp.max(jnp.abs(found[2]), axis=1) + _IRREGULAR * np.linalg.norm(rows[:, 0], axis=-1)
    change, inherited = jnp.abs(values - from_other), inherited[order, :]
    beyond = jnp.abs(values - values[:, -1:]) - 2 * (change + inherited)[:, -1:]
    beyond = jnp.maximum(beyond, 0.0)
    best = jnp.argmin(_RELUCTANCE * (change + inherited) + beyond, axis=1)[:, None]
    tilt, tensor_tilt, running = jnp.take_along_axis(values, best, axis=1)[:, 0]
    errors = jnp.take_along_axis(2 * change + inherited + beyond, best, axis=1)[:, 0]
    return PivotNumbers(scalar[middle], 1 + tilt, running, tensor[middle], tensor_tilt, *errors)


def _derivatives_at_pivot() -> np.ndarray:
    """First and second derivative by ln k at the pivot; by every node, by every other; of each width."""
    rows = np.zeros((2, 2, len(_HALF_WIDTHS), _NODES))
    for every, stride in enumerate((1, 2)):
        for i, width in enumerate(_HALF_WIDTHS):
            nodes = width * (2 * chebyshev_nodes(_NODES)[::stride] - 1)
            D = differentiation_matrix(nodes)
            for order, matrix in enumerate((D, D @ D)):
                rows[order, every, i, ::stride] = matrix[len(nodes) // 2]
    return rows
