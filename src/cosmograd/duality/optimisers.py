r"""The universe as an optimiser: Optax transformations for any expansion history, and for one that the loss curves.

Each is the leapfrog scheme, in steps δ of canonical time, of parameters θ that roll as fields in an expanding universe,

$$\ddot\theta + 3H\dot\theta + \nabla V = 0, \qquad V = uL,$$

with u the unit of the loss. With $h_n = \tfrac32H_n\delta$ the discrete update is

$$\theta_{n+1} = \theta_n + \frac{1-h_n}{1+h_n}\,(\theta_n - \theta_{n-1})
  - \frac{\delta^2u}{1+h_n}\,\nabla L(\theta_n),$$

which is heavy ball with momenta $\beta_n$ and learning rates $\eta_n$. What differs is H: constant (`de_sitter`), any
history (`expanding`, `power_law`), or Friedmann's, where the loss drives the expansion that slows its own fall
(`friedmann`). Parameters are at rest when training starts, at $t_0$, so that the first update is
$-\tfrac12\delta^2u\nabla L$; the distance from the continuum then falls as $\delta^2$.

```python
optimiser = friedmann(time_step=0.1, cosmological_constant=0.03)
state = optimiser.init(parameters)
loss, gradient = jax.value_and_grad(f)(parameters)
step, state = optimiser.update(gradient, state, parameters, value=loss)
parameters = optax.apply_updates(parameters, step)
```

Numbers may be traced, so that `optax.inject_hyperparams` and searches over them work; they are checked where they are
known. Steps may not be longer than $\delta\omega = 2$ for the largest curvature $\omega^2$ of V, whatever H.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree

from cosmograd.cosmology import AbstractExpansion, DeSitter, PowerLawExpansion
from cosmograd.precision import is_known

Number = float | Float[Array, ""]

# Where steps are long, H falls by a quarter or so with each, before the error squares with each.
_NEWTON_STEPS = 40

# H at an update, from its number, half a step's kinetic data ½|w|² and the potential energy there.
_HubbleRate = Callable[[Int[Array, ""], Float[Array, ""], Any], Float[Array, ""]]


class UniverseState(NamedTuple):
    """What the universe is when a gradient was last taken, at $t_n$.

    count: updates made, n + 1; step: the last one, $\\theta_{n+1} - \\theta_n$; hubble_rate: $H_n$ in units of 1/t;
    log_scale_factor: e-folds from $t_0$ to $t_n$, of the history (of `friedmann`: by the trapezoidal rule); from the
    bang of `power_law`, where there is no end of them, from the first update.
    """

    count: Int[Array, ""]
    step: PyTree
    hubble_rate: Float[Array, ""]
    log_scale_factor: Float[Array, ""]


def de_sitter(time_step: Number, hubble_rate: Number, loss_unit: Number = 1.0) -> optax.GradientTransformationExtraArgs:
    r"""Constant H: constant momentum $(1-h)/(1+h)$ and learning rate $\delta^2u/(1+h)$.

    Continuum: $\ddot\theta + 3H\dot\theta + u\nabla L = 0$. time_step: δ; hubble_rate: H ≥ 0 in units of 1/t;
    loss_unit: u.
    """
    if is_known(hubble_rate) and not (np.isfinite(hubble_rate) and hubble_rate >= 0):
        raise ValueError(f"`hubble_rate` must be ≥ 0 and finite, got {hubble_rate!r}.")
    return expanding(DeSitter(hubble_rate), time_step, 0.0, loss_unit)


def power_law(
    time_step: Number, exponent: Number = 1.0, start_time: Number | None = None, loss_unit: Number = 1.0
) -> optax.GradientTransformationExtraArgs:
    r"""$a\propto t^p$, so that $\ddot\theta + (3p/t)\dot\theta + u\nabla L = 0$; p = 1 is Nesterov's equation.

    time_step: δ; exponent: p > 0; start_time: $t_0$ > 0. None starts at the big bang, with the first update half a step
    after it, $t_n = (n+\tfrac12)\delta$: p = 1 has $\beta_n = (n-1)/(n+2)$ and $\eta_n = \delta^2u(n+\tfrac12)/(n+2)$
    (Su, Boyd & Candès 2016; with the gradient at θ_n it is second order, which Nesterov's own method is not).
    """
    expansion = PowerLawExpansion(exponent)
    if start_time is not None:
        if is_known(start_time) and not start_time > 0:
            raise ValueError(f"`start_time` must be > 0, where a ∝ t^p is defined, or None; got {start_time!r}.")
        return expanding(expansion, time_step, start_time, loss_unit)
    _check_step(time_step, loss_unit)

    def hubble_rate(count: Any, kinetic: Any, value: Any) -> Float[Array, ""]:
        del kinetic, value
        return exponent / ((count + 0.5) * time_step)

    def e_folds(count: Any) -> Float[Array, ""]:
        return exponent * jnp.log(2 * jnp.asarray(count, dtype=float) + 1)

    return _leapfrog(time_step, loss_unit, hubble_rate, e_folds, from_bang=True)


def expanding(
    expansion: AbstractExpansion, time_step: Number, start_time: Number = 0.0, loss_unit: Number = 1.0
) -> optax.GradientTransformationExtraArgs:
    """Any given history; update n takes its gradient at $t_n = t_0 + nδ$.

    time_step: δ; start_time: $t_0$; loss_unit: u.
    Raises ValueError where the universe does not expand at a finite rate at the start, or 3Hδ/2 > 1 there, which would
    need a negative momentum; an error at the update at which the history ends.
    """
    _check_step(time_step, loss_unit)
    if not isinstance(expansion, AbstractExpansion):
        raise TypeError(f"`expansion` must be an expansion history, such as DeSitter(1.0), got {expansion!r}.")
    if is_known(start_time) and not np.isfinite(start_time):
        raise ValueError(f"`start_time` must be finite, got {start_time!r}.")
    first = expansion.hubble_rate(start_time)
    known = is_known(first) and is_known(time_step)
    if known and not (np.isfinite(first) and first >= 0):
        raise ValueError(f"the universe must expand at a finite rate; at `start_time` = {start_time:g} H is {first:g}.")
    if known and 1.5 * first * time_step > 1:
        raise ValueError(
            f"H = {first:g} gives 3Hδ/2 = {1.5 * first * time_step:.3g} > 1, which would need a negative momentum. "
            f"Take a `time_step` of at most {2 / (3 * first):.3g}."
        )

    def hubble_rate(count: Any, kinetic: Any, value: Any) -> Float[Array, ""]:
        del kinetic, value
        H = expansion.hubble_rate(start_time + count * time_step)
        H = eqx.error_if(H, ~jnp.isfinite(H), "the expansion history ends before this update; make it longer.")
        wrong = (H < 0) | (1.5 * H * time_step > 1 + 1e-12)
        return eqx.error_if(H, wrong, "at this update the universe contracts, or 3Hδ/2 > 1: take a smaller time_step.")

    def e_folds(count: Any) -> Float[Array, ""]:
        later = expansion.log_scale_factor(start_time + count * time_step)
        return later - expansion.log_scale_factor(start_time)

    return _leapfrog(time_step, loss_unit, hubble_rate, e_folds)


def friedmann(
    time_step: Number, cosmological_constant: Number, loss_unit: Number = 1.0
) -> optax.GradientTransformationExtraArgs:
    r"""Back-reaction: $3H^2 = \Lambda + \tfrac12|\dot\theta|^2 + uL$, in reduced Planck units.

    Friction is strong while the loss is high, and ends at $H = \sqrt{\Lambda/3}$; a minimum above zero adds to Λ.
    time_step: δ; cosmological_constant: Λ ≥ 0; loss_unit: u, how much of the loss counts as $M_{\rm Pl}^4$: it sets how
    strongly the loss acts back. The velocity at $t_n$ is $w/(1+h_n)$ with
    $w = (\theta_n-\theta_{n-1})/\delta - \tfrac12\delta u\nabla L$, so that the constraint is an equation for $H_n$,
    which Newton's method solves. Where 3Hδ/2 > 1 the momentum is negative: such steps are too long for the loss they
    feel, but stable. `update` needs `value`, the loss that the gradient is of.
    Raises an error at an update where Λ + uL + ½|w|² is negative.
    """
    _check_step(time_step, loss_unit)
    if is_known(cosmological_constant) and not (np.isfinite(cosmological_constant) and cosmological_constant >= 0):
        raise ValueError(f"`cosmological_constant` must be ≥ 0 and finite, got {cosmological_constant!r}.")

    def hubble_rate(count: Any, kinetic: Array, value: Any) -> Float[Array, ""]:
        del count
        if value is None:
            raise ValueError(
                "friedmann needs the loss: optimiser.update(gradient, state, parameters, value=loss), as from "
                "jax.value_and_grad."
            )
        potential = cosmological_constant + loss_unit * jnp.asarray(value, dtype=float)
        potential = eqx.error_if(
            potential,
            potential + kinetic < 0,
            "Λ + uL + ½|w|² is negative, and no expanding universe holds it: add a constant to the loss, or raise Λ.",
        )

        def newton(_: Any, H: Array) -> Array:
            h = 1.5 * H * time_step
            excess = 3 * H**2 - potential - kinetic / (1 + h) ** 2
            slope = 6 * H + 3 * time_step * kinetic / (1 + h) ** 3
            return jnp.maximum(H - excess / jnp.where(slope > 0, slope, 1.0), 0.0)

        # From above, where the constraint is convex: the iteration cannot leave.
        return jax.lax.fori_loop(0, _NEWTON_STEPS, newton, jnp.sqrt(jnp.maximum(potential + kinetic, 0.0) / 3))

    return _leapfrog(time_step, loss_unit, hubble_rate)


def _leapfrog(
    time_step: Number,
    loss_unit: Number,
    hubble_rate: _HubbleRate,
    e_folds: Callable[[Int[Array, ""]], Float[Array, ""]] | None = None,
    from_bang: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """e_folds: from the first update to one with this number; None adds them up.

    from_bang: whether the last step before the first is the first one mirrored at t = 0, and no friction is gone.
    """
    pull = time_step**2 * loss_unit

    def init(parameters: PyTree) -> UniverseState:
        zero = jnp.zeros((), dtype=float)
        return UniverseState(jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, parameters), zero, zero)

    def update(
        gradient: PyTree, state: UniverseState, parameters: PyTree = None, *, value: Any = None, **extra: Any
    ) -> tuple[PyTree, UniverseState]:
        del parameters, extra
        first = state.count == 0
        kinetic = jnp.where(first, 0.0, _half_square(state.step, gradient, time_step, pull))
        H = jnp.asarray(hubble_rate(state.count, kinetic, value), dtype=float)
        h = 1.5 * H * time_step
        β, η = (1 - h) / (1 + h), pull / (1 + h)
        if not from_bang:
            η = jnp.where(first, pull / 2, η)
        step = jax.tree.map(lambda d, g: (β * d - η * g).astype(d.dtype), state.step, gradient)
        if e_folds is None:
            ln_a = state.log_scale_factor + jnp.where(first, 0.0, (state.hubble_rate + H) * time_step / 2)
        else:
            ln_a = jnp.asarray(e_folds(state.count), dtype=float)
        return step, UniverseState(state.count + 1, step, H, ln_a)

    return optax.GradientTransformationExtraArgs(init, update)  # pyright: ignore[reportArgumentType]


def _half_square(step: PyTree, gradient: PyTree, time_step: Number, pull: Number) -> Float[Array, ""]:
    """½|w|² of the velocity but for the friction of half a step."""
    velocities = jax.tree.map(lambda d, g: (d - pull * g / 2).astype(float) / time_step, step, gradient)
    return sum((jnp.sum(v**2) for v in jax.tree.leaves(velocities)), jnp.zeros((), dtype=float)) / 2


def _check_step(time_step: Number, loss_unit: Number) -> None:
    for name, value in (("time_step", time_step), ("loss_unit", loss_unit)):
        if is_known(value) and not (np.isfinite(value) and value > 0):
            raise ValueError(f"`{name}` must be positive and finite, got {value!r}.")
