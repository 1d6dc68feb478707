r"""The damped oscillator $x'' + \Gamma x' + \kappa x = s$ with constant coefficients, exactly.

Both solutions are smooth through critical damping ($\kappa = \Gamma^2/4$): no division by the difference of
the two rates survives there.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float


def _damped_sinh(time: Array, damping: Array, stiffness: Array) -> tuple[Array, Array]:
    """e^{−Γt/2} sinh(ωt)/ω and e^{−Γt/2} cosh(ωt), with ω² = Γ²/4 − κ of either sign."""
    ω_squared = damping**2 / 4 - stiffness
    critical = ω_squared == 0  # where the square root has no derivative, though both results do
    ω = jnp.where(critical, 0.0, jnp.sqrt(jnp.where(critical, 1.0, jnp.abs(ω_squared))))
    x = ω * time
    near = x < 1e-3
    safe_x, safe_ω = jnp.where(near, 1.0, x), jnp.where(near, 1.0, ω)

    overdamped = ω_squared >= 0
    # e^{(ω − Γ/2)t} from −κ/(ω + Γ/2), which keeps its digits for slow modes and never overflows.
    denominator = ω + damping / 2
    slow_rate = jnp.where(denominator > 0, stiffness / jnp.where(denominator > 0, denominator, 1.0), damping / 2 - ω)
    slow = jnp.exp(jnp.where(overdamped, -slow_rate * time, 0.0))
    envelope = jnp.exp(-damping * time / 2)

    sinh_over = slow * -jnp.expm1(-2 * jnp.where(overdamped, safe_x, 0.0)) / (2 * safe_ω)
    cosh_over = slow * (1 + jnp.exp(-2 * jnp.where(overdamped, x, 0.0))) / 2
    sinh_under = envelope * jnp.sin(jnp.where(overdamped, 0.0, safe_x)) / safe_ω
    cosh_under = envelope * jnp.cos(jnp.where(overdamped, 0.0, x))

    y = ω_squared * time**2  # (ωt)², signed: one Taylor series on both sides of critical damping
    sinh_near = envelope * time * (1 + y / 6 * (1 + y / 20))
    cosh_near = envelope * (1 + y / 2 * (1 + y / 12 * (1 + y / 30)))

    sinh = jnp.where(near, sinh_near, jnp.where(overdamped, sinh_over, sinh_under))
    cosh = jnp.where(near, cosh_near, jnp.where(overdamped, cosh_over, cosh_under))
    return sinh, cosh


@jax.jit
def impulse_response(
    time: Float[ArrayLike, "..."], damping: Float[ArrayLike, "..."], stiffness: Float[ArrayLike, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    r"""$\phi$ and $\phi'$ for $\phi'' + \Gamma\phi' + \kappa\phi = 0$, $\phi(0) = 0$, $\phi'(0) = 1$.

    $$\phi(t) = e^{-\Gamma t/2}\,\frac{\sinh \omega t}{\omega}, \qquad \omega^2 = \Gamma^2/4 - \kappa$$

    Any real $\Gamma$, $\kappa$; `time` ≥ 0. The arguments broadcast.
    """
    t, Γ, κ = (jnp.asarray(x, dtype=float) for x in (time, damping, stiffness))
    t, Γ, κ = jnp.broadcast_arrays(t, Γ, κ)
    sinh, cosh = _damped_sinh(t, Γ, κ)
    return sinh, cosh - Γ / 2 * sinh


@jax.jit
def step_response(
    time: Float[ArrayLike, "..."], damping: Float[ArrayLike, "..."], stiffness: Float[ArrayLike, "..."]
) -> Float[Array, "..."]:
    r"""$\Phi = \int_0^t \phi$, so $\Phi'' + \Gamma\Phi' + \kappa\Phi = 1$ from rest at zero.

    $\Phi = (1 - \phi' - \Gamma\phi)/\kappa$; for $\kappa \ll \Gamma^2$ that cancels, and the difference of the
    two exponential integrals is used instead, which is regular at $\kappa = 0$ (for $\Gamma > 0$); for short times
    both cancel, and the power series in t is summed. NaN for $\kappa = 0$ with $\Gamma < 0$.
    """
    t, Γ, κ = (jnp.asarray(x, dtype=float) for x in (time, damping, stiffness))
    t, Γ, κ = jnp.broadcast_arrays(t, Γ, κ)
    short = (jnp.abs(Γ) * t < 0.5) & (jnp.abs(κ) * t**2 < 0.25)
    slow_mode = (jnp.abs(κ) < Γ**2 / 8) & (Γ > 0)

    φ, dφ_dt = impulse_response(t, Γ, κ)
    safe_κ = jnp.where(short | slow_mode, 1.0, κ)
    by_equation = (1 - dφ_dt - Γ * φ) / safe_κ

    ω = jnp.sqrt(jnp.where(slow_mode, Γ**2 / 4 - κ, 1.0))
    fast_rate = jnp.where(slow_mode, Γ / 2 + ω, 1.0)
    slow_rate = jnp.where(slow_mode, κ / fast_rate, 0.0)
    by_difference = (_exponential_integral(slow_rate, t) - _exponential_integral(fast_rate, t)) / (2 * ω)
    return jnp.where(short, _short_step_response(t, Γ, κ, short), jnp.where(slow_mode, by_difference, by_equation))


def _exponential_integral(rate: Array, time: Array) -> Array:
    """(1 − e^{−rt})/r, by its series where rt is small, so that the derivative at r = 0 is right too."""
    x = rate * time
    near = jnp.abs(x) < 1e-3
    series = time * (1 - x / 2 * (1 - x / 3 * (1 - x / 4 * (1 - x / 5))))
    return jnp.where(near, series, -jnp.expm1(-x) / jnp.where(near, 1.0, rate))


def _short_step_response(time: Array, damping: Array, stiffness: Array, short: Array) -> Array:
    """Taylor series of the step response, where Γt < 1/2 and κt² < 1/4: its terms fall like 0.81^n/n!."""
    t = jnp.where(short, time, 0.0)
    x, y = damping * t, stiffness * t**2
    total, term, following = jnp.zeros_like(t), jnp.zeros_like(t), t**2 / 2
    for n in range(1, 18):
        total = total + following
        term, following = following, -(x * (n + 1) * following + y * term) / ((n + 1) * (n + 2))
    return total
