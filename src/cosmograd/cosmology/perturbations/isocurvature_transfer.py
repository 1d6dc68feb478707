r"""From horizon crossing to the end: how isocurvature feeds the curvature of several fields, and what is left of it.

With $R = v_IQ^I/2\epsilon$ and $S^I = Q^I_\perp/\sqrt{2\epsilon}$, perturbations far outside the horizon obey
(Amendola, Gordon, Wands & Sasaki 2002)

$$R_\mathrm{end} = R_* + T_{RS}\,S_*, \qquad S_\mathrm{end} = T_{SS}\,S_*.$$

A homogeneous perturbation ($k \to 0$) of a universe on its attractor stays on it: $D_NQ = WQ$, and W is what is left of
any $(Q, P)$ after some e-folds. The first step of every cell of the history starts at $(1, W)$; the product of these
maps of Q is the transfer. W may pass through infinity, where a heavy field oscillates through zero, without harm.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.background import InflationHistory, acceleration
from cosmograd.cosmology.perturbations.field_table import FieldTable
from cosmograd.cosmology.perturbations.trajectory_frame import TrajectoryFrame, trajectory_frame
from cosmograd.precision import require_float64
from cosmograd.solvers import end_of_stage_chain, small_inverses

_ORDER = 4


class IsocurvatureTransfer(NamedTuple):
    r"""From each crossing to the end of inflation; errors are absolute estimates, of steps and of the tabulated masses.

    to_curvature: the covector $T_{RS}$ that takes S at the crossing to R at the end; to_isocurvature: the tensor
    $T_{SS}$, upper index at the end and lower one at the crossing; curvature_size: norm of $T_{RS}$, that of the most
    effective direction; isocurvature_size: largest singular value of $T_{SS}$, that of the direction which decays
    least.
    """

    to_curvature: Float[Array, "modes fields"]
    to_isocurvature: Float[Array, "modes fields fields"]
    curvature_size: Float[Array, " modes"]
    isocurvature_size: Float[Array, " modes"]
    curvature_error: Float[Array, " modes"]
    isocurvature_error: Float[Array, " modes"]


def isocurvature_transfer(history: InflationHistory, crossing: Float[Array, " modes"]) -> IsocurvatureTransfer:
    """For perturbations that cross the horizon `crossing` e-folds after the start.

    Crossings in the first e-folds of a history that starts off the attractor do not see the transfer of the attractor.
    One field has no isocurvature: the transfer is zero.
    """
    require_float64("A transfer of isocurvature")
    table = FieldTable.of(history)
    fine, coarse = (_sizes(history, crossing, _fields_at_end(history, table, crossing, steps)) for steps in (2, 1))
    # ln P goes as twice the logarithm of an amplitude.
    interpolated = table.interpolation_error_after(crossing) / 2
    errors = (jnp.abs(f - c) / (2**_ORDER - 1) + interpolated * f for f, c in zip(fine[2:], coarse[2:], strict=True))
    return IsocurvatureTransfer(*fine, *errors)


def _sizes(history: InflationHistory, crossing: Array, fields_at_end: Array) -> tuple[Array, Array, Array, Array]:
    """T_RS, T_SS and their sizes."""

    def frame(n: Array) -> TrajectoryFrame:
        φ, v, _ = history.continued_phase(n)
        return trajectory_frame(history.model.field_space, φ, v)

    end = frame(history.e_folds_total)

    def of(n: Array, map_to_end: Array) -> tuple[Array, Array, Array, Array]:
        start = frame(n)
        isocurvature = map_to_end @ start.across * start.speed / end.speed
        to_curvature = end.along @ end.metric @ isocurvature
        to_isocurvature = end.across @ isocurvature
        # Orthonormal frames at both ends.
        here, there = jnp.linalg.cholesky(start.metric), jnp.linalg.cholesky(end.metric)
        rows = jnp.concatenate([to_curvature[None], there.T @ to_isocurvature]) @ small_inverses(here).T
        curvature_size = jnp.sqrt(jnp.sum(rows[0] ** 2))
        return to_curvature, to_isocurvature, curvature_size, jnp.linalg.norm(rows[1:], ord=2)

    return jax.vmap(of)(crossing, fields_at_end)


def _fields_at_end(
    history: InflationHistory, table: FieldTable, crossing: Array, steps: int
) -> Float[Array, "modes fields fields"]:
    """The map from Q at each crossing to Q at the end, with so many steps in each cell of the history."""
    width = history.e_folds_total / (history.e_folds.shape[0] - 1)

    def advance(W: Array, n: Array) -> tuple[Array, tuple[Array, Array]]:
        Q, P = _evolved(table, n, width, W, steps)
        return P @ small_inverses(Q), (W, Q)

    _, (start_of_cell, maps) = jax.lax.scan(advance, _attracting(history, table), history.e_folds[:-1])

    def onwards(to_end: Array, of_cell: Array) -> tuple[Array, Array]:
        to_end = to_end @ of_cell
        return to_end, to_end

    _, from_cells = jax.lax.scan(onwards, jnp.eye(table.fields), maps, reverse=True)

    def from_crossing(n: Array) -> Array:
        cell = jnp.clip(jnp.floor(n / width), 0, len(maps) - 1).astype(int)
        start = history.e_folds[cell]
        Q, _ = _evolved(table, start, n - start, start_of_cell[cell], steps)
        return from_cells[cell] @ small_inverses(Q)

    return jax.vmap(from_crossing)(crossing)


def _attracting(history: InflationHistory, table: FieldTable) -> Float[Array, "fields fields"]:
    """W at the start: slow roll across the trajectory, and exact along it, where Q = φ' is a solution."""
    model, (φ, v, _) = history.model, history.continued_phase(jnp.zeros(()))
    s, _, mass, _ = table.at(jnp.zeros(()))
    slow_roll = -mass / (2 + s)
    change = acceleration(model, φ, v) + model.field_space.geodesic_term(φ, v)
    along = model.field_space.metric(φ) @ v / model.field_space.speed_squared(φ, v)
    return slow_roll + jnp.outer(change - slow_roll @ v, along)


def _evolved(table: FieldTable, n: Array, width: Array, W: Array, steps: int) -> tuple[Array, Array]:
    """Q and P of k = 0 after `width` e-folds, from Q = 1 and P = W."""

    def rate(state: tuple[Array, Array], step: Array, node: Array) -> tuple[Array, Array]:
        Q, P = state
        s, _, mass, ω = table.at(n + (step + node / 2) * width / steps)
        return P - ω @ Q, -ω @ P - (2 + s) * P - mass @ Q

    return end_of_stage_chain(rate, lambda _: width / steps, (jnp.eye(table.fields), W), steps)
