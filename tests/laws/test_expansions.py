"""Expansion histories against the solutions of Friedmann's equation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.cosmology import DeSitter, FunctionExpansion, PowerLawExpansion, cosmological_constant


@pytest.mark.parametrize("H", [0.0, 0.3, 2.0])
def test_de_sitter_space_has_constant_hubble_rate_and_its_cosmological_constant(H):
    universe = DeSitter(H)
    for time in (-1.0, 0.0, 4.0):
        assert universe.hubble_rate(time) == H
        assert universe.scale_factor(time) == pytest.approx(np.exp(H * time), rel=1e-15)
        # 3H² = Λ is Friedmann's equation with vacuum energy alone.
        assert cosmological_constant(universe.hubble_rate(time)) == 3 * H**2


@pytest.mark.parametrize(("exponent", "w"), [(1 / 2, 1 / 3), (2 / 3, 0.0), (1.0, -1 / 3), (2.0, -2 / 3)])
def test_power_laws_solve_friedmann_for_a_perfect_fluid(exponent, w):
    r"""a ∝ t^p with p = 2/(3(1+w)): 3H² = ρ, and ρ' = −3H(1+w)ρ."""
    universe = PowerLawExpansion(exponent, 1.7)
    times = jnp.linspace(0.5, 6.0, 9)
    H = jax.vmap(universe.hubble_rate)(times)
    np.testing.assert_allclose(H, exponent / times, rtol=1e-15)
    ρ = 3 * H**2
    dρ_dt = jax.vmap(jax.grad(lambda t: 3 * universe.hubble_rate(t) ** 2))(times)
    np.testing.assert_allclose(dρ_dt, -3 * H * (1 + w) * ρ, rtol=1e-13)
    assert universe.scale_factor(1.7) == 1.0


def test_coasting_universe_is_the_border_of_acceleration():
    """ä/a = p(p − 1)/t² changes sign at p = 1, where the horizon scale aH stands still."""
    for exponent in (0.9, 1.0, 1.1):
        acceleration = jax.grad(jax.grad(PowerLawExpansion(exponent).scale_factor))(2.0)
        expected = exponent * (exponent - 1) * 2.0 ** (exponent - 2)
        assert acceleration == pytest.approx(expected, rel=1e-13, abs=1e-15)


def test_any_function_reproduces_the_named_histories():
    named, given = PowerLawExpansion(2 / 3), FunctionExpansion(lambda t: 2 / 3 * jnp.log(t))
    for time in (0.2, 1.0, 5.0):
        assert given.hubble_rate(time) == pytest.approx(float(named.hubble_rate(time)), rel=1e-15)
        assert given.scale_factor(time) == pytest.approx(float(named.scale_factor(time)), rel=1e-15)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DeSitter(-1.0), "`constant_hubble_rate` must be ≥ 0, got -1.0"),
        (lambda: DeSitter(float("nan")), "`constant_hubble_rate` must be ≥ 0, got nan"),
        (lambda: PowerLawExpansion(0.0), "`exponent` must be > 0, got 0.0"),
        (lambda: PowerLawExpansion(0.5, 0.0), "`unit_time` must be > 0, got 0.0"),
    ],
)
def test_impossible_histories_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
