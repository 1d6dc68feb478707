r"""Curvature and tensor modes on their own stretch around horizon crossing, all together.

In e-folds a mode obeys $R'' + F R' + x^2R = 0$ with $x = k/aH$, $F = 2\zeta + s$, $\zeta = (\ln z)'$ and
$s = 1-\epsilon$. It is followed through its covariance relative to that of a massless field in de Sitter space,

$$|R|^2 = (1+x^2)\,\alpha, \quad \mathrm{Re}\,R^*R' = -x^2\beta, \quad |R'|^2 = x^4\gamma$$

in units of $(aH/z)^2/2k^3$ at the start. The three obey a linear system,

$$\alpha' = \frac{2x^2}{1+x^2}(s\alpha-\beta), \quad \beta' = \alpha + x^2(\alpha-\gamma) + (2s-F)\beta, \quad
  \gamma' = 2\beta + (4s-2F)\gamma,$$

whose solution is $\alpha=\beta=\gamma=1$ in de Sitter space and stays smooth, within the order of slow roll of it, on
the branch of the vacuum: nothing oscillates, and nothing is divided by |R|, which may pass through zero behind a
feature. Steps are bounded by the stability of the explicit scheme against the oscillating solutions, $2xh < 2.8$.

Outside the horizon, to order x² (Leach et al. 2001),
$R_{\rm end} = (1 - x^2K)R + I\,R'$ with $I = E\int dN/E$, $K = \int (x_n/x)^2 I\,dn$, $E = z^2aH$, whatever the
background does: a phase of ultra-slow roll, in which I grows, included.
"""

import math
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.cosmology.perturbations.mode_table import Expansion, ModeTable
from cosmograd.cosmology.perturbations.vacuum import adiabatic_vacuum
from cosmograd.solvers import stage_chain


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
        """Ends of the steps, in e-folds from horizon crossing in de Sitter space; one at the crossing itself.

        Steps come in pairs of equal ones, which a coarser solution takes as one.
        """
        earlier = inside_steps(self.start, self.longest_step, self.phase_step)
        outside = np.linspace(0.0, -np.log(self.stop), int(np.ceil(-np.log(self.stop) / (2 * self.longest_step))) + 1)
        pairs = np.concatenate([earlier, outside[1:]])
        return np.sort(np.concatenate([pairs, (pairs[1:] + pairs[:-1]) / 2]))


def inside_steps(start: float, longest_step: float, phase_step: float) -> np.ndarray:
    """Ends of pairs of equal steps from k/aH = `start` to 1, in e-folds before horizon crossing in de Sitter space.

    Each of the two steps h of a pair is at most `longest_step`, and 2xh at most `phase_step` where the pair starts.
    """
    ends = [0.0]
    while ends[-1] < np.log(start):
        w = _lambert_w(phase_step * np.exp(-ends[-1]))
        ends.append(ends[-1] + min(w, 2 * longest_step))
    return -np.array(ends[::-1]) * (np.log(start) / ends[-1])


def _lambert_w(z: float) -> float:
    r"""$w$ of $we^w = z$ between 0 and 1.5, to rounding: from Padé's approximant by Halley's steps, as in SciPy.

    `scipy.special` takes a fifth of what JAX takes to load.
    """
    above = (12.85106382978723404255 * z + 12.34042553191489361902) * z + 1
    w = z * above / ((32.53191489361702127660 * z + 14.34042553191489361702) * z + 1)
    for _ in range(5):
        off = w - z * math.exp(-w)
        w, before = w - off / (w + 1 - (w + 2) * off / (2 * w + 2)), w
        if abs(w - before) <= 1e-8 * w:
            break
    return w


class CrossingPower(NamedTuple):
    r"""Power of every mode at the end of inflation, and how far to trust it.

    start, crossing: e-folds at which the vacuum is set and k = aH, before the history or at its end where it does not
    hold them; power: $k^3|R|^2/2\pi^2$, for tensors of both polarisations ($2H^2/\pi^2$ in de Sitter space);
    step_error, vacuum_error, closing_error, interpolation_error: relative, of the integration, of the start, of the
    evolution outside the horizon, and of the tabulated background, from the start to the end of inflation.
    """

    start: Float[Array, " modes"]
    crossing: Float[Array, " modes"]
    power: Float[Array, "kinds modes"]
    step_error: Float[Array, "kinds modes"]
    vacuum_error: Float[Array, "kinds modes"]
    closing_error: Float[Array, "kinds modes"]
    interpolation_error: Float[Array, "kinds modes"]


# Modes times nodes of their steps that CPUs solve at a time: what a core's cache holds. A thousand modes at 1e-7 take
# 1.4 to 1.6 times as long in parts of 512 (145 nodes each), and beyond 32 MiB the allocator maps memory anew each time.
_CELLS_AT_A_TIME = 24_000


def crossing_power(
    table: ModeTable, log_k: Float[Array, " modes"], settings: CrossingSettings | Float[Array | np.ndarray, " ends"]
) -> CrossingPower:
    """Power at the end of inflation of curvature (one field) and tensor modes (any number of fields), in this order.

    settings: or the `step_ends` themselves, which may be traced, and the last one repeated where that suits a size.
    """
    ends = jnp.asarray(settings.step_ends() if isinstance(settings, CrossingSettings) else settings)
    modes = log_k.shape[0]
    nodes = 2 * len(ends) - 1
    at_a_time = _CELLS_AT_A_TIME if jax.default_backend() == "cpu" else max(modes * nodes, 1)
    parts = max(1, min(-(-modes * nodes // at_a_time), modes))
    size = -(-modes // parts)
    if parts == 1:
        return _power_of_some(table, log_k, ends)
    padded = jnp.pad(log_k, (0, parts * size - modes), mode="edge").reshape(parts, size)
    found = jax.lax.map(lambda part: _power_of_some(table, part, ends), padded)
    return jax.tree.map(lambda x: jnp.moveaxis(x, 0, -2).reshape(*x.shape[1:-1], -1)[..., :modes], found)


def _power_of_some(table: ModeTable, log_k: Float[Array, " modes"], ends: Float[Array, " ends"]) -> CrossingPower:
    nodes = jnp.append(jnp.stack([ends[:-1], (ends[:-1] + ends[1:]) / 2], axis=1).ravel(), ends[-1])
    crossing = table.horizon_crossing(log_k)
    room = jnp.clip((table.e_folds_total - crossing) / nodes[-1], 0.0, 1.0)  # late modes stop at the end of inflation
    n = crossing + jnp.where(nodes[:, None] > 0, nodes[:, None] * room, nodes[:, None])
    at = table.expansion_at(n)
    log_x = log_k - at.log_aH

    first, s, x2 = n[0], at.s[0], jnp.exp(2 * log_x[0])
    series = table.vacuum_at(first)
    vacuum = adiabatic_vacuum(series.coefficients, series.changes, s, log_x[0])
    slope = (vacuum.slope - 2 * at.ζ[:, 0]) / 2  # Re R*R′/|R|²
    scaled = vacuum.power * x2  # |R|² in units of (aH/z)²/2k³
    start = (scaled / (1 + x2), -scaled * slope / x2, scaled * (x2 / vacuum.power**2 + slope**2) / x2**2)
    past = jnp.exp(table.nonadiabatic_until(first) - 6 * log_k)

    states = _integrate(start, at, log_x, jnp.diff(n[::2], axis=0))
    remainders, their_errors = table.remainders_at(n[-1])
    (fine, coarse), closing_error = _outside(states, table.e_folds_total - n[-1], log_x[-1], remainders)
    off = (remainders[0] + their_errors[0], remainders[1] + their_errors[1])
    (with_their_errors, _), _ = _outside(states, table.e_folds_total - n[-1], log_x[-1], off)
    return CrossingPower(
        first,
        crossing,
        jnp.exp(2 * (log_k - log_x[0] - first - series.log_z_over_a)) / (4 * jnp.pi**2) * fine,
        jnp.abs(fine - coarse) / (15 * jnp.abs(fine)),
        jnp.maximum(vacuum.last_term, past),
        closing_error,
        table.interpolation_error_between(first, n[-1]) + jnp.abs(with_their_errors / fine - 1),
    )


def _outside(
    state: tuple[Array, ...], left: Array, log_x: Array, remainders: tuple[Array, Array]
) -> tuple[Array, Array]:
    """|R|² at the end of inflation, `left` e-folds on, in units of its start; and how far to trust this step, relative.

    Taken relative to what the same formula, exact to order x², gives in de Sitter space, where all orders are known.
    """
    x2 = jnp.exp(2 * log_x)

    def closed(state: tuple, inside: Array, later: Array) -> Array:
        α, β, γ = state
        kept = 1 - x2 * later
        return (1 + x2) * α * kept**2 - 2 * x2 * β * kept * inside + x2**2 * γ * inside**2

    u = jnp.exp(-left)
    in_de_sitter = (1 - u**3) / 3, (1 - 3 * u**2 + 2 * u**3) / 6
    departure = 3 * jnp.abs(remainders[0] - in_de_sitter[0]) + 6 * jnp.abs(remainders[1] - in_de_sitter[1])
    error = x2**2 / 4 * departure * (1 + departure)  # the order x⁴ is −1/12 in de Sitter space, and known there
    return closed(state, *remainders) * (1 + x2 * u**2) / closed((1.0, 1.0, 1.0), *in_de_sitter), error


def _integrate(start: tuple[Array, ...], at: Expansion, log_x: Array, widths: Array) -> tuple[Array, ...]:
    """α, β, γ at the last node, (2, kinds, modes) each: by all steps, and by pairs of them taken as one.

    The coarse half rests in every second step.
    """
    pairs = widths[::2] + widths[1::2]
    coarse = jnp.stack([jnp.zeros_like(pairs), pairs], axis=1).reshape(widths.shape)
    h = jnp.stack([widths, coarse], axis=1)[:, :, None]  # (steps, 2, 1, modes)
    x2 = jnp.exp(2 * log_x)
    ratio, damping = 2 * x2 / (1 + x2), at.s - 2 * at.ζ  # 2s − F, with F = 2ζ + s

    def rate(state: tuple[Array, ...], step: Array, node: Array) -> tuple[Array, ...]:
        α, β, γ = state
        cells = jnp.stack([2 * step + node, 4 * (step >> 1) + 2 * node])  # of the fine half, of the coarse half
        s, y2, r = (values[cells][:, None] for values in (at.s, x2, ratio))
        d = jnp.moveaxis(damping[:, cells], 0, 1)
        return r * (s * α - β), α + y2 * (α - γ) + d * β, 2 * (β + d * γ)

    both = tuple(jnp.broadcast_to(y, (2, *y.shape)) for y in start)
    return stage_chain(rate, lambda step: h[step], both, widths.shape[0])[0]
