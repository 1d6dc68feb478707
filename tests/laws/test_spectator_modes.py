"""Test fields in given expansions against Hankel and Bessel functions."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import scipy.special

from cosmograd.cosmology import DeSitter, PowerLawExpansion
from cosmograd.cosmology.perturbations import SpectatorOutcome, evolved_mode, vacuum_mode

X = np.geomspace(100, 0.01, 61)


def de_sitter_mode(mass_squared):
    """√π/2 e^{iπ(ν/2 + 1/4)} x^{3/2} H_ν(x) for k = H = 1, ν² = 9/4 − m², and its derivative by t = −ln x.

    At 30 digits; ν may be imaginary.
    """
    with mpmath.workdps(30):
        ν = mpmath.sqrt(mpmath.mpf(9) / 4 - mpmath.mpf(mass_squared))
        scale = mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(1j * mpmath.pi * (ν / 2 + mpmath.mpf(1) / 4))
        values, velocities = [], []
        for x in map(mpmath.mpf, X):
            hankel, lower = mpmath.hankel1(ν, x), mpmath.hankel1(ν - 1, x)
            values.append(complex(scale * x**1.5 * hankel))
            velocities.append(complex(-scale * x**1.5 * ((1.5 - ν) * hankel + x * lower)))
        return np.array(values), np.array(velocities)


@pytest.mark.parametrize("mass_squared", [0.0, 0.5, 2.0, 2.25, 3.0])
@pytest.mark.parametrize("accuracy", [1e-6, 1e-9])
def test_de_sitter_space(mass_squared, accuracy):
    """Amplitude and phase of mode and velocity, from k/aH = 100 to 0.01, within the error that is returned."""
    mode = vacuum_mode(DeSitter(), 1.0, mass_squared, -np.log(X), accuracy)
    assert mode.outcome == SpectatorOutcome.DONE
    exact, velocity = de_sitter_mode(mass_squared)
    assert np.abs(mode.value / exact - 1).max() <= mode.achieved_accuracy <= accuracy
    assert (np.abs(mode.velocity - velocity) / (np.abs(velocity) + np.abs(exact))).max() <= mode.achieved_accuracy
    np.testing.assert_allclose(mode.power(1.0), np.abs(exact) ** 2 / (2 * np.pi**2), rtol=max(1e-8, accuracy))


def test_wronskian_and_scaling_with_the_hubble_rate():
    """a³(δφ δφ̇* − c.c.) = i for every mode at every time; in units of H only k/aH and m/H matter."""
    expansion, k, t = DeSitter(0.2), jnp.array([0.2, 0.4, 0.8]), -np.log(X[8:40]) / 0.2
    modes = jax.vmap(lambda k: vacuum_mode(expansion, k, 0.04 * 0.5, t, 1e-8))(k)
    wronskian = np.exp(0.6 * t) * (modes.value * modes.velocity.conj() - modes.value.conj() * modes.velocity)
    np.testing.assert_allclose(wronskian, np.full((3, len(t)), 1j), atol=1e-9)
    exact = 0.2**-0.5 * np.abs(de_sitter_mode(0.5)[0])[8:40]  # H/k^{3/2} with k = H
    np.testing.assert_allclose(np.abs(modes.value[0]), exact, rtol=1e-8)


@pytest.mark.parametrize("p", [0.5, 2 / 3])
def test_radiation_and_matter(p):
    """a ∝ t^p: δφ ∝ x^{−ν}J_ν(x), x = k/(aH)·p/(1 − p), ν = (3p − 1)/(2(1 − p)), from outside the horizon to inside."""
    ν, k, t = (3 * p - 1) / (2 * (1 - p)), 3.0, np.geomspace(1e-3, 200, 81)
    x = k * t ** (1 - p) / (1 - p)
    exact, slope = x**-ν * scipy.special.jv(ν, x), -(x**-ν) * scipy.special.jv(ν + 1, x) * (1 - p) * x / t
    mode = evolved_mode(PowerLawExpansion(p), k, 0.0, t, exact[0], slope[0], 1e-9)
    envelope = np.abs(exact) + np.abs(slope) * t / x
    assert (np.abs(mode.value - exact) / envelope).max() < 1e-8
    assert np.abs(mode.value.imag).max() == 0


def test_vacuum_in_power_law_inflation():
    """a ∝ t^p, p > 1: √(π/4)·√(−τ)/a H_ν(−kτ) with ν = 3/2 + 1/(p − 1)."""
    p, k = 12.0, 1.0
    t = np.linspace(0.75, 1.6, 40)
    τ = -(t ** (1 - p)) / (p - 1)
    ν = 1.5 + 1 / (p - 1)
    exact = np.sqrt(np.pi / 4 * -τ) / t**p * np.abs(scipy.special.hankel1(ν, -50 * k * τ))
    mode = vacuum_mode(PowerLawExpansion(p), 50 * k, 0.0, t, 1e-8)
    assert -50 * τ[0] > 90
    np.testing.assert_allclose(np.abs(mode.value), exact, rtol=1e-8)


def test_a_light_field_outside_the_horizon_has_no_vacuum():
    mode = vacuum_mode(DeSitter(), 1.0, 0.5, -np.log(np.array([2.0, 1.0, 0.1])), 1e-6)
    assert mode.outcome == SpectatorOutcome.NO_VACUUM
    assert np.isnan(mode.value).all()


def test_times_in_a_wrong_order_and_impossible_accuracies_are_named():
    with pytest.raises(ValueError, match="`times` must increase: 1 follows 2, at place 3"):
        vacuum_mode(DeSitter(), 1.0, 0.0, np.array([0.0, 2.0, 1.0]))
    with pytest.raises(ValueError, match="`accuracy` must lie between 1e-10 and"):
        vacuum_mode(DeSitter(), 1.0, 0.0, np.array([0.0, 1.0]), 1e-14)
