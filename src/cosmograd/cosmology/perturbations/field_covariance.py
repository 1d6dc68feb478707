r"""Perturbations of several fields through their covariance.

The real parts of $\langle QQ\rangle$, $\langle QP\rangle$, $\langle PP\rangle$ obey a closed linear system (transport
equations: Dias, Frazer & Seery 2015). Here, relative to de Sitter space with $w = 1+x^2$ and in units of $H_0^2/2k^3$,

$$\langle QQ\rangle = w\,\alpha, \quad \langle QP\rangle = -w\,\beta, \quad \langle PP\rangle = w^2\gamma:$$

nothing oscillates on the branch of the vacuum, and steps are bounded by stability, $2xh < 2.8$, inside the horizon.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.background import InflationHistory, Model
from cosmograd.cosmology.perturbations.crossing_modes import inside_steps
from cosmograd.cosmology.perturbations.field_table import FieldTable
from cosmograd.precision import require_float64
from cosmograd.solvers import small_inverses, stage_chain


class CovarianceSettings(eqx.Module):
    """start: k/aH at which the vacuum is set; longest_step: inside the horizon, in e-folds; phase_step: bound on 2xh.

    steps_outside: from horizon crossing to the end.
    """

    start: float = eqx.field(static=True)
    longest_step: float = eqx.field(static=True)
    phase_step: float = eqx.field(static=True)
    steps_outside: int = eqx.field(static=True)


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


def _pair_ends(
    history: InflationHistory, log_k: Array, until: Array, settings: CovarianceSettings
) -> Float[Array, "ends modes"]:
    """In e-folds since the start: pairs of equal steps to horizon crossing, then on to `until`."""
    crossing = history.horizon_crossing(log_k)
    inside = inside_steps(settings.start, settings.longest_step, settings.phase_step)
    pairs = -(-settings.steps_outside // 2)
    outside = jnp.linspace(0.0, 1.0, pairs + 1)[1:, None] * (until - crossing)
    return jnp.concatenate([crossing + jnp.asarray(inside)[:, None], crossing + outside])


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
    ends = _pair_ends(history, log_k, history.e_folds_total, settings)
    start, size, _ = _vacuum(table, ends[0], log_k)
    _, α = _integrate(table, start, ends, log_k, 1)
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
    settings: CovarianceSettings,
) -> FieldCovariance:
    """From the vacuum to `until`, in e-folds since the start: at most the end of inflation."""
    require_float64("A covariance of fields")
    table = FieldTable.of(history)
    ends = _pair_ends(history, log_k, until, settings)
    start, size, vacuum_error = _vacuum(table, ends[0], log_k)
    fine, _ = _integrate(table, start, ends, log_k, 2)
    coarse, _ = _integrate(table, start, ends, log_k, 1)
    w, scale = (each[:, None, None] for each in (_w(table, ends[-1], log_k), size))
    α, β, γ = (scale * w * fine[0], -scale * w * fine[1], scale * w**2 * fine[2])
    at_end = history.continued_phase(until)

    def sizes(covariance: Array) -> Array:
        """Lengths in field space, of all fluctuations and of those along the trajectory."""
        metric = history.model.field_space.metric(at_end.field)
        along = curvature_power(history.model, at_end.field, at_end.velocity, covariance)
        return jnp.stack([jnp.einsum("ij,kij->k", metric, covariance), along])

    step_error = jnp.max(jnp.abs(sizes(coarse[0]) / sizes(fine[0]) - 1), axis=0) / 15
    past = jnp.exp(table.nonadiabatic_until(ends[0]) - 4 * log_k)
    interpolation_error = table.interpolation_error_after(ends[0])
    return FieldCovariance(α, β, γ, ends[0], step_error, jnp.maximum(vacuum_error, past), interpolation_error)


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


def _integrate(
    table: FieldTable, start: tuple[Array, ...], ends: Array, log_k: Array, per_pair: int
) -> tuple[tuple[Array, ...], Array]:
    """α, β, γ at the last of the ends, with so many steps for each pair; and α after each step."""

    def rate(state: tuple[Array, ...], step: Array, node: Array) -> tuple[Array, ...]:
        α, β, γ = state
        pair, part = step // per_pair, step % per_pair + node / 2
        n = ends[pair] + part / per_pair * (ends[pair + 1] - ends[pair])
        s, log_aH, mass, ω = table.at(n)
        return _slopes(α, β, γ, s, jnp.exp(2 * (log_k - log_aH)), mass, ω)

    def width(step: Array) -> Array:
        pair = step // per_pair
        return ((ends[pair + 1] - ends[pair]) / per_pair)[:, None, None]

    state, after = stage_chain(rate, width, start, (ends.shape[0] - 1) * per_pair)
    return state, after[0]


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
