"""Fields that do not act back on the expansion: Bessel functions, and training as a field in de Sitter space."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

from cosmograd.cosmology import DeSitter, PowerLawExpansion
from cosmograd.cosmology.background import FieldOutcome, Model, acceleration, evolve_field
from cosmograd.cosmology.field_space import FlatFieldSpace
from cosmograd.cosmology.potentials import QuadraticPotential
from cosmograd.duality import LossPotential, dual_universe, training_step


@pytest.mark.parametrize("p", [0.5, 2 / 3, 1.0])
def test_a_massive_field_in_power_law_expansions(p):
    """φ ∝ (mt)^{−ν}J_ν(mt), ν = (3p − 1)/2; the coasting universe, p = 1, is Nesterov's: J₁(mt)/(mt)."""
    ν, m, t = (3 * p - 1) / 2, 2.0, np.linspace(0.05, 20, 50)
    x = m * t
    exact, slope = x**-ν * scipy.special.jv(ν, x), -m * x**-ν * scipy.special.jv(ν + 1, x)
    result = evolve_field(PowerLawExpansion(p), QuadraticPotential(m), exact[:1], slope[:1], t, accuracy=1e-9)
    assert result.outcome == FieldOutcome.FINISHED
    assert result.achieved_accuracy <= 1e-9
    np.testing.assert_allclose(result.field[:, 0], exact, atol=1e-9 * exact[0])


def test_training_is_a_field_in_de_sitter_space():
    """Heavy ball on a network's loss is the leapfrog scheme of its potential, of second order in the time step."""
    potential = LossPotential.examples()[0]
    assert potential.fields == 2 * 8 + 8 + 8 + 1
    start, H, end = potential.suggested_field(), 0.4, 1.6
    gradient = jax.jit(jax.grad(potential))
    exact = evolve_field(DeSitter(H), potential, start, jnp.zeros_like(start), np.array([0.0, end]), accuracy=1e-9)
    errors = []
    for updates in (16, 32, 64):
        δ = end / updates
        step = training_step(H, δ)
        assert float(dual_universe(step.learning_rate, step.momentum).hubble_rate) == pytest.approx(H, rel=1e-12)
        before, here = start - δ**2 / 2 * gradient(start), start  # φ(−δ) from rest
        for _ in range(updates):
            before, here = here, here + step.momentum * (here - before) - step.learning_rate * gradient(here)
        errors.append(float(jnp.linalg.norm(here - exact.field[-1])))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, 2.0, atol=0.1)


def test_a_loss_acts_back_like_any_potential():
    """In M_Pl units the loss inflates: slow roll of the flat field space, V = sL."""
    potential = LossPotential.examples()[0]
    φ = potential.suggested_field()
    gradient, V = jax.grad(potential)(φ), potential(φ)
    v = 1e-2 * jnp.ones_like(φ) / φ.size
    expected = -(3 - v @ v / 2) * (v + gradient / V)
    np.testing.assert_allclose(acceleration(Model(potential, FlatFieldSpace()), φ, v), expected, rtol=1e-12)
    outputs = potential.network.apply(potential.parameters, potential.inputs)
    assert float(V) == pytest.approx(float(jnp.sum((outputs - potential.targets) ** 2) / 2), rel=1e-12)


def test_times_in_a_wrong_order():
    with pytest.raises(ValueError, match=r"`times` must increase: 0\.5 follows 1"):
        evolve_field(DeSitter(1.0), QuadraticPotential(1.0), np.ones(1), np.zeros(1), np.array([0.0, 1.0, 0.5]))
