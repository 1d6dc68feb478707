r"""Scalar fields and the expansion that they drive, past the end of inflation, in cosmic time or in e-folds.

$$D_t\dot\varphi^I + 3H\dot\varphi^I + V^{;I} = 0, \qquad \dot H = -\tfrac12G_{IJ}\dot\varphi^I\dot\varphi^J, \qquad
  3H^2 = \tfrac12G_{IJ}\dot\varphi^I\dot\varphi^J + V + \Lambda$$

H is integrated by its own equation, drawn to the constraint at a rate of 10 H: without that, the relative violation
would grow as 1/H² long after the errors that made it. What is left of it checks the equations; errors of the fields
themselves, some hundred times larger, it does not show. Units: $M_{\rm Pl} = 1$, times in $1/M_{\rm Pl}$.
"""

import abc
import enum
from collections.abc import Callable
from typing import Any, ClassVar, Literal, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float, Int

from cosmograd.compilation import compiled
from cosmograd.cosmology.background.equations import Model
from cosmograd.precision import is_known, parameter, require_float64
from cosmograd.solvers import LEAST_STEP, MAX_STEPS, outcome_of, require_accuracy, require_increasing, require_vector

Clock = Literal["cosmic-time", "e-folds"]
_BEST, _WORST = 1e-9, 1e-2
_DAMPING = 10.0  # above 2ε ≤ 6, the rate at which a relative violation grows


class EvolutionOutcome(enum.IntEnum):
    """How an evolution ended. A universe that stops expanding, as V < 0 can make it, runs out of steps there."""

    FINISHED = 0
    EVENT = 1
    NEGATIVE_ENERGY = 2
    NOT_A_NUMBER = 3
    OUT_OF_STEPS = 4


class State(eqx.Module):
    r"""A homogeneous universe. velocity: dφ/dt; log_scale_factor: N, from zero at the start; time: t, likewise."""

    field: Float[Array, "*points fields"]
    velocity: Float[Array, "*points fields"]
    hubble_rate: Float[Array, "*points"]
    log_scale_factor: Float[Array, "*points"]
    time: Float[Array, "*points"]


class AbstractEvent(eqx.Module):
    """Something that ends an evolution: where a function of the state passes zero.

    rising: only where it does so from below (True) or from above (False); either way for None.
    """

    rising: ClassVar[bool | None] = None

    @abc.abstractmethod
    def __call__(self, model: Model, state: State) -> Float[Array, ""]:
        """Zero at the event."""


class EndOfInflation(AbstractEvent):
    r"""$\epsilon = -\dot H/H^2$ rises through 1; a start too fast to inflate falls below it first."""

    rising: ClassVar[bool | None] = True

    def __call__(self, model: Model, state: State) -> Float[Array, ""]:
        return model.field_space.speed_squared(state.field, state.velocity) / (2 * state.hubble_rate**2) - 1


class FieldValue(AbstractEvent):
    """A field passes a value, in M_Pl."""

    value: Any = eqx.field(converter=parameter)
    component: int = eqx.field(static=True, default=0)

    def __call__(self, model: Model, state: State) -> Float[Array, ""]:
        del model
        return state.field[self.component] - self.value


class ElapsedEFolds(AbstractEvent):
    """So many e-folds since the start."""

    e_folds: Any = eqx.field(converter=parameter)

    def __check_init__(self) -> None:
        if is_known(self.e_folds) and not np.all(self.e_folds > 0):
            raise ValueError(f"`e_folds` since the start must be > 0, got {self.e_folds}.")

    def __call__(self, model: Model, state: State) -> Float[Array, ""]:
        del model
        return state.log_scale_factor - self.e_folds


class HubbleRateValue(AbstractEvent):
    """H falls to a value, in M_Pl: a surface of uniform density."""

    hubble_rate: Any = eqx.field(converter=parameter)

    def __check_init__(self) -> None:
        if is_known(self.hubble_rate) and not np.all(self.hubble_rate > 0):
            raise ValueError(f"`hubble_rate` of the event must be > 0, in M_Pl, got {self.hubble_rate}.")

    def __call__(self, model: Model, state: State) -> Float[Array, ""]:
        del model
        return jnp.log(state.hubble_rate / self.hubble_rate)


class Evolution(eqx.Module):
    """states: at the asked points, NaN beyond the event; final: where it ended; outcome: an `EvolutionOutcome`.

    friedmann_violation: largest $|3H^2 - \\dot\\varphi^2/2 - V - \\Lambda|/3H^2$ of all these.
    """

    states: State
    final: State
    outcome: Int[Array, ""]
    friedmann_violation: Float[Array, ""]


def evolve(
    model: Model,
    field: Float[ArrayLike, " fields"],
    velocity: Float[ArrayLike, " fields"],
    points: Float[ArrayLike, " points"],
    *,
    clock: Clock = "cosmic-time",
    event: AbstractEvent | None = None,
    accuracy: float = 1e-8,
) -> Evolution:
    r"""From φ and $\dot\varphi$ (cosmic time) or dφ/dN (e-folds) at zero of the clock to the last of the points.

    points: increasing, ≥ 0, in the clock's unit: 1/M_Pl, or e-folds. An event ends the evolution earlier.
    Differentiable in reverse (not forward), and batched by `vmap`. No more than 65536 steps are taken.
    """
    require_float64("The evolution of a universe")
    require_accuracy(accuracy, _BEST, _WORST)
    if clock not in get_args(Clock):
        raise ValueError(f"`clock` is {clock!r}; allowed: {', '.join(get_args(Clock))}.")
    require_increasing("points", points)
    fields = model.potential.fields
    for name, value in {"field": field, "velocity": velocity}.items():
        require_vector(name, value, fields)
    if isinstance(event, FieldValue) and not 0 <= event.component < fields:
        raise ValueError(f"`component` of the event must lie in 0 … {fields - 1}, got {event.component}.")
    if not isinstance(points, Tracer) and np.asarray(points)[0] < 0:
        raise ValueError(f"`points` must be ≥ 0, the start, got {np.asarray(points)[0]:g}.")
    φ, v, at = (jnp.asarray(value, dtype=float) for value in (field, velocity, points))
    return _evolve(model, φ, v, at, clock, event, accuracy)


def _energies(model: Model, field: Array, velocity: Array) -> Array:
    return model.field_space.speed_squared(field, velocity) / 2 + model.energy(field)


def _equations(
    model: Model, H0: Array, clock: Clock
) -> tuple[Callable[[tuple], State], Callable[[Any, tuple, None], tuple]]:
    """The state that the integrator's variables stand for, and their derivatives.

    Time is in units of 1/H₀, so that all numbers are of order one; ln(H/H₀) instead of H.
    """
    space = model.field_space

    def unpacked(y: tuple) -> State:
        φ, u, log_h, n, t = y
        return State(φ, u * H0, jnp.exp(log_h) * H0, n, t / H0)

    def rate(_: Any, y: tuple, args: None) -> tuple:
        del args
        φ, u, log_h, _, _ = y
        h = jnp.exp(log_h)
        force = space.raise_index(φ, jax.grad(model.energy)(φ)) / H0**2
        speed = space.speed_squared(φ, u)
        excess = (speed / 2 + model.energy(φ) / H0**2) / (3 * h**2) - 1
        slowing = -speed / (2 * h) + _DAMPING * h * excess / 2
        rates = (u, -3 * h * u - force - space.geodesic_term(φ, u), slowing, h, jnp.ones(()))
        return rates if clock == "cosmic-time" else tuple(r / h for r in rates)

    return unpacked, rate


@compiled
def _evolve(
    model: Model,
    field: Array,
    velocity: Array,
    points: Array,
    clock: Clock,
    event: AbstractEvent | None,
    accuracy: float | Array,
) -> Evolution:
    import diffrax  # here, since it is as long in loading as JAX
    import optimistix

    space = model.field_space
    energy = model.energy(field)
    if clock == "e-folds":
        squared = energy / (3 - space.speed_squared(field, velocity) / 2)
        velocity = velocity * jnp.sqrt(squared)
    else:
        squared = _energies(model, field, velocity) / 3
    H0 = jnp.sqrt(squared)

    unpacked, rate = _equations(model, H0, clock)

    def passes(t: Array, y: tuple, args: None, **_: object) -> Array:
        del t, args
        assert event is not None
        return event(model, unpacked(y))

    unit = H0 if clock == "cosmic-time" else jnp.ones(())
    zero = jnp.zeros(())
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(rate),
        diffrax.Dopri8(),
        zero,
        points[-1] * unit,
        None,
        (field, velocity / H0, zero, zero, zero),
        saveat=diffrax.SaveAt(subs=(diffrax.SubSaveAt(ts=points * unit), diffrax.SubSaveAt(t1=True))),
        # Steps end on the points: between its steps the method is known to lower order only.
        stepsize_controller=diffrax.ClipStepSizeController(
            diffrax.PIDController(
                rtol=accuracy * 1e-4, atol=accuracy * 1e-7, dtmin=LEAST_STEP * points[-1] * unit, force_dtmin=False
            ),
            step_ts=points * unit,
        ),
        event=None if event is None else diffrax.Event(passes, optimistix.Newton(1e-12, 1e-12), event.rising),
        max_steps=MAX_STEPS,
        throw=False,
    )
    assert solution.ys is not None
    states, final = (jax.vmap(unpacked)(saved) for saved in solution.ys)
    final = jax.tree.map(lambda x: x[0], final)

    def violation(state: State) -> Array:
        return jnp.abs(1 - _energies(model, state.field, state.velocity) / (3 * state.hubble_rate**2))

    violations = jnp.append(jax.vmap(violation)(states), violation(final))
    failed = (solution.result != diffrax.RESULTS.successful) | ~jnp.isfinite(final.hubble_rate)
    checks = [
        (~(squared > 0), EvolutionOutcome.NEGATIVE_ENERGY),
        (solution.result == diffrax.RESULTS.event_occurred, EvolutionOutcome.EVENT),
        (solution.result == diffrax.RESULTS.max_steps_reached, EvolutionOutcome.OUT_OF_STEPS),
        (failed, EvolutionOutcome.NOT_A_NUMBER),
    ]
    outcome = outcome_of(checks, EvolutionOutcome.FINISHED)
    states = jax.tree.map(lambda x: jnp.where(jnp.isfinite(x), x, jnp.nan), states)
    return Evolution(states, final, outcome, jnp.max(jnp.where(jnp.isfinite(violations), violations, 0.0)))
