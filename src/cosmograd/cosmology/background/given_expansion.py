r"""Homogeneous fields in an expansion that they do not act back on.

$$D_t\dot\varphi^I + 3H\dot\varphi^I + V^{;I} = 0$$

with H(t) given: de Sitter space, radiation, matter, any a(t) or H(t). Units: whatever makes t the expansion's time; in
de Sitter space with canonical time this is the continuum limit of training with momentum.
"""

import enum
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from cosmograd.compilation import compiled
from cosmograd.cosmology.expansion import AbstractExpansion
from cosmograd.cosmology.field_space import AbstractFieldSpace, FlatFieldSpace
from cosmograd.cosmology.potentials import AbstractPotential
from cosmograd.precision import require_float64
from cosmograd.solvers import outcome_of, require_accuracy, require_increasing, require_vector, solve_at_two_tolerances

_BEST, _WORST = 1e-10, 1e-2


class FieldOutcome(enum.IntEnum):
    """How far the field came."""

    FINISHED = 0
    NOT_A_NUMBER = 1
    OUT_OF_STEPS = 2


class FieldHistory(eqx.Module):
    """At the times asked for. achieved_accuracy: estimated error, relative to the largest field and velocity."""

    field: Float[Array, "times fields"]
    velocity: Float[Array, "times fields"]
    achieved_accuracy: Float[Array, ""]
    outcome: Int[Array, ""]


def evolve_field(
    expansion: AbstractExpansion,
    potential: AbstractPotential,
    field: Float[ArrayLike, " fields"],
    velocity: Float[ArrayLike, " fields"],
    times: Float[ArrayLike, " times"],
    field_space: AbstractFieldSpace | None = None,
    accuracy: float = 1e-8,
) -> FieldHistory:
    r"""From φ and $\dot\varphi$ at the first of the times; at most 65536 steps."""
    require_float64("The evolution of a field")
    require_accuracy(accuracy, _BEST, _WORST)
    require_increasing("times", times)
    for name, value in {"field": field, "velocity": velocity}.items():
        require_vector(name, value, potential.fields)
    φ, v, at = (jnp.asarray(value, dtype=float) for value in (field, velocity, times))
    return _evolve_field(expansion, potential, φ, v, at, field_space or FlatFieldSpace(), accuracy)


@compiled
def _evolve_field(
    expansion: AbstractExpansion,
    potential: AbstractPotential,
    field: Array,
    velocity: Array,
    times: Array,
    space: AbstractFieldSpace,
    accuracy: float | Array,
) -> FieldHistory:
    def rate(t: Any, y: tuple, args: None) -> tuple:
        del args
        φ, v = y
        force = space.raise_index(φ, jax.grad(potential)(φ))
        return v, -3 * expansion.hubble_rate(t) * v - force - space.geodesic_term(φ, v)

    solutions = solve_at_two_tolerances(rate, (field, velocity), times, accuracy)
    pairs = zip(solutions.fine, solutions.coarse, strict=True)
    differences = [jnp.max(jnp.abs(a - b)) / (jnp.max(jnp.abs(a)) + 1e-300) for a, b in pairs]
    checks = [
        (solutions.out_of_steps, FieldOutcome.OUT_OF_STEPS),
        (~solutions.successful, FieldOutcome.NOT_A_NUMBER),
    ]
    field, velocity = (jnp.where(jnp.isfinite(y), y, jnp.nan) for y in solutions.fine)
    return FieldHistory(field, velocity, jnp.max(jnp.stack(differences)), outcome_of(checks, FieldOutcome.FINISHED))
