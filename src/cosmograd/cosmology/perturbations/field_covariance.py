r"""Perturbations of several fields through their covariance.

The real parts of $\langle QQ\rangle$, $\langle QP\rangle$, $\langle PP\rangle$ obey a closed linear system (transport
equations: Dias, Frazer & Seery 2015). Here, relative to de Sitter space with $w = 1+x^2$ and in units of $H_0^2/2k^3$,

$$\langle QQ\rangle = w\,\alpha, \quad \langle QP\rangle = -w\,\beta, \quad \langle PP\rangle = w^2\gamma:$$

nothing oscillates on the branch of the vacuum, and steps are bounded by stability, $2xh < 2.8$, inside the horizon.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from cosmograd.cosmology.background import InflationHistory, Model
from cosmograd.cosmology.perturbations.crossing_modes import inside_steps
from cosmograd.cosmology.perturbations.field_table import FieldTable
from cosmograd.precision import require_float64
from cosmograd.solvers import end_of_stage_chain, small_inverses, stage_chain


class CovarianceSettings(eqx.Module):
    """start: k/aH at which the vacuum is set; longest_step: inside the horizon, in e-folds; phase_step: bound on 2xh.

    steps_outside: from horizon crossing to the end.
    """

    start: float = eqx.field(static=True)
    longest_step: float = eqx.field(static=True)
    phase_step: float = eqx.field(static=True)
    steps_outside: int = eqx.field(static=True)

    def steps(self) -> "CovarianceSteps":
        inside = inside_steps(self.start, self.longest_step, self.phase_step)
        outside = np.linspace(0.0, 1.0, -(-self.steps_outside // 2) + 1)[1:]
        count = len(inside) + len(outside)
        e_folds, share = np.zeros(count), np.zeros(count)
        e_folds[: len(inside)], share[len(inside) :] = inside, outside
        return CovarianceSteps(e_folds, share, count - 1)


class CovarianceSteps(NamedTuple):
    """Ends of pairs of equal steps: `e_folds` after horizon crossing, and `share` of the way from there to the end.

    Both may be traced and go on beyond what is used, and so may the number of pairs: then only derivatives forwards
    are to be had.
    """

    e_folds: Float[Array | np.ndarray, " ends"]
    share: Float[Array | np.ndarray, " ends"]
    pairs: int | Int[Array | np.ndarray, ""]

    def within(self, size: int) -> "CovarianceSteps":
        """In arrays of one size, whatever their number, so that they share one program."""
        e_folds, share = (np.pad(x, (0, size - len(x))) for x in (self.e_folds, self.share))
        return CovarianceSteps(e_folds, share, np.asarray(self.pairs))


class FieldCovariance(NamedTuple):
    r"""Covariances times $k^3/2\pi^2$, of every mode at the end, upper indices; and how far to trust them.

    start: e-folds at which the vacuum is set; step_error: relative, of all fluctuations or of those along the
    trajectory; vacuum_error: the largest last term of the vacuum's series up to the start; interpolation_error: what
    errors of the tabulated mass matrix do at most.
    """

    field_field: Float[Array, "modes fields fields"]
    field_velocity: Float[Array, "modes fields fields"]
    velocity_velocity: Float[Array, "modes fields fields"]
    start: Float[Array, " modes"]
    step_error: Float[Array, " modes"]
    vacuum_error: Float[Array, " modes"]
    interpolation_error: Float[Array, " modes"]


PairEnd = Callable[[Any], Float[Array, "*pairs modes"]]


def _pair_end(history: InflationHistory, log_k: Array, until: Array, steps: CovarianceSteps) -> PairEnd:
    """Where the pair of a number ends, or of some numbers, in e-folds since the start, for every mode."""
    crossing = history.horizon_crossing(log_k)
    e_folds, share = jnp.asarray(steps.e_folds)[:, None], jnp.asarray(steps.share)[:, None]
    return lambda pair: crossing + (e_folds[pair] + share[pair] * (until - crossing))


def curvature_power(
    model: Model, field: Float[Array, " fields"], velocity: Float[Array, " fields"], field_field: Array
) -> Array:
    r"""Power of the comoving curvature perturbation $R = v_IQ^I/2\epsilon$, from the covariance of the fields."""
    v = model.field_space.metric(field) @ velocity
    return jnp.einsum("i,...ij,j->...", v, field_field, v) / (velocity @ v) ** 2


def curvature_evolution(
    history: InflationHistory, log_k: Float[Array, " modes"], settings: CovarianceSettings
) -> tuple[Float[Array, "ends modes"], Float[Array, "ends modes"]]:
    """E-folds since the start and power of the curvature there, from the vacuum to the end: how modes freeze out."""
    table = FieldTable.of(history)
    steps = settings.steps()
    pairs = int(steps.pairs)
    end = _pair_end(history, log_k, history.e_folds_total, steps)
    ends = end(np.arange(pairs + 1))
    start, size, _ = _vacuum(table, ends[0], log_k)
    rate, width = _transport(table, end, log_k, 1)
    _, (α, _, _) = stage_chain(rate, width, start, pairs)
    covariance = jnp.concatenate([start[0][None], α]) * size[:, None, None]
    w = _w(table, ends, log_k)
    phase = history.continued_phase(ends)
    power = jax.vmap(jax.vmap(lambda φ, v, A: curvature_power(history.model, φ, v, A)))(
        phase.field, phase.velocity, covariance
    )
    return ends, w * power


def field_covariance(
    history: InflationHistory,
    log_k: Float[Array, " modes"],
    until: Float[Array, ""],
    settings: CovarianceSettings | CovarianceSteps,
) -> FieldCovariance:
    """From the vacuum to `until`, in e-folds since the start: at most the end of inflation."""
    require_float64("A covariance of fields")
    table = FieldTable.of(history)
    steps = settings.steps() if isinstance(settings, CovarianceSettings) else settings
    end = _pair_end(history, log_k, until, steps)
    first = end(0)
    start, size, vacuum_error = _vacuum(table, first, log_k)
    fine, coarse = _by_steps_and_pairs(table, start, end, log_k, steps.pairs)
    w, scale = (each[:, None, None] for each in (_w(table, end(steps.pairs), log_k), size))
    α, β, γ = (scale * w * fine[0], -scale * w * fine[1], scale * w**2 * fine[2])
    at_end = history.continued_phase(until)

    def sizes(covariance: Array) -> Array:
        """Lengths in field space, of all fluctuations and of those along the trajectory."""
        metric = history.model.field_space.metric(at_end.field)
        along = curvature_power(history.model, at_end.field, at_end.velocity, covariance)
        return jnp.stack([jnp.einsum("ij,kij->k", metric, covariance), along])

    step_error = jnp.max(jnp.abs(sizes(coarse[0]) / sizes(fine[0]) - 1), axis=0) / 15
    past = jnp.exp(table.nonadiabatic_until(first) - 4 * log_k)
    interpolation_error = table.interpolation_error_after(first)
    return FieldCovariance(α, β, γ, first, step_error, jnp.maximum(vacuum_error, past), interpolation_error)


def _w(table: FieldTable, n: Array, log_k: Array) -> Array:
    return 1 + jnp.exp(2 * (log_k - table.at(n)[1]))


def _vacuum(table: FieldTable, n: Array, log_k: Array) -> tuple[tuple[Array, Array, Array], Array, Array]:
    """α, β, γ at the start, the size they are relative to (H²/4π²), and the last term of the series."""
    s, log_aH, _, _ = table.at(n)
    x2 = jnp.exp(2 * (log_k - log_aH))[:, None, None]
    y, s = 1 / x2, s[:, None, None]
    inverse_metric, first, second, change_1, change_2 = jnp.moveaxis(table.vacuum_at(n), -3, 0)
    power = inverse_metric + first * y + second * y**2  # 2k a²⟨QQ⟩
    change = (change_1 + 2 * s * first) * y + (change_2 + 4 * s * second) * y**2 - 2 * power
    w = 1 + x2
    α = x2 * power / w
    β = -x2 * change / 2 / w
    # ⟨PP⟩ = ⟨PQ⟩⟨QQ⟩⁻¹⟨QP⟩ + (2a³H)⁻²⟨QQ⟩⁻¹, by the Wronskian
    metric = small_inverses(inverse_metric)
    inverse_power = small_inverses(power)
    # power is a tensor with upper indices; its inverse has lower ones
    γ = x2 * (change @ inverse_power @ change / 4 + x2 * inverse_metric @ inverse_power @ inverse_metric) / w**2
    last = jnp.max(jnp.abs(second @ metric * y**2), axis=(1, 2))
    return (α, β, γ), jnp.exp(2 * (log_aH - n)) / (4 * jnp.pi**2), last


def _by_steps_and_pairs(
    table: FieldTable, start: tuple[Array, ...], end: PairEnd, log_k: Array, pairs: int | Int[Array | np.ndarray, ""]
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """α, β, γ at the last of the ends, by all steps, and by pairs of them taken as one."""

    def last(per_pair: int | Array) -> tuple[Array, ...]:
        rate, width = _transport(table, end, log_k, per_pair)
        return end_of_stage_chain(rate, width, start, pairs * per_pair)

    if isinstance(pairs, int):  # then derivatives backwards are to be had too
        return last(2), last(1)
    both = jax.lax.map(last, jnp.array([2, 1]))  # one loop to compile, where its length may be traced
    return tuple(x[0] for x in both), tuple(x[1] for x in both)


def _transport(table: FieldTable, end: PairEnd, log_k: Array, per_pair: int | Array) -> tuple[Callable, Callable]:
    """Rates of α, β, γ and widths of the steps, so many of which make a pair."""

    def rate(state: tuple[Array, ...], step: Array, node: Array) -> tuple[Array, ...]:
        α, β, γ = state
        pair, part = step // per_pair, step % per_pair + node / 2
        before = end(pair)
        n = before + part / per_pair * (end(pair + 1) - before)
        s, log_aH, mass, ω = table.at(n)
        return _slopes(α, β, γ, s, jnp.exp(2 * (log_k - log_aH)), mass, ω)

    def width(step: Array) -> Array:
        pair = step // per_pair
        return ((end(pair + 1) - end(pair)) / per_pair)[:, None, None]

    return rate, width


def _slopes(α: Array, β: Array, γ: Array, s: Array, x2: Array, mass: Array, ω: Array) -> tuple[Array, Array, Array]:
    s, x2 = s[:, None, None], x2[:, None, None]
    w, friction = 1 + x2, 2 + s  # 3 − ε
    r = 2 * s * x2 / w
    force = x2 * jnp.eye(mass.shape[-1]) + mass

    def transported(y: Array) -> Array:
        return -ω @ y - y @ _t(ω)

    pull = force @ β
    return (
        r * α - β - _t(β) + transported(α),
        (r - friction) * β - w * γ + α @ _t(force) + transported(β),
        2 * (r - friction) * γ + (pull + _t(pull)) / w + transported(γ),
    )


def _t(matrices: Array) -> Array:
    return jnp.swapaxes(matrices, -1, -2)
