"""Formulas of named potentials, worked out by hand where they become simple, and limits between them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.cosmology.potentials import (
    AlphaAttractorE,
    AlphaAttractorT,
    AxionMonodromy,
    HilltopPotential,
    MonomialPotential,
    NaturalPotential,
    PlateauWithBump,
    PlateauWithStep,
    QuadraticPotential,
    QuarticPotential,
    StarobinskyPotential,
)

LN3 = np.log(3.0)
STAROBINSKY = 4 / 9  # (1 − e^{−ln 3})²
# potential, φ, V in units of its scale
BY_HAND = {
    "quadratic": (QuadraticPotential(2.0), 3.0, 18.0),
    "quartic": (QuarticPotential(0.5), 2.0, 2.0),
    "monomial": (MonomialPotential(3.0, 2 / 3), -8.0, 12.0),
    "hilltop": (HilltopPotential(2.0, 4.0, 4.0), 2.0, 2.0 * 15 / 16),
    "natural": (NaturalPotential(3.0, 2.0), 2 * np.pi / 3, 4.5),
    "natural, bottom": (NaturalPotential(3.0, 2.0), 2 * np.pi, 0.0),
    "monodromy": (AxionMonodromy(2.0, 0.5, 0.1), np.pi / 2, 2 * (np.pi / 2 - 0.05)),
    "starobinsky": (StarobinskyPotential(1.0), LN3 / np.sqrt(2 / 3), STAROBINSKY),
    "e-model, α = 4": (AlphaAttractorE(1.0, 4.0, 1.0), 2 * LN3 / np.sqrt(2 / 3), STAROBINSKY),
    "e-model, n = 2": (AlphaAttractorE(1.0, 1.0, 2.0), LN3 / np.sqrt(2 / 3), STAROBINSKY**2),
    "t-model": (AlphaAttractorT(1.0, 1 / 6, 1.0), LN3 / 2, 1 / 4),  # tanh(½ ln 3) = ½
    "t-model, α = 2/3": (AlphaAttractorT(1.0, 2 / 3, 1.0), LN3, 1 / 4),
    "t-model, n = 2": (AlphaAttractorT(1.0, 1 / 6, 2.0), LN3 / 2, 1 / 16),
    "bump, top": (PlateauWithBump(1.0, 0.1, LN3 / np.sqrt(2 / 3), 0.02), LN3 / np.sqrt(2 / 3), 1.1 * STAROBINSKY),
    "step, middle": (PlateauWithStep(1.0, 0.1, LN3 / np.sqrt(2 / 3), 0.02), LN3 / np.sqrt(2 / 3), STAROBINSKY),
}


@pytest.mark.parametrize(("potential", "φ", "V"), BY_HAND.values(), ids=BY_HAND)
def test_by_hand(potential, φ, V):
    assert float(potential(jnp.array([φ]))) == pytest.approx(V, rel=1e-14, abs=1e-15)


def test_a_width_below_and_above():
    """A bump falls to e^{−1/2} of itself one width aside, a step takes ±tanh 1 there."""
    plateau, φ, w = StarobinskyPotential(1.0), 5.0, 0.02
    for sign in (-1, 1):
        at = jnp.array([φ + sign * w])
        bump, step = PlateauWithBump(1.0, 0.1, φ, w)(at), PlateauWithStep(1.0, 0.1, φ, w)(at)
        assert float(bump / plateau(at) - 1) == pytest.approx(0.1 * np.exp(-0.5), rel=1e-12)
        assert float(step / plateau(at) - 1) == pytest.approx(sign * 0.1 * np.tanh(1.0), rel=1e-12)


@pytest.mark.parametrize("kind", [AlphaAttractorE, AlphaAttractorT])
def test_attractors_of_large_curvature_parameter_are_quadratic(kind):
    """At small φ: V → V₀ (2/3α) φ² (E), V₀ φ²/6α (T)."""
    factor = {AlphaAttractorE: 2 / 3, AlphaAttractorT: 1 / 6}[kind]
    curvature = jax.hessian(kind(1.0, 50.0, 1.0))(jnp.zeros(1))[0, 0]
    assert float(curvature) == pytest.approx(2 * factor / 50, rel=1e-12)
