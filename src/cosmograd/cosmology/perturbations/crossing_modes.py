r"""Curvature and tensor modes on their own stretch around horizon crossing, all together.

In e-folds a mode obeys $R'' + F R' + x^2R = 0$ with $x = k/aH$, $F = 2\zeta + s$, $\zeta = (\ln z)'$ and
$s = 1-\epsilon$. It is followed through its covariance relative to that of a massless field in de Sitter space,

$$|R|^2 = (1+x^2)\,\alpha, \quad \mathrm{Re}\,R^*R' = -x^2\beta, \quad |R'|^2 = x^4\gamma$$

in units of $H_0^2/4\epsilon_0k^3$ at the start. The three obey a linear system,

$$\alpha' = \frac{2x^2}{1+x^2}(s\alpha-\beta), \quad \beta' = \alpha + x^2(\alpha-\gamma) + (2s-F)\beta, \quad
  \gamma' = 2\beta + (4s-2F)\gamma,$$

whose solution is $\alpha=\beta=\gamma=1$ in de Sitter space and stays smooth, within the order of slow roll of it, on
the branch of the vacuum: nothing oscillates, and nothing is divided by |R|, which may pass through zero behind a
feature. Steps are bounded by the stability of the explicit scheme against the oscillating solutions, $2xh < 2.8$.
"""

from typing import Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from cosmograd.cosmology.background import InflationHistory, acceleration, log_hubble_rate, slow_roll_ε
from cosmograd.cosmology.perturbations.vacuum import adiabatic_vacuum
from cosmograd.solvers import PiecewisePolynomial, chebyshev_nodes, differentiation_matrix

Kind = Literal["curvature", "tensor"]


class CrossingSettings(eqx.Module):
    """Numbers that fix what is compiled.

    start: k/aH at which the vacuum is set; stop: k/aH from which on the rest is added in closed form; longest_step: in
    e-folds; phase_step: bound on 2xh.
    """

    start: float = eqx.field(static=True)
    stop: float = eqx.field(static=True)
    longest_step: float = eqx.field(static=True)
    phase_step: float = eqx.field(static=True)

    def step_ends(self) -> np.ndarray:
        """Ends of the steps, in e-folds from horizon crossing in de Sitter space; their number is even."""
        ends = [-np.log(self.start)]
        while ends[-1] < -np.log(self.stop) or len(ends) % 2 == 0:
            ends.append(ends[-1] + min(self.longest_step, self.phase_step / (2 * np.exp(-ends[-1]))))
        ends = np.array(ends)
        return np.where(ends < 0, ends, ends * (-np.log(self.stop) / ends[-1]))


class CrossingPower(NamedTuple):
    r"""Power of every mode, and how far to trust it.

    power: $k^3|R|^2/2\pi^2$, for tensors of both polarisations; step_error, vacuum_error: relative, of the integration
    and of the start; inside: whether the history holds the whole stretch.
    """

    power: Float[Array, " modes"]
    step_error: Float[Array, " modes"]
    vacuum_error: Float[Array, " modes"]
    inside: Bool[Array, " modes"]


class _Coefficients(NamedTuple):
    """At the nodes of every mode: s = (ln aH)′, ζ = (ln z)′ and ln x."""

    s: Array
    ζ: Array
    log_x: Array


_VACUUM_NODES, _VACUUM_STRETCH = chebyshev_nodes(7), 0.6


class CrossingTable(eqx.Module):
    """What modes need of a background: s, (ln z)′ of curvature and ln(aH) against N, with a = 1 at N = 0."""

    e_folds_total: Float[Array, ""]
    grid: Float[Array, "grid 3"]
    polynomials: PiecewisePolynomial

    @classmethod
    def of(cls, history: InflationHistory) -> "CrossingTable":
        model, states = history.model, history.table[0]
        fields = (states.shape[1] - 1) // 2

        def local(n: Array, φ: Array, v: Array) -> Array:
            ε, change = jax.jvp(lambda φ, v: slow_roll_ε(model, φ, v), (φ, v), (v, acceleration(model, φ, v)))
            return jnp.stack([1 - ε, 1 + change / ε / 2, n + log_hubble_rate(model, φ, v)])  # z = a√(2ε)

        grid = jax.vmap(local)(history.e_folds, states[:, :fields], states[:, fields : 2 * fields])
        width = history.e_folds_total / (states.shape[0] - 1)
        return cls(history.e_folds_total, grid, PiecewisePolynomial.through(grid, width))

    def horizon_crossing(self, log_k: Float[Array, " modes"]) -> Float[Array, " modes"]:
        """N at which ln(aH) = ln k; beyond the history where it is never reached."""
        e_folds = jnp.linspace(0.0, 1.0, self.grid.shape[0]) * self.e_folds_total
        n = jax.lax.stop_gradient(jnp.interp(log_k, self.grid[:, 2], e_folds))
        for _ in range(2):
            s, _, log_aH = jnp.moveaxis(self.polynomials(n), -1, 0)
            n = n + (log_k - log_aH) / s
        return n

    def coefficients(self, n: Array, log_k: Array, kind: Kind) -> _Coefficients:
        s, ζ, log_aH = jnp.moveaxis(self.polynomials(n), -1, 0)
        return _Coefficients(s, ζ if kind == "curvature" else jnp.ones_like(ζ), log_k - log_aH)


def crossing_power(
    history: InflationHistory, log_k: Float[Array, " modes"], kind: Kind, settings: CrossingSettings
) -> CrossingPower:
    """Power of the modes well after their horizon crossing, for one field (curvature) or any number (tensors)."""
    ends = settings.step_ends()
    nodes = np.empty(2 * len(ends) - 1)
    nodes[::2], nodes[1::2] = ends, (ends[:-1] + ends[1:]) / 2
    table = CrossingTable.of(history)
    crossing = table.horizon_crossing(log_k)
    room = jnp.clip((history.e_folds_total - crossing) / nodes[-1], 0.0, 1.0)  # late modes stop at the end of inflation
    stretched = jnp.where(nodes[:, None] > 0, nodes[:, None] * room, nodes[:, None])
    coefficients = table.coefficients(crossing + stretched, log_k, kind)

    start_nodes = ends[0] + _VACUUM_STRETCH * _VACUUM_NODES
    at_start = table.coefficients(crossing + start_nodes[:, None], log_k, kind)
    derivative = differentiation_matrix(_VACUUM_NODES) / _VACUUM_STRETCH
    vacuum = adiabatic_vacuum(at_start.s, at_start.ζ, at_start.log_x, derivative)

    x2 = jnp.exp(2 * at_start.log_x[0])
    slope = (vacuum.slope - 2 * at_start.ζ[0]) / 2  # Re R*R′/|R|²
    scaled = vacuum.power * x2  # |R|² in units of H₀²/4ε₀k³
    start = (scaled / (1 + x2), -scaled * slope / x2, scaled * (x2 / vacuum.power**2 + slope**2) / x2**2)

    widths = jnp.diff(stretched[::2], axis=0)
    fine = _integrate(start, coefficients, widths, 1)
    coarse = _integrate(start, coefficients, widths[::2] + widths[1::2], 2)
    hubble_squared = jnp.exp(2 * (log_k - at_start.log_x[0] - crossing - ends[0]))
    amplitude = (
        hubble_squared / (8 * jnp.pi**2 * (1 - at_start.s[0]))
        if kind == "curvature"
        else 2 * hubble_squared / jnp.pi**2
    )
    inside = (crossing + ends[0] >= 0) & (crossing < history.e_folds_total)
    step_error = jnp.abs(fine - coarse) / (15 * jnp.abs(fine))
    return CrossingPower(amplitude * fine, step_error, vacuum.last_term, inside)


# Runge-Kutta's classical method as a chain of stages: where each starts from the one before, its weight, its node.
_FROM_PREVIOUS, _WEIGHTS, _NODES = (0.0, 1 / 2, 1 / 2, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6), (0, 1, 1, 2)


def _integrate(start: tuple[Array, Array, Array], at: _Coefficients, widths: Array, stride: int) -> Array:
    """α well outside the horizon, by Runge-Kutta's classical method with steps of `stride` pairs of cells.

    One stage per iteration of the loop: a whole step in one would be compiled with its stages nested in each other.
    """
    steps = widths.shape[0]
    stage = np.tile(np.arange(4), steps)
    node = 2 * stride * np.repeat(np.arange(steps), 4) + stride * np.take(_NODES, stage)
    x2 = jnp.exp(2 * at.log_x)
    ratio, damping = 2 * x2 / (1 + x2), at.s - 2 * at.ζ  # 2s − F, with F = 2ζ + s

    def advance(carry: tuple, inputs: tuple) -> tuple[tuple, None]:
        state, slope, following = carry
        number, cell, h = inputs
        from_previous, weight = (jnp.asarray(values)[number] for values in (_FROM_PREVIOUS, _WEIGHTS))
        s, y2, r, d = (values[cell] for values in (at.s, x2, ratio, damping))
        α, β, γ = (y + from_previous * h * k for y, k in zip(state, slope, strict=True))
        slope = (r * (s * α - β), α + y2 * (α - γ) + d * β, 2 * (β + d * γ))
        following = tuple(y + weight * h * k for y, k in zip(following, slope, strict=True))
        state = tuple(jnp.where(number == 3, new, old) for new, old in zip(following, state, strict=True))
        return (state, slope, following), None

    rest = tuple(jnp.zeros_like(y) for y in start)
    inputs = (jnp.asarray(stage), jnp.asarray(node), jnp.repeat(widths, 4, axis=0))
    ((α, β, _), _, _), _ = jax.lax.scan(advance, (start, rest, start), inputs)
    return α + x2[-1] * (α - β / at.s[-1])  # what is left of the change, to order x²
