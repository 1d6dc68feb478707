"""Damped oscillators against their own power series, summed with 200 decimal digits."""

from decimal import Decimal, localcontext
from functools import cache
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.solvers import impulse_response, step_response

DAMPING = (0.0, 0.7, 2.0, 9.0)
# Stiffness in units of the critical one, Γ²/4 (of 1 for Γ = 0): from no spring at all to far underdamped.
STIFFNESS = (0.0, 1e-14, 1e-6, 0.3, 0.51, 1 - 1e-6, 1 - 1e-9, 1 - 1e-13, 1.0, 1 + 1e-13, 1 + 1e-9, 1 + 1e-6, 1.7, 40.0)
CASES = [
    *((Γ, factor * (Γ**2 / 4 or 1.0)) for Γ in DAMPING for factor in STIFFNESS),
    (1.0, -2.0),
    (-1.0, 0.1),
    (-1.0, 0.25),
    (-1.0, 3.0),
]
TIMES = (0.0, 1e-4, 0.03, 0.4, 1.7, 6.0)
ε = np.finfo(float).eps


@cache
def power_series(time, damping, stiffness) -> tuple[Decimal, Decimal, Decimal]:
    """∫φ, φ and φ' for φ'' + Γφ' + κφ = 0, φ(0) = 0, φ'(0) = 1, from the Taylor coefficients at t = 0."""
    with localcontext() as context:
        context.prec = 200
        t, Γ, κ = Decimal(time), Decimal(damping), Decimal(stiffness)
        integral, φ, dφ_dt = Decimal(0), Decimal(0), Decimal(0)
        coefficient, following, power = Decimal(0), Decimal(1), Decimal(1)
        for n in range(60 + int(4 * t * (abs(Γ) + abs(κ).sqrt()))):
            integral += coefficient * power * t / (n + 1)
            φ += coefficient * power
            dφ_dt += following * (n + 1) * power
            power *= t
            further = -(Γ * (n + 1) * following + κ * coefficient) / ((n + 1) * (n + 2))
            coefficient, following = following, further
        return integral, φ, dφ_dt


def exact_derivative(output: int, argument: int, at: tuple[float, float, float]) -> float:
    """A partial derivative of the series, by a central difference with a step of 1e-40."""
    with localcontext() as context:
        context.prec = 200
        step = Decimal("1e-40")
        up, down = (
            [Decimal(value) + sign * step * (index == argument) for index, value in enumerate(at)] for sign in (1, -1)
        )
        return float((power_series(*up)[output] - power_series(*down)[output]) / (2 * step))


@pytest.mark.parametrize(("damping", "stiffness"), CASES)
def test_impulse_response_is_the_power_series(damping, stiffness):
    t = np.array(TIMES)
    exact_φ, exact_dφ_dt = (np.array([float(power_series(x, damping, stiffness)[i]) for x in TIMES]) for i in (1, 2))
    φ, dφ_dt = impulse_response(jnp.array(TIMES), damping, stiffness)
    # An oscillation is known relative to its envelope, and to the rounding of its phase and damping exponent.
    ω = abs(complex(damping**2 / 4 - stiffness)) ** 0.5
    envelope = np.exp(-damping * t / 2) if stiffness > damping**2 / 4 else np.zeros_like(t)
    rounding = 4 * ε * (1 + (ω + abs(damping)) * t)
    size_φ = np.abs(exact_φ) + envelope * np.minimum(t, 1 / max(ω, 1e-300))
    assert (np.abs(φ - exact_φ) <= rounding * size_φ).all()
    assert (np.abs(dφ_dt - exact_dφ_dt) <= rounding * (np.abs(exact_dφ_dt) + abs(damping) * size_φ + envelope)).all()


@pytest.mark.parametrize(("damping", "stiffness"), CASES)
def test_step_response_is_the_integral_of_the_impulse_response(damping, stiffness):
    exact = np.array([float(power_series(x, damping, stiffness)[0]) for x in TIMES])
    ω = abs(complex(damping**2 / 4 - stiffness)) ** 0.5
    # Beyond the power series κΦ is at least 1/32, which is what is left of 1 − φ' − Γφ.
    rounding = 64 * ε * (1 + (ω + abs(damping)) * np.array(TIMES))
    assert (np.abs(step_response(jnp.array(TIMES), damping, stiffness) - exact) <= rounding * np.abs(exact)).all()


@pytest.mark.parametrize("output", [0, 1, 2])
def test_gradients_are_right_through_critical_damping(output):
    """Γ = 2 is critical at κ = 1, Γ = 0 at κ = 0: automatic differentiation against the differentiated series."""
    stiffnesses = (0.0, 1e-9, 0.4, 0.75, 1 - 1e-8, 1.0, 1 + 1e-8, 30.0)
    cases = list(product((0.0, 0.1, 0.7, 5.0), (0.0, 2.0), stiffnesses))
    response = (step_response, lambda *x: impulse_response(*x)[0], lambda *x: impulse_response(*x)[1])[output]
    gradients = jax.jit(jax.vmap(jax.grad(response, argnums=(0, 1, 2))))(*jnp.array(cases).T)
    exact = [[exact_derivative(output, argument, at) for at in cases] for argument in range(3)]
    np.testing.assert_allclose(gradients, exact, rtol=1e-11, atol=1e-12)


def test_free_fall_limit():
    """Without friction and spring: φ = t and Φ = t²/2, exactly."""
    t = jnp.array(TIMES)
    φ, dφ_dt = impulse_response(t, 0.0, 0.0)
    assert (φ == t).all()
    assert (dφ_dt == 1).all()
    assert (step_response(t, 0.0, 0.0) == t**2 / 2).all()


def test_arguments_broadcast():
    shape = jnp.broadcast_shapes((5, 1, 1), (3, 1), (2,))
    t, Γ, κ = jnp.linspace(0, 2, 5)[:, None, None], jnp.array([0.5, 2.0, 3.0])[:, None], jnp.array([0.2, 4.0])
    φ, dφ_dt = impulse_response(t, Γ, κ)
    assert φ.shape == dφ_dt.shape == step_response(t, Γ, κ).shape == shape
    assert φ[3, 1, 0] == impulse_response(t[3, 0, 0], 2.0, 0.2)[0]
