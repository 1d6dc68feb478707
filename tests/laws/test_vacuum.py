"""The adiabatic vacuum against Hankel functions: U = (ν² − 1/4)/τ² has them as exact solutions."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

from cosmograd.cosmology.perturbations import adiabatic_vacuum, vacuum_coefficients


def vacuum_of(ν, x):
    """In de Sitter space, (ln z)′ = ν − 1/2 gives U = (ν² − 1/4)/τ²."""
    ones = jnp.ones(16)
    coefficients, changes = vacuum_coefficients(ones, (ν**2 - 0.25) * ones, jnp.array(0.1))
    at_modes = (jnp.broadcast_to(rows[:, 3:4], (3, len(x))) for rows in (coefficients, changes))
    return adiabatic_vacuum(*at_modes, jnp.ones(len(x)), jnp.asarray(np.log(x)))


def exact(ν, x):
    return np.pi * x / 2 * np.abs(scipy.special.hankel1(ν, x)) ** 2


def test_bunch_davies_in_de_sitter_space():
    x = np.array([3.0, 10.0, 100.0])
    vacuum = vacuum_of(1.5, x)
    np.testing.assert_allclose(vacuum.power, 1 + 1 / x**2, rtol=1e-12)
    np.testing.assert_allclose(vacuum.slope, 2 / (1 + x**2), rtol=1e-8)  # (ln(1 + x⁻²))′ with x′ = −x
    assert (vacuum.last_term < 1e-9).all()


@pytest.mark.parametrize("ν", [0.0, 0.8, 1.3, 1.55, 2.0])
def test_against_hankel_functions(ν):
    """The error of an asymptotic series is about the first term left out, here (μ − 1)(μ − 9)(μ − 25)(μ − 49)/x⁸."""
    x = np.array([8.0, 16.0, 32.0])
    vacuum = vacuum_of(ν, x)
    μ = 4 * ν**2
    left_out = 35 / 128 * np.abs((μ - 1) * (μ - 9) * (μ - 25) * (μ - 49)) / (2 * x) ** 8
    error = np.abs(np.asarray(vacuum.power) / exact(ν, x) - 1)
    assert (error <= 1.5 * left_out + 1e-12).all()
    h = 1e-4
    slope = -(np.log(exact(ν, x * np.exp(h))) - np.log(exact(ν, x * np.exp(-h)))) / (2 * h)
    assert (np.abs(vacuum.slope - slope) <= 8 * 1.5 * left_out + 1e-8).all()  # x⁻⁸ falls by 8 in an e-fold
