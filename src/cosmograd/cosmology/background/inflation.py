"""Inflation from a given start to its end, in e-folds, on a grid from which every later computation interpolates."""

import enum
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from cosmograd.cosmology.background.equations import (
    Model,
    Phase,
    log_hubble_rate,
    phase_rate,
    slow_roll_ε,
)
from cosmograd.precision import require_float64
from cosmograd.solvers import (
    RecordedSteps,
    adaptive_steps,
    hermite,
    hermite_coefficients,
    outcome_of,
    polynomial,
    small_inverses,
)

_ROUNDING = 1e-13  # of ln H
_ROUNDING_OF_E_FOLDS = 1e-13  # of the ends, over the whole
_DEFECTS_PER_TOLERANCE = 10.0  # δP/P = 6 δ ln H/ε of a step is allowed as many tolerances as the budget of errors has
_CELL_ENDS = (slice(-1), slice(1, None))
_STEPS_PER_CELL = 4  # of the linearised equations
# Radau IIA of fifth order (Hairer & Wanner 1996, table IV.5.6): nodes and coefficients.
_RADAU_NODES = np.array([(4 - np.sqrt(6)) / 10, (4 + np.sqrt(6)) / 10, 1.0])
_RADAU = np.array(
    [
        [(88 - 7 * np.sqrt(6)) / 360, (296 - 169 * np.sqrt(6)) / 1800, (-2 + 3 * np.sqrt(6)) / 225],
        [(296 + 169 * np.sqrt(6)) / 1800, (88 + 7 * np.sqrt(6)) / 360, (-2 - 3 * np.sqrt(6)) / 225],
        [(16 - np.sqrt(6)) / 36, (16 + np.sqrt(6)) / 36, 1 / 9],
    ]
)


class Outcome(enum.IntEnum):
    """How a background ended."""

    ENDED = 0
    NEVER_INFLATES = 1
    NEVER_ENDS = 2
    NEGATIVE_POTENTIAL = 3
    NOT_A_NUMBER = 4
    OUT_OF_STEPS = 5


class InflationSettings(eqx.Module):
    """Numbers that fix what is compiled.

    tolerance: relative, of the adaptive integration; grid_points: equidistant in e-folds; max_steps, max_e_folds:
    bounds, so that no call runs for ever.
    """

    tolerance: float = eqx.field(static=True)
    grid_points: int = eqx.field(static=True)
    max_steps: int = eqx.field(static=True, default=1024)
    max_e_folds: float = eqx.field(static=True, default=2000.0)


class InflationHistory(eqx.Module):
    r"""The background from N = 0 at the start to the end of inflation, ε = 1.

    e_folds_total: N at the end; table: (φ, dφ/dN, ln H) and its first two derivatives by N, on `grid_points`
    equidistant values of N; outcome: an `Outcome`; friedmann_violation: largest
    $|3H^2 - \tfrac12H^2\varphi'^2 - V|/3H^2$ with H integrated on its own; steps: accepted steps of the integration;
    last_e_folds, last_field: where the integration stopped, just behind the end or where something went wrong.
    """

    model: Model
    e_folds_total: Float[Array, ""]
    table: tuple[Float[Array, "grid states"], Float[Array, "grid states"], Float[Array, "grid states"]]
    outcome: Int[Array, ""]
    friedmann_violation: Float[Array, ""]
    steps: Int[Array, ""]
    last_e_folds: Float[Array, ""]
    last_field: Float[Array, " fields"]

    @property
    def e_folds(self) -> Float[Array, "*batch grid"]:
        """N on the grid, of each history of a batch."""
        return self.e_folds_total[..., None] * np.linspace(0.0, 1.0, self.table[0].shape[-2])

    def horizon_crossing(self, log_k: Float[Array, "*modes"]) -> Float[Array, "*modes"]:
        """N at which ln(aH) = ln k, to the accuracy of linear interpolation; at an end where that is outside.

        Of one history; of a batch inside `vmap`, as for `phase`.
        """
        return jnp.interp(log_k, self.e_folds + self.table[0][:, -1], self.e_folds)

    def phase(self, e_folds: Float[Array, "*points"]) -> Phase:
        """Field, velocity and ln H at any N between start and end, by quintic interpolation; NaN outside.

        A rounding error beyond either end counts as the end.
        """
        beyond = jnp.abs(e_folds - self.e_folds_total / 2) - self.e_folds_total / 2
        inside = beyond <= _ROUNDING_OF_E_FOLDS * self.e_folds_total
        φ, v, log_hubble = self.continued_phase(e_folds)
        kept = inside[..., None]
        return Phase(jnp.where(kept, φ, jnp.nan), jnp.where(kept, v, jnp.nan), jnp.where(inside, log_hubble, jnp.nan))

    def continued_phase(self, e_folds: Float[Array, "*points"]) -> Phase:
        """As `phase`, with the outermost polynomials continued past both ends, for solvers that step beyond."""
        cells = self.table[0].shape[0] - 1
        width = self.e_folds_total / cells
        position = e_folds / width
        cell = jnp.clip(jnp.floor(jax.lax.stop_gradient(position)), 0, cells - 1).astype(int)
        left = tuple(level[cell] for level in self.table)
        right = tuple(level[cell + 1] for level in self.table)
        state = hermite(position - cell, jnp.broadcast_to(width, position.shape), left, right)
        return _unpack(state)


def _pack(phase: Phase) -> Array:
    return jnp.concatenate([phase.field, phase.velocity, phase.log_hubble[..., None]], axis=-1)


def _unpack(state: Array) -> Phase:
    fields = (state.shape[-1] - 1) // 2
    return Phase(state[..., :fields], state[..., fields : 2 * fields], state[..., -1])


def _ε_of(model: Model, state: Array) -> Array:
    phase = _unpack(state)
    return slow_roll_ε(model, phase.field, phase.velocity)


def _rate(model: Model, state: Array) -> Array:
    return _pack(phase_rate(model, _unpack(state)))


def _rates(model: Model, state: Array, order: int) -> tuple[Array, ...]:
    """The state's first `order` derivatives by N, from the equations of motion."""
    if order == 1:
        return (_rate(model, state),)
    lower, derivatives = jax.linearize(lambda y: _rates(model, y, order - 1), state)
    return (*lower, derivatives(lower[0])[-1])


def inflate(
    model: Model, field: Float[Array, " fields"], velocity: Float[Array, " fields"], settings: InflationSettings
) -> InflationHistory:
    """Integrate from the given field and dφ/dN to the end of inflation; differentiable both ways, batched by `vmap`.

    A background that does not end is no error here: its `outcome` says so, and its numbers are not to be used.
    """
    require_float64("A background")
    start = _pack(Phase(field, velocity, log_hubble_rate(model, field, velocity)))
    total, table, *rest = _solve((model, start), settings=settings)
    return InflationHistory(model, total, table, *rest)


@eqx.filter_custom_jvp
def _solve(arguments: tuple[Model, Array], *, settings: InflationSettings) -> Any:
    model, start = arguments

    def stops(y: Array) -> Array:
        ε = _ε_of(model, y)
        return (ε >= 1) | (model.energy(_unpack(y).field) <= 0) | ~jnp.isfinite(ε)

    path = adaptive_steps(
        lambda y: _rate(model, y),
        start,
        settings.tolerance,
        stops,
        settings.max_e_folds,
        settings.max_steps,
        _scale,
        lambda before, after: _defect(model, before, after),
    )
    states, last = path.states, jnp.maximum(path.count, 1)
    # Increasing beyond the last step too, for the search; nothing there is used.
    nodes = path.times + jnp.maximum(jnp.arange(len(path.times)) - path.count, 0)
    levels = (states, *jax.vmap(lambda y: _rates(model, y, 3))(states))
    widths = jnp.diff(nodes)
    pieces = hermite_coefficients(widths, *(tuple(level[ends] for level in levels) for ends in _CELL_ENDS))
    end_piece = pieces[last - 1]
    fraction = _crossing(lambda u: _ε_of(model, polynomial(end_piece, u)))
    total = nodes[last - 1] + fraction * widths[last - 1]
    grid = total * np.linspace(0.0, 1.0, settings.grid_points)
    cell = jnp.clip(jnp.searchsorted(nodes, grid, side="right") - 1, 0, last - 1)
    table = _table(model, polynomial(pieces[cell], (grid - nodes[cell]) / widths[cell]))
    violations = jax.vmap(lambda y: _friedmann_violation(model, y))(states)
    violation = jnp.max(jnp.where(jnp.arange(len(nodes)) <= last, violations, 0.0))
    outcome = _outcome(model, start, states[last], path, settings)
    return total, table, outcome, violation, path.count, path.times[-1], _unpack(states[-1]).field


def _scale(state: Array) -> Array:
    """To which errors are relative: the speed, for fields as for velocities, however slowly they roll."""
    velocity = _unpack(state).velocity
    speed = jnp.sqrt(jnp.sum(velocity**2)) + 1e-60  # a number where the field rests
    return jnp.full_like(state, speed).at[-1].set(1.0)


def _defect(model: Model, before: Array, after: Array) -> Array:
    """What a step breaks Friedmann's constraint by, relative to the kinetic energy, which a power goes with.

    It shows a feature of the potential that lies between the stages of a step. Rounding of ln H, and an end below
    V = 0, are no defects.
    """

    def excess(state: Array) -> Array:
        phase = _unpack(state)
        return phase.log_hubble - log_hubble_rate(model, phase.field, phase.velocity)

    broken = jnp.abs(excess(after) - excess(before))
    share = jnp.maximum(_ε_of(model, before), _ε_of(model, after))
    defect = jnp.maximum(broken - _ROUNDING, 0.0) / (_DEFECTS_PER_TOLERANCE * share)
    return jnp.where(jnp.isfinite(defect), defect, 0.0)


def _table(model: Model, states: Array) -> tuple[Array, Array, Array]:
    first, second = jax.vmap(lambda y: _rates(model, y, 2))(states)
    return states, first, second


def _crossing(function: Any) -> Array:
    """Where an increasing function passes one on [0, 1], by bisection."""

    def bisect(_: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = (low + high) / 2
        below = function(middle) < 1
        return jnp.where(below, middle, low), jnp.where(below, high, middle)

    low, high = jax.lax.fori_loop(0, 52, bisect, (jnp.zeros(()), jnp.ones(())))
    return (low + high) / 2


def _friedmann_violation(model: Model, state: Array) -> Array:
    phase = _unpack(state)
    return jnp.abs(1 - _ε_of(model, state) / 3 - model.energy(phase.field) * jnp.exp(-2 * phase.log_hubble) / 3)


def _outcome(model: Model, start: Array, last: Array, path: RecordedSteps, settings: InflationSettings) -> Array:
    first, final = _unpack(start), _unpack(last)
    ε_first, ε_last = _ε_of(model, start), _ε_of(model, last)
    checks = [
        (model.energy(first.field) <= 0, Outcome.NEGATIVE_POTENTIAL),
        (ε_first >= 1, Outcome.NEVER_INFLATES),  # before what follows: there is no H for ε ≥ 3
        (~jnp.isfinite(start).all(), Outcome.NOT_A_NUMBER),
        (model.energy(final.field) <= 0, Outcome.NEGATIVE_POTENTIAL),
        (ε_last >= 1, Outcome.ENDED),
        (path.times[-1] >= settings.max_e_folds, Outcome.NEVER_ENDS),
        (path.count >= settings.max_steps, Outcome.OUT_OF_STEPS),
    ]
    return outcome_of(checks, Outcome.NOT_A_NUMBER)


@_solve.def_jvp
def _solve_jvp(primals: Any, tangents: Any, *, settings: InflationSettings) -> Any:
    """By the linearised equations along the trajectory, whatever steps led to it."""
    ((model, start),) = primals
    ((model_tangent, start_tangent),) = tangents
    total, table, *rest = _solve((model, start), settings=settings)
    states = table[0]
    start_tangent = jnp.zeros_like(start) if start_tangent is None else start_tangent
    at_fixed_n = _linear_response(model, model_tangent, start_tangent, table, total)

    # The grid moves with its end, where ε = 1.
    end, rate = states[-1], table[1][-1]
    change = eqx.filter_jvp(_ε_of, (model, end), (model_tangent, at_fixed_n[-1]))[1]
    total_tangent = -change / jax.jvp(lambda y: _ε_of(model, y), (end,), (rate,))[1]
    fractions = np.linspace(0.0, 1.0, settings.grid_points)[:, None]
    state_tangents = at_fixed_n + table[1] * fractions * total_tangent
    table_tangents = eqx.filter_jvp(_table, (model, states), (model_tangent, state_tangents))[1]
    return (total, table, *rest), (total_tangent, table_tangents, *(None for _ in rest))


def _linear_response(model: Model, model_tangent: Any, start_tangent: Array, table: Any, total: Array) -> Array:
    """Change of the states at fixed N, on the grid: Radau's method of fifth order, some steps per cell.

    Linear in the tangents, so that JAX can run it backwards as well. The method is implicit, for perturbations that die
    out or oscillate much faster than the background changes: of the velocity, and of heavy fields.
    """
    cells, states = table[0].shape[0] - 1, table[0].shape[1]
    stages, steps = len(_RADAU_NODES), cells * _STEPS_PER_CELL
    width = total / cells
    fractions = ((np.arange(_STEPS_PER_CELL)[:, None] + _RADAU_NODES) / _STEPS_PER_CELL).ravel()
    ends = (tuple(jnp.repeat(level[s], len(fractions), axis=0) for level in table) for s in _CELL_ENDS)
    at = hermite(jnp.tile(fractions, cells), jnp.full(cells * len(fractions), width), *ends)
    jacobians = jax.vmap(jax.jacfwd(lambda y: _rate(model, y)))(at).reshape(steps, stages, states, states)
    forcing = jax.vmap(lambda y: eqx.filter_jvp(lambda m: _rate(m, y), (model,), (model_tangent,))[1])(at)
    forcing = jnp.zeros_like(at) if forcing is None else forcing
    h = width / _STEPS_PER_CELL

    # Slopes k of the stages: k_i = J_i (y + h Σ a_ij k_j) + f_i. The last stage is the end of the step.
    coupled = jnp.einsum("ij,nipq->nipjq", h * _RADAU, jacobians).reshape(steps, stages * states, stages * states)
    inverse = small_inverses(jnp.eye(stages * states) - coupled)

    def moved(sides: Array) -> Array:
        """h Σ b_i k_i for right-hand sides of the stages, columns last."""
        slopes = inverse @ sides.reshape(steps, stages * states, -1)
        return h * jnp.einsum("j,njpq->npq", _RADAU[-1], slopes.reshape(steps, stages, states, -1))

    propagators, shifts = moved(jacobians), moved(forcing)[..., 0]

    def step(tangent: Array, change: tuple[Array, Array]) -> tuple[Array, Array]:
        propagator, shift = change
        following = tangent + propagator @ tangent + shift
        return following, following

    after = jax.lax.scan(step, start_tangent, (propagators, shifts))[1]
    return jnp.concatenate([start_tangent[None], after[_STEPS_PER_CELL - 1 :: _STEPS_PER_CELL]])
