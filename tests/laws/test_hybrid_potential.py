"""Hybrid inflation: a valley that turns into a ridge, and the way down from it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.cosmology.background import InflationSettings, Model, Outcome, attractor_velocity, inflate
from cosmograd.cosmology.field_space import FlatFieldSpace
from cosmograd.cosmology.potentials import HybridPotential

SETTINGS = InflationSettings(tolerance=1e-8, grid_points=513)
every_example = pytest.mark.parametrize("potential", HybridPotential.examples())


def along(potential, *derivatives):
    """∂V with respect to the fields of the given places, one after the other."""
    function = potential
    for place in derivatives:
        function = (lambda f, i: lambda φ: jax.grad(f)(φ)[i])(function, place)
    return function


@every_example
def test_the_valley_turns_into_a_ridge_at_the_critical_point(potential):
    r"""$\partial_\psi^2V = g^2\varphi^2 - \lambda v^2$ at ψ = 0 vanishes at $\varphi_c = \sqrt\lambda v/g$."""
    origin, v = jnp.zeros(2), potential.vacuum_value
    λ = along(potential, 1, 1, 1, 1)(origin) / 6
    g_squared = along(potential, 0, 0, 1, 1)(origin) / 2
    φ_c = float(jnp.sqrt(λ / g_squared) * v)
    assert φ_c == pytest.approx(float(potential.critical_field), rel=1e-14)
    for φ in φ_c * np.array([0.0, 0.5, 1 - 1e-6, 1 + 1e-6, 2.0]):
        mass_squared = float(along(potential, 1, 1)(jnp.array([φ, 0.0])))
        assert mass_squared == pytest.approx(float(g_squared * φ**2 - λ * v**2), rel=1e-9)
        assert np.sign(mass_squared) == np.sign(φ - φ_c)
        assert along(potential, 1)(jnp.array([φ, 0.0])) == 0  # so that ψ = 0 stays so


@every_example
def test_the_vacua_are_minima_without_energy(potential):
    r"""At (0, ±v): V = 0 and ∇V = 0; masses $\lambda v^2 \cdot 2$ of ψ and $m^2 + g^2v^2$ of φ."""
    V0, v, μ, φ_c = potential.scale, potential.vacuum_value, potential.width, potential.critical_field
    masses = jnp.array([2 * V0 / μ**2 + 4 * V0 / φ_c**2, 8 * V0 / v**2])
    for sign in (1, -1):
        vacuum = jnp.stack([jnp.zeros(()), sign * v])
        assert potential(vacuum) == 0
        assert (jax.grad(potential)(vacuum) == 0).all()
        np.testing.assert_allclose(jax.hessian(potential)(vacuum), jnp.diag(masses), rtol=1e-13, atol=1e-28)
    elsewhere = jnp.array([[0.0, 0.0], [1.0, 3.0], [-2.0, 0.1], [0.1, 9.0]])
    assert (jax.vmap(potential)(elsewhere) > 0).all()


@pytest.mark.slow
def test_the_waterfall_takes_as_long_as_slow_roll_says():
    """Ten e-folds of valley and sixty of waterfall, to a few; ψ turns round 1/3 e-fold after the critical point.

    The delay is Hubble friction's: with η = ∂²V/3H², (ln ψ)' = −η + η'/3 in slow roll, so ψ' = 0 where η = η'/3.
    """
    solve = eqx.filter_jit(lambda model, φ: inflate(model, φ, attractor_velocity(model, φ), SETTINGS))
    for potential in HybridPotential.examples():
        model, φ = Model(potential, FlatFieldSpace(), jnp.zeros(())), potential.suggested_field()
        history = solve(model, φ)
        assert int(history.outcome) == Outcome.ENDED
        assert float(history.e_folds_total) == pytest.approx(70, abs=5)
        assert history.steps < 500
        e_folds = jnp.linspace(5.0, 15.0, 1001)
        field = history.phase(e_folds).field
        critical = float(e_folds[jnp.argmax(field[:, 0] < potential.critical_field)])
        assert critical == pytest.approx(10, abs=0.5)
        assert float(e_folds[jnp.argmin(field[:, 1])]) - critical == pytest.approx(1 / 3, abs=0.03)
        end = history.phase(history.e_folds_total).field
        assert abs(end[0]) < potential.critical_field / 100
        assert potential.vacuum_value / 2 < end[1] < potential.vacuum_value
