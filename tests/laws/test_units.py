"""Units of mass: there and back again, known values, and Friedmann's equation in each of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.constants
from hypothesis import given, strategies as st

from cosmograd.cosmology import MassUnit, convert_units

ε = np.finfo(float).eps
units = st.sampled_from(MassUnit)
dimensions = st.floats(-8, 8) | st.integers(-8, 8)
values = st.floats(1e-30, 1e30) | st.floats(-1e30, -1e-30)


@given(values, units, units, dimensions)
def test_there_and_back_again(value, first, second, dimension):
    there = convert_units(value, first, second, dimension)
    assert float(convert_units(there, second, first, dimension)) == pytest.approx(value, rel=2 * ε)


@given(values, units, units, units, dimensions)
def test_a_detour_through_a_third_unit_changes_nothing(value, first, second, third, dimension):
    """Ratios of units are rounded before they are raised to the power d."""
    detour = convert_units(convert_units(value, first, second, dimension), second, third, dimension)
    direct = convert_units(value, first, third, dimension)
    assert float(detour) == pytest.approx(float(direct), rel=(4 + 4 * abs(dimension)) * ε)


@given(units, units, dimensions, dimensions)
def test_dimensions_of_a_product_add_up(first, second, one, other):
    product = convert_units(3.0, first, second, one) * convert_units(5.0, first, second, other)
    assert float(product) == pytest.approx(float(convert_units(15.0, first, second, one + other)), rel=1e-13)


def test_known_masses():
    """CODATA 2022: m_P c² = 1.220890(14)e19 GeV; M_Pl = m_P/√8π."""
    planck, reduced = (float(convert_units(1, unit, "GeV")) for unit in (MassUnit.PLANCK, MassUnit.REDUCED_PLANCK))
    assert planck == pytest.approx(1.220890e19, rel=5e-7)
    assert reduced == pytest.approx(2.435323e18, rel=5e-7)
    assert planck / reduced == pytest.approx(np.sqrt(8 * np.pi), rel=2 * ε)
    tabulated, _, uncertainty = scipy.constants.physical_constants["Planck mass energy equivalent in GeV"]
    assert planck == pytest.approx(tabulated, abs=0.1 * uncertainty)
    assert uncertainty / tabulated == pytest.approx(1.1e-5, abs=1e-6)


def test_the_scale_of_grand_unification():
    """V = (1.6e16 GeV)⁴ in M_Pl⁴, by its fourth root too."""
    height = float(convert_units((1.6e16) ** 4, "GeV", "reduced-planck", 4))
    assert height == pytest.approx(1.8632e-9, rel=1e-4)
    assert height == pytest.approx(float(convert_units(1.6e16, "GeV", "reduced-planck")) ** 4, rel=1e-14)


def test_friedmanns_equation_holds_in_every_unit():
    r"""$H^2 = \rho/3M_{\rm Pl}^2$, which is ρ/3 in reduced Planck units and 8πρ/3 in those with G = 1."""
    ρ = 2.7e-11
    H = np.sqrt(ρ / 3)
    for unit, factor in (("planck", 8 * np.pi / 3), ("GeV", 1 / (3 * MassUnit.REDUCED_PLANCK.in_gev**2))):
        ρ_there, H_there = (convert_units(x, "reduced-planck", unit, d) for x, d in ((ρ, 4), (H, 1)))
        assert float(H_there**2) == pytest.approx(factor * float(ρ_there), rel=1e-14)
        age = float(convert_units(1 / H, "reduced-planck", unit, -1))
        assert age * float(H_there) == pytest.approx(1.0, rel=4 * ε)


def test_arrays_traced_values_and_derivatives():
    fields = np.arange(6).reshape(2, 3)
    eager = convert_units(fields, "reduced-planck", "GeV")
    traced = jax.jit(lambda x: convert_units(x, "reduced-planck", "GeV"))(fields)
    np.testing.assert_array_equal(traced, eager)
    assert eager.shape == (2, 3)
    slope = jax.grad(lambda x: convert_units(x, "planck", "GeV", 0.5))(1.0)
    assert float(slope) == pytest.approx(np.sqrt(MassUnit.PLANCK.in_gev), rel=2 * ε)
    np.testing.assert_array_equal(convert_units(jnp.ones(3), "GeV", "planck", 0), np.ones(3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0, "TeV", "GeV"), "`from_unit` must be one of 'reduced-planck', 'planck', 'GeV', got 'TeV'"),
        ((1.0, "GeV", "gram"), "`to_unit` must be one of 'reduced-planck', 'planck', 'GeV', got 'gram'"),
        ((1.0, "GeV", "planck", 17), "`mass_dimension` must be a number between ±16, got 17"),
        ((1.0, "GeV", "planck", float("nan")), "`mass_dimension` must be a number between ±16, got nan"),
    ],
)
def test_unknown_units_and_dimensions_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        convert_units(*arguments)
