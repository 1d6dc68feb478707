r"""Fields in a box that expands: the equations which a network is to follow, and their direct solution.

$$\ddot q_i + 3H\dot q_i + \frac{k_i^2}{a^2}q_i + \frac{\mathcal V}{N}\sum_x e_i(x)\,V'(\varphi(x)) = 0$$

The expansion is given: these are test fields. For several fields q has one column each. Units are the caller's: time in
those of 1/H, wavenumbers too where a = 1.

The universe has three dimensions whatever the box has: friction is 3H, and a box of one or two dimensions holds fields
that do not depend on the other coordinates, whose (comoving) extent is one unit of length. For free fields each mode is
that of the whole universe. Interactions of fluctuations that start in the vacuum depend on that extent, since
$\langle\varphi^2\rangle = \sum|u_k|^2/\mathcal V$: they are those of a universe only in a box of three dimensions.
"""

from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.compilation import compiled
from cosmograd.cosmology import AbstractExpansion
from cosmograd.cosmology.potentials import AbstractPotential
from cosmograd.duality.analogue.padding import padded
from cosmograd.duality.analogue.periodic_box import PeriodicBox

Coefficients = Float[Array, "modes fields"]

_MOST_STEPS = 2**16


class FieldTheory(eqx.Module):
    """Test fields with a potential in a given expansion, on the modes of a box.

    potential: V of the fields at one point, (fields,) ↦ number; coefficients q have the shape (modes, fields).
    """

    box: PeriodicBox
    expansion: AbstractExpansion
    potential: AbstractPotential

    @property
    def fields(self) -> int:
        """Number of fields."""
        return self.potential.fields

    def potential_energy(self, q: Coefficients, log_scale_factor: Float[Array, ""]) -> Float[Array, ""]:
        r"""$U = \tfrac12\sum_i(k_i/a)^2q_i^2 + \tfrac{\mathcal V}N\sum_xV(\varphi(x))$."""
        stretched = self.box.wavenumbers**2 * jnp.exp(-2 * log_scale_factor)
        at_points = jax.vmap(self.potential)(self.box.on_lattice(q))
        return jnp.sum(stretched[:, None] * q**2) / 2 + self.box.cell * jnp.sum(at_points)

    def force(self, q: Coefficients, log_scale_factor: Float[Array, ""]) -> Coefficients:
        """∂U/∂q."""
        stretched = self.box.wavenumbers**2 * jnp.exp(-2 * log_scale_factor)
        slopes = jax.vmap(jax.grad(self.potential))(self.box.on_lattice(q))
        return jnp.asarray(stretched)[:, None] * q + self.box.projected(slopes)

    def largest_frequency(self, q: Coefficients, log_scale_factor: Float[Array, ""]) -> Float[Array, ""]:
        """A bound on the frequencies around q: of the highest mode and the largest curvature of V at any point."""
        stretched = jnp.max(self.box.wavenumbers) ** 2 * jnp.exp(-2 * log_scale_factor)
        return jnp.sqrt(jnp.maximum(stretched + self.largest_curvature(q), 0.0))

    def largest_curvature(self, q: Coefficients) -> Float[Array, ""]:
        """Largest eigenvalue of V'' at any point."""
        return jnp.max(jnp.linalg.eigvalsh(jax.vmap(jax.hessian(self.potential))(self.box.on_lattice(q))))

    def envelope(
        self, q: Coefficients, velocities: Coefficients, time: Float[Array, ""], mass_squared: Float[Array, ""] | float
    ) -> Float[Array, " modes"]:
        r"""Size of every mode, all fields together, which an oscillation leaves as it is.

        $\sqrt{q^2 + \dot q^2/\omega^2}$ with $\omega^2 = k^2/a^2 + m^2 + H^2$.
        """
        stretched = self.box.wavenumbers**2 * jnp.exp(-2 * self.expansion.log_scale_factor(time))
        ω2 = stretched + jnp.maximum(mass_squared, 0.0) + self.expansion.hubble_rate(time) ** 2
        return jnp.sqrt(jnp.sum(q**2, axis=1) + jnp.sum(velocities**2, axis=1) / jnp.maximum(ω2, 1e-300))


class FieldHistory(eqx.Module):
    """Fields and velocities at given times; finished: whether the solver reached the last one in its steps."""

    times: Float[Array, " times"]
    coefficients: Float[Array, "times modes fields"]
    velocities: Float[Array, "times modes fields"]
    finished: Array


def direct_solution(
    theory: FieldTheory,
    start_time: Float[Array, ""],
    coefficients: Coefficients,
    velocities: Coefficients,
    times: Float[Array, " times"],
    accuracy: float | Float[Array, ""] = 1e-11,
) -> FieldHistory:
    """From values at `start_time` to later times in their order, by Diffrax's Dopri8; accuracy: of a step, relative.

    Times before the start, in falling order, work as well.
    """
    found = _solved(theory, (start_time, coefficients, velocities), padded(times), accuracy)
    q, v = (x[: len(times)] for x in (found.coefficients, found.velocities))
    return FieldHistory(times, q, v, found.finished)


@compiled
def _solved(
    theory: FieldTheory, start: tuple[Any, Coefficients, Coefficients], times: Float[Array, " times"], accuracy: Any
) -> FieldHistory:
    start_time, coefficients, velocities = start

    def rate(t: Any, y: Any, args: Any) -> Any:
        del args
        q, v = y
        a, H = theory.expansion.log_scale_factor(t), theory.expansion.hubble_rate(t)
        return v, -3 * H * v - theory.force(q, a)

    forward = times[-1] >= start_time
    ω = theory.largest_frequency(coefficients, theory.expansion.log_scale_factor(start_time))
    rate_of_change = jnp.maximum(jnp.maximum(ω, jnp.abs(theory.expansion.hubble_rate(start_time))), 1e-300)
    first = 0.05 / rate_of_change
    size = jnp.maximum(jnp.max(jnp.abs(coefficients)), jnp.max(jnp.abs(velocities)) / rate_of_change)
    size = jnp.where(size > 0, size, 1.0)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(rate),
        diffrax.Dopri8(),
        start_time,
        times[-1],
        jnp.where(forward, 1.0, -1.0) * jnp.minimum(first, jnp.abs(times[-1] - start_time)),
        (coefficients, velocities),
        saveat=diffrax.SaveAt(ts=times),
        stepsize_controller=diffrax.PIDController(rtol=accuracy, atol=accuracy * size),
        max_steps=_MOST_STEPS,
        throw=False,
    )
    assert solution.ys is not None
    q, v = solution.ys
    return FieldHistory(times, q, v, jnp.asarray(solution.result == diffrax.RESULTS.successful))


class FieldsLostError(ValueError):
    """The fields grow without bound, or change too fast to be followed."""


def require_finite_history(history: FieldHistory) -> None:
    """`FieldsLostError` where fields grow without bound, or the solver ran out of steps."""
    kept = np.isfinite(np.asarray(history.coefficients)).all(axis=(1, 2))
    if kept.all() and bool(history.finished):
        return
    last = float(history.times[max(int(np.argmin(kept)) - 1, 0)]) if not kept.all() else float(history.times[-1])
    raise FieldsLostError(
        f"the fields grow without bound after t = {last:.4g}: the potential is not bounded below or not a number "
        "where they go, or it changes too fast to be followed. Start closer to a minimum, or shorten the run."
    )


def earlier_fields(
    theory: FieldTheory, coefficients: Coefficients, velocities: Coefficients, time: float, time_step: float
) -> Coefficients:
    """The fields a step before a start, on the same solution. ValueError where they cannot be followed back."""
    history = direct_solution(theory, jnp.asarray(time), coefficients, velocities, jnp.asarray([time - time_step]))
    require_finite_history(history)
    return history.coefficients[0]
