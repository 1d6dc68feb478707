"""Expansion histories against the solutions of Friedmann's equation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.cosmology import (
    DeSitter,
    FunctionExpansion,
    PowerLawExpansion,
    TabulatedExpansion,
    cosmological_constant,
)

from_scale_factor, from_hubble_rate = TabulatedExpansion.from_scale_factor, TabulatedExpansion.from_hubble_rate


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


def test_radiation_and_matter_thin_out_as_they_must():
    """ρ = 3H² falls as a⁻⁴ and as a⁻³; age 1/2H and 2/3H."""
    times = jnp.geomspace(1e-3, 1e3, 7)
    for universe, power, age in ((PowerLawExpansion.radiation(1.7), 4, 1 / 2), (PowerLawExpansion.matter(), 3, 2 / 3)):
        a, H = jax.vmap(universe.scale_factor)(times), jax.vmap(universe.hubble_rate)(times)
        np.testing.assert_allclose(3 * H**2 * a**power, 3 * universe.hubble_rate(universe.unit_time) ** 2, rtol=1e-13)
        np.testing.assert_allclose(H * times, age, rtol=1e-15)


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
    ("make", "of_table", "quantity", "order"),
    [
        (from_scale_factor, "scale_factor", "log_scale_factor", 4),
        (from_scale_factor, "scale_factor", "hubble_rate", 3),
        (from_hubble_rate, "hubble_rate", "hubble_rate", 4),
        (from_hubble_rate, "hubble_rate", "log_scale_factor", 4),
    ],
)
def test_tables_converge_at_the_order_of_cubic_splines(make, of_table, quantity, order):
    """ln a = t + 0.3 sin 3t at unevenly spaced times; away from the ends, whose larger error hides that of e-folds."""
    exact = FunctionExpansion(lambda t: t + 0.3 * jnp.sin(3 * t))
    points = jnp.linspace(1.0, 3.0, 1009)
    errors = []
    for rows in (129, 257):
        u = np.linspace(0, 1, rows)
        times = 4 * (u + 0.1 * np.sin(2 * np.pi * u))
        table = make(times, jax.vmap(getattr(exact, of_table))(jnp.asarray(times)))
        difference = jax.vmap(getattr(table, quantity))(points) - jax.vmap(getattr(exact, quantity))(points)
        errors.append(np.abs(difference - (difference[0] if quantity == "log_scale_factor" else 0)).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.05)


@pytest.mark.parametrize("universe", [PowerLawExpansion.radiation(), PowerLawExpansion.matter(2.0)])
def test_tables_of_power_laws_give_their_hubble_rate(universe):
    """|δH| ≤ h³ max|(ln a)⁗| from a, and δH ≤ h⁴ max|H⁗| from H: several times the bounds of a spline's inside."""
    times = np.linspace(1.0, 5.0, 201)
    h, p = times[1] - times[0], universe.exponent
    points = jnp.linspace(1.0, 5.0, 777)
    from_a = from_scale_factor(times, jax.vmap(universe.scale_factor)(jnp.asarray(times)))
    from_H = from_hubble_rate(times, p / times)
    np.testing.assert_allclose(jax.vmap(from_a.hubble_rate)(points), p / points, rtol=0, atol=6 * p * h**3)
    np.testing.assert_allclose(jax.vmap(from_H.hubble_rate)(points), p / points, rtol=0, atol=24 * p * h**4)
    # e-folds since the first row, where a = 1 by convention, by both routes
    assert from_H.scale_factor(1.0) == 1.0
    for table in (from_a, from_H):
        e_folds = jax.vmap(table.log_scale_factor)(points) - table.log_scale_factor(1.0)
        np.testing.assert_allclose(e_folds, p * jnp.log(points), rtol=0, atol=24 * p * h**4)


@pytest.mark.parametrize("make", [from_scale_factor, from_hubble_rate])
def test_tables_keep_their_values_and_two_derivatives_of_ln_a_are_continuous(make):
    times, values = np.array([-1.0, 0.1, 0.4, 2.0, 2.5, 4.0]), np.array([1.0, 2.0, 1.5, 0.7, 3.0, 3.5])
    table = make(times, values)
    kept = table.scale_factor if make == from_scale_factor else table.hubble_rate
    np.testing.assert_allclose([kept(t) for t in times], values, rtol=1e-13)
    functions = table.log_scale_factor, table.hubble_rate, jax.grad(table.hubble_rate)
    for t in times[1:-1]:
        for function in functions:
            assert function(np.nextafter(t, -9.0)) == pytest.approx(float(function(t)), rel=1e-12, abs=1e-12)


def test_a_table_says_nothing_outside_its_times():
    table = from_scale_factor([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0])
    for function in (table.log_scale_factor, table.scale_factor, table.hubble_rate, jax.grad(table.hubble_rate)):
        assert np.isnan([function(np.nextafter(1.0, 0.0)), function(np.nextafter(4.0, 5.0)), function(np.nan)]).all()
        assert np.isfinite([function(1.0), function(4.0)]).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DeSitter(-1.0), "`constant_hubble_rate` must be ≥ 0, got -1.0"),
        (lambda: DeSitter(float("nan")), "`constant_hubble_rate` must be ≥ 0, got nan"),
        (lambda: PowerLawExpansion(0.0), "`exponent` must be > 0, got 0.0"),
        (lambda: PowerLawExpansion(0.5, 0.0), "`unit_time` must be > 0, got 0.0"),
        (lambda: from_scale_factor([1, 2, 3], [1, 2, 3]), "at least 4 rows for a cubic spline, got 3"),
        (lambda: from_hubble_rate([1, 2, 3, 4], [1, 2, 3]), r"`times` and `hubble_rates` .* shapes \(4,\) and \(3,\)"),
        (lambda: from_hubble_rate(np.ones((4, 2)), np.ones((4, 2))), "must be vectors of one length, got shapes"),
        (
            lambda: from_scale_factor([1, 2, 1.5, 4], [1, 2, 3, 4]),
            "must increase .* 1.5 follows 2, at place 3 of 4. Sort",
        ),
        (
            lambda: from_hubble_rate([1, 2, 3, 3], [1, 2, 3, 4]),
            "must increase .* 3 follows 3, at place 4 of 4. .* one row",
        ),
        (
            lambda: from_hubble_rate([1, 2, np.inf, 4], [1, 2, 3, 4]),
            "`times` must be finite numbers, got inf in row 3 of 4",
        ),
        (
            lambda: from_hubble_rate([1, 2, 3, 4], [1, np.nan, 3, 4]),
            "`hubble_rates` must be finite .* nan in row 2 of 4",
        ),
        (lambda: from_scale_factor([1, 2, 3, 4], [0, 1, 2, 3]), "`scale_factors` must be > 0, got 0 in row 1 of 4"),
        (lambda: from_scale_factor([1, 2, 3, 4], ["one", 1, 2, 3]), "`scale_factors` must be a vector of known real"),
    ],
)
def test_impossible_histories_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
