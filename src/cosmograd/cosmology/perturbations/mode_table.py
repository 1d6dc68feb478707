r"""What modes need to know of an inflating background: a table in N that every wavenumber looks up.

Modes of the curvature have $z = a\sqrt{2\epsilon}$; both polarisations of the tensors together, as one mode,
$z = a/\sqrt8$. Both obey $R'' + FR' + (k/aH)^2R = 0$ in e-folds with
$F = (\ln E)'$, $E = z^2aH$.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.cosmology.background import InflationHistory, acceleration, log_hubble_rate, slow_roll_ε
from cosmograd.cosmology.perturbations.mass_matrix import mass_matrix
from cosmograd.cosmology.perturbations.vacuum import TERMS, vacuum_coefficients
from cosmograd.solvers import PiecewisePolynomial

_BLOCKS = 64  # that the history is divided in, to look for its largest errors


class Expansion(NamedTuple):
    """s = (ln aH)′ and ln(aH), with a = 1 at N = 0, and ζ = (ln z)′ of each kind."""

    s: Float[Array, "*points"]
    log_aH: Float[Array, "*points"]
    ζ: Float[Array, "kinds *points"]


class VacuumSeries(NamedTuple):
    """Coefficients of the vacuum's series and their derivatives by N, and ln(z/a), for each kind."""

    coefficients: Float[Array, "terms kinds modes"]
    changes: Float[Array, "terms kinds modes"]
    log_z_over_a: Float[Array, "kinds modes"]


class ModeTable(eqx.Module):
    r"""Functions of N on an equidistant grid from N = 0 to the end of inflation, for curvature and tensors.

    expansion: columns s, ln(aH), ζ of the curvature; vacuum: the coefficients of the vacuum's series, their
    derivatives, and ln(z/a); nonadiabatic: logarithm of the largest $|T_3|(aH)^6$ up to each point of the grid, T₃ the
    last coefficient; remainders: $I = E\int dN/E$ and $K = \int(aH_0/aH)^2I\,dN$ from each point to the end, which
    close the evolution outside the horizon, each for both kinds; remainder_errors: theirs; interpolation_errors: of
    `expansion`, as far as each kind needs it, the largest in each of some blocks of the grid.
    """

    e_folds_total: Float[Array, ""]
    log_aH: Float[Array, " grid"]
    expansion: PiecewisePolynomial
    vacuum: PiecewisePolynomial
    nonadiabatic: Float[Array, "grid kinds"]
    remainders: PiecewisePolynomial
    remainder_errors: Float[Array, "grid 4"]
    interpolation_errors: Float[Array, "blocks kinds"]

    @classmethod
    def of(cls, history: InflationHistory) -> "ModeTable":
        model, states, e_folds = history.model, history.table[0], history.e_folds
        fields = (states.shape[1] - 1) // 2
        width = history.e_folds_total / (states.shape[0] - 1)

        def local(n: Array, φ: Array, v: Array) -> Array:
            ε, change = jax.jvp(lambda φ, v: slow_roll_ε(model, φ, v), (φ, v), (v, acceleration(model, φ, v)))
            log_hubble = log_hubble_rate(model, φ, v)
            # z″/z = (aH)²q stays finite where the field turns round and ζ does not. Several fields have no such mode.
            q = 2 - ε - mass_matrix(model, φ, v, log_hubble)[0, 0] if fields == 1 else 2 - ε
            return jnp.stack([1 - ε, n + log_hubble, 1 + change / ε / 2, jnp.log(2 * ε) / 2, q])

        columns = jax.vmap(local)(e_folds, states[:, :fields], states[:, fields : 2 * fields])
        grid, log_z_over_a = columns[:, :3], columns[:, 3]
        s, log_aH = columns[:, :1], columns[:, 1:2]
        ζ = jnp.stack([columns[:, 2], jnp.ones_like(e_folds)], axis=1)
        log_z_over_a = jnp.stack([columns[:, 3], jnp.full(e_folds.shape, -jnp.log(8.0) / 2)], axis=1)

        q = jnp.stack([columns[:, 4], 1 + columns[:, 0]], axis=1)
        coefficients, changes = vacuum_coefficients(jnp.broadcast_to(s, q.shape), q, width)
        start = jnp.concatenate([*coefficients, *changes, log_z_over_a], axis=1)
        size = jnp.log(jnp.abs(coefficients[-1])) + 6 * log_aH
        errors = jnp.stack([interpolation_errors(grid), interpolation_errors(grid[:, :2])], axis=1)
        log_E = 2 * (e_folds[:, None] + log_z_over_a) + log_aH
        remainders = _remainders(s, ζ, log_aH, log_E, width)
        return cls(
            history.e_folds_total,
            grid[:, 1],
            PiecewisePolynomial.through(grid, width),
            PiecewisePolynomial.through(start, width),
            largest_so_far(size),
            PiecewisePolynomial.through(remainders[:, 0], width),
            _convergence_errors(remainders),
            _largest_in_blocks(errors),
        )

    def horizon_crossing(self, log_k: Float[Array, " modes"]) -> Float[Array, " modes"]:
        """N at which ln(aH) = ln k, to the accuracy of linear interpolation; at the end where it is never reached."""
        e_folds = np.linspace(0.0, 1.0, self.log_aH.shape[0]) * self.e_folds_total
        return jnp.interp(log_k, self.log_aH, e_folds)

    def expansion_at(self, n: Float[Array, "*points"]) -> Expansion:
        s, log_aH, ζ = jnp.moveaxis(self.expansion(n), -1, 0)
        return Expansion(s, log_aH, jnp.stack([ζ, jnp.ones_like(ζ)]))

    def vacuum_at(self, n: Float[Array, " modes"]) -> VacuumSeries:
        levels = jnp.moveaxis(self.vacuum(n), -1, 0).reshape(2 * TERMS + 1, 2, -1)
        return VacuumSeries(levels[:TERMS], levels[TERMS:-1], levels[-1])

    def nonadiabatic_until(self, n: Float[Array, " modes"]) -> Float[Array, "kinds modes"]:
        """Logarithm of the largest $|T_3|(aH)^6$ of the past of N."""
        return self.nonadiabatic[self._point(n, jnp.floor)].T

    def interpolation_error_between(
        self, first: Float[Array, " modes"], last: Float[Array, " modes"]
    ) -> Float[Array, "kinds modes"]:
        """Largest error of the interpolated expansion from one N to another, in all blocks that this touches."""
        size = _block_size(self.log_aH.shape[0])
        begins = size * np.arange(self.interpolation_errors.shape[0])[:, None]
        inside = (begins + size > self._point(first, jnp.floor)) & (begins <= self._point(last, jnp.ceil))
        return jnp.max(jnp.where(inside, self.interpolation_errors.T[:, :, None], 0.0), axis=1)

    def _point(self, n: Array, rounded: Callable[[Array], Array]) -> Array:
        point = rounded(jax.lax.stop_gradient(n) / self.expansion.width).astype(int)
        return jnp.clip(point, 0, self.log_aH.shape[0] - 1)

    def remainders_at(self, n: Float[Array, " modes"]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """I and K, (kinds, modes) each, and their errors."""
        I, K = self.remainders(n).T.reshape(2, 2, -1)
        δI, δK = self.remainder_errors[self._point(n, jnp.floor)].T.reshape(2, 2, -1)
        return (I, K), (δI, δK)


_STRIDES = np.array([1, 2, 4])


def _remainders(s: Array, ζ: Array, log_aH: Array, log_E: Array, width: Array) -> Float[Array, "grid strides 4"]:
    r"""I and K of both kinds on the grid, backwards from zero at the end: $I' = FI - 1$, $K' = 2sK - I$.

    By single cells, by two and by four at a time; the results of these hold at every second and every fourth point.
    Over each stride the integrals of $E_n/E$ and of $(aH_n/aH)^2I$ come from values and slopes at both ends, to fourth
    order; the exponential growth between them is exact.
    """
    cells = np.arange(s.shape[0] - 1)[:, None]
    ends = np.minimum(
        cells + np.where(cells % _STRIDES == 0, _STRIDES, 0), cells[-1] + 1
    )  # of no width between strides
    widths = width * (ends - cells)[..., None]
    F = 2 * ζ + s

    def integral(h: Array, left: Array, left_slope: Array, right: Array, right_slope: Array) -> Array:
        return h / 2 * (left + right) + h**2 / 12 * (left_slope - right_slope)

    def stride(after: tuple[Array, Array], rows: tuple) -> tuple[tuple[Array, Array], Array]:
        h, s, F, s_next, F_next, ratio, squeezed = rows
        I_next, K_next = after
        I = integral(h, jnp.ones_like(ratio), -F, ratio, -F_next * ratio) + ratio * I_next
        slope, slope_next = (F - 2 * s) * I - 1, squeezed * ((F_next - 2 * s_next) * I_next - 1)
        K = integral(h, I, slope, squeezed * I_next, slope_next) + squeezed * K_next
        return (I, K), jnp.concatenate([I, K], axis=-1)

    ratio, squeezed = jnp.exp(log_E[cells] - log_E[ends]), jnp.exp(2 * (log_aH[cells] - log_aH[ends]))
    end = (jnp.zeros_like(ratio[0]), jnp.zeros_like(ratio[0]))
    rows = (widths, s[cells], F[cells], s[ends], F[ends], ratio, squeezed)
    _, grid = jax.lax.scan(stride, end, rows, reverse=True)
    return jnp.concatenate([grid, jnp.zeros_like(grid[:1])])


def _convergence_errors(remainders: Float[Array, "grid strides columns"]) -> Float[Array, "grid columns"]:
    """How far the results of single cells are off, by the ratio in which the changes from stride to stride fall.

    A sixteenth where the method shows its fourth order, all of the change where it does not fall, at what the grid does
    not resolve. Between common points of all strides the larger one.
    """
    common = remainders[:: _STRIDES[-1]]
    earlier, change = jnp.abs(common[:, 2] - common[:, 1]), jnp.abs(common[:, 1] - common[:, 0])
    errors = change * jnp.clip(change / jnp.maximum(earlier, 1e-300), 1 / 15, 1.0)
    following = jnp.concatenate([errors[1:], errors[-1:]])
    return jnp.repeat(jnp.maximum(errors, following), _STRIDES[-1], axis=0)[: remainders.shape[0]]


def largest_so_far(values: Float[Array, "grid columns"]) -> Float[Array, "grid columns"]:
    """Of each column, up to each point of the grid."""

    def larger(so_far: Array, row: Array) -> tuple[Array, Array]:
        largest = jnp.maximum(so_far, row)
        return largest, largest

    return jax.lax.scan(larger, values[0], values)[1]


def _block_size(points: int) -> int:
    return -(-points // _BLOCKS)


def _largest_in_blocks(values: Float[Array, "grid columns"]) -> Float[Array, "blocks columns"]:
    size = _block_size(values.shape[0])
    count = -(-values.shape[0] // size)
    padded = jnp.pad(values, ((0, count * size - values.shape[0]), (0, 0)), mode="edge")
    return jnp.max(padded.reshape(count, size, -1), axis=1)


def interpolation_errors(grid: Float[Array, "grid columns"]) -> Float[Array, " grid"]:
    """Of the quintics, from the sixth differences of the samples: 225/46080 of them in the middle of a cell.

    In the first and the last cell, whose samples all lie to one side, 4.2 times as much, in their neighbours 1.4 times.
    """
    differences = jnp.max(jnp.abs(jnp.diff(grid, 6, axis=0)), axis=1) * (225 / 46080)
    factors = np.ones(grid.shape[0])
    factors[[0, 1, -3, -2, -1]] = (4.21, 1.41, 1.41, 4.21, 4.21)
    return jnp.pad(differences, 3, mode="edge") * factors
