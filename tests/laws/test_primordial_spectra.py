"""Inflating backgrounds and the spectra they leave, against independent integrations and exact relations."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from inflation_reference import REFERENCES, ReferenceInflation

from cosmograd.cosmology.background import InflationSettings, Model, attractor_velocity
from cosmograd.cosmology.perturbations import CrossingSettings
from cosmograd.cosmology.potentials import PlateauWithStep, QuadraticPotential, StarobinskyPotential
from cosmograd.cosmology.spectra import (
    EFoldsBeforeEnd,
    ModeOutcome,
    Resolution,
    primordial_spectra,
    slow_roll_spectra,
    spectra,
)

MODELS = {"quadratic": QuadraticPotential(6e-6), "starobinsky": StarobinskyPotential(1.2e-10)}
WAVENUMBERS = np.geomspace(1e-2, 1e2, 41)
COMPARED = (0, 7, 18, 25, 33, 40)


@pytest.fixture(scope="module", params=["quadratic", pytest.param("starobinsky", marks=pytest.mark.slow)])
def case(request):
    model, reference = Model(MODELS[request.param]), REFERENCES[request.param]
    velocity = float(attractor_velocity(model, jnp.array([reference.field]))[0])
    exact = ReferenceInflation(reference, velocity)
    pivot = exact.log_wavenumber_crossing(55)
    power = {
        kind: np.array([exact.power(pivot + np.log(WAVENUMBERS[i]), kind == "tensor") for i in COMPARED])
        for kind in ("curvature", "tensor")
    }
    return model, reference.field, velocity, exact, power


@pytest.mark.parametrize("accuracy", [1e-5, 1e-7])
def test_against_independent_integration(case, accuracy):
    model, field, velocity, exact, power = case
    result = primordial_spectra(model, [field], [velocity], wavenumbers=WAVENUMBERS, accuracy=accuracy)
    assert (result.outcome == ModeOutcome.DONE).all()
    assert result.achieved_accuracy <= accuracy
    assert float(result.history.e_folds_total) == pytest.approx(exact.e_folds_total, rel=1e-9)
    assert result.history.friedmann_violation <= 1e-10
    for ours, reference in ((result.scalar_power, power["curvature"]), (result.tensor_power, power["tensor"])):
        error = np.abs(np.asarray(ours)[list(COMPARED)] / reference - 1)
        assert error.max() <= accuracy
        assert (error <= np.asarray(result.error)[list(COMPARED)]).all()  # the estimate is an upper bound


def test_pivot_numbers(case):
    """Tilts and running from powers at many other wavenumbers, from independent ones, and from slow roll."""
    model, field, velocity, exact, _ = case
    k = np.exp(np.linspace(-0.6, 0.6, len(WAVENUMBERS)))
    result = primordial_spectra(model, [field], [velocity], wavenumbers=k, accuracy=1e-7)
    pivot = result.pivot
    log_k = np.log(k)
    fits = [
        np.polynomial.Polynomial.fit(log_k, np.log(p), 5).convert().coef
        for p in (result.scalar_power, result.tensor_power)
    ]
    scalar, tensor = fits
    assert float(pivot.scalar_tilt) == pytest.approx(1 + scalar[1], abs=1e-6)
    assert float(pivot.running) == pytest.approx(2 * scalar[2], abs=1e-6)
    assert float(pivot.tensor_tilt) == pytest.approx(tensor[1], abs=1e-6)
    assert float(pivot.tensor_to_scalar_ratio) == pytest.approx(np.exp(tensor[0] - scalar[0]), rel=1e-6)
    assert max(pivot.tilt_error, pivot.running_error) < 1e-6
    h, at = 0.2, exact.log_wavenumber_crossing(55)
    for kind, tilt in (("curvature", pivot.scalar_tilt - 1), ("tensor", pivot.tensor_tilt)):
        before2, before, middle, after, after2 = (
            np.log(exact.power(at + i * h, kind == "tensor")) for i in (-2, -1, 0, 1, 2)
        )
        assert float(tilt) == pytest.approx((8 * (after - before) - (after2 - before2)) / (12 * h), abs=1e-6)
        if kind == "curvature":
            second = (16 * (after + before) - (after2 + before2) - 30 * middle) / (12 * h**2)
            assert float(pivot.running) == pytest.approx(second, abs=1e-6)
    rough = primordial_spectra(model, [field], [velocity], wavenumbers=k, accuracy=1e-5).pivot
    assert abs(rough.scalar_tilt - pivot.scalar_tilt) <= rough.tilt_error < 1e-6
    assert abs(rough.tensor_tilt - pivot.tensor_tilt) <= rough.tensor_tilt_error < 1e-6
    assert abs(rough.running - pivot.running) <= rough.running_error < 1e-5
    history = result.history
    rolling = slow_roll_spectra(history, history.phase(history.e_folds_total - 55))
    third = 20 * (float(pivot.tensor_to_scalar_ratio) / 16 + 0.02) ** 3  # ε₁ and ε₂ are of this order
    assert float(pivot.scalar_tilt) == pytest.approx(float(rolling.scalar_tilt), abs=third)
    assert float(pivot.tensor_tilt) == pytest.approx(float(rolling.tensor_tilt), abs=third)
    assert float(pivot.running) == pytest.approx(float(rolling.running), abs=third)
    assert float(pivot.scalar_amplitude) == pytest.approx(float(rolling.scalar_power), rel=third ** (2 / 3) * 3)


@pytest.mark.parametrize("velocity", [0.0, 0.3])
def test_a_start_off_the_attractor_is_soon_forgotten(velocity):
    """At rest, or uphill at first: ζ has no value where the field turns round, long before these modes begin."""
    model, k = Model(MODELS["quadratic"]), np.array([0.1, 1.0, 10.0])
    usual = primordial_spectra(model, [17.0], wavenumbers=k)
    thrown = primordial_spectra(model, [17.0], [velocity], wavenumbers=k)
    assert thrown.achieved_accuracy <= 1e-5
    assert (np.abs(thrown.scalar_power / usual.scalar_power - 1) <= 2e-5).all()
    assert abs(thrown.pivot.scalar_tilt - usual.pivot.scalar_tilt) <= thrown.pivot.tilt_error + usual.pivot.tilt_error
    assert thrown.pivot.tilt_error < 1e-6


@pytest.mark.slow
def test_a_feature_is_refined_until_it_is_resolved():
    """A sharp step makes the spectrum ring: the estimated error covers the distance to a far finer computation."""
    model, k = Model(PlateauWithStep(amplitude=3e-4, width=0.01)), np.geomspace(1e-2, 1e2, 81)
    result = primordial_spectra(model, wavenumbers=k, accuracy=1e-4)
    assert result.achieved_accuracy <= 1e-4
    assert result.scalar_power.max() > 1.5 * result.scalar_power.min()
    φ = model.potential.suggested_field()
    finest = replace(
        Resolution.for_accuracy(1e-9),
        background=InflationSettings(tolerance=1e-12, grid_points=16385, max_steps=8192),
        modes=CrossingSettings(start=100.0, stop=0.01, longest_step=0.02, phase_step=0.3),
    )
    exact = eqx.filter_jit(spectra)(model, φ, attractor_velocity(model, φ), EFoldsBeforeEnd(55.0), jnp.log(k), finest)
    error = np.abs(result.scalar_power / exact.scalar_power - 1)
    assert (error <= result.error).all()
    assert abs(result.pivot.scalar_tilt - exact.pivot.scalar_tilt) <= result.pivot.tilt_error
    assert abs(result.pivot.running - exact.pivot.running) <= result.pivot.running_error


@pytest.mark.slow
def test_derivatives_agree_both_ways_and_with_differences():
    """d(N, P, n_s, r, n_t) along a direction in (mass, field); the differences are one batch."""
    log_k, resolution = jnp.log(jnp.array([0.03, 20.0])), Resolution.for_accuracy(1e-7)

    def observables(mass, field):
        model = Model(QuadraticPotential(mass))
        velocity = attractor_velocity(model, field[None])
        result = spectra(model, field[None], velocity, EFoldsBeforeEnd(55.0), log_k, resolution)
        pivot = result.pivot
        numbers = (pivot.scalar_amplitude, pivot.scalar_tilt, pivot.tensor_to_scalar_ratio, pivot.tensor_tilt)
        return jnp.stack(
            [result.history.e_folds_total, *jnp.log(result.scalar_power), jnp.log(numbers[0]), *numbers[1:]]
        )

    point, direction = (jnp.array(6e-6), jnp.array(17.0)), (jnp.array(2e-6), jnp.array(0.7))
    weights = jnp.array([0.3, 1.1, -0.7, 0.5, 2.0, -3.0, 1.0])
    ways = jax.jit(lambda: (jax.jvp(observables, point, direction)[1], jax.vjp(observables, *point)[1](weights)))
    forward, backward = ways()
    along = sum(float(g * d) for g, d in zip(backward, direction, strict=True))
    assert along == pytest.approx(float(weights @ forward), rel=1e-9)
    h = 4e-3 * jnp.array([2.0, 1.0, -1.0, -2.0])
    batch = [p + h * d for p, d in zip(point, direction, strict=True)]
    values = eqx.filter_jit(jax.vmap(observables))(*batch)
    difference = (-values[0] + 8 * values[1] - 8 * values[2] + values[3]) / (12 * 4e-3)
    np.testing.assert_allclose(forward, difference, rtol=1e-6, atol=1e-7)


@pytest.mark.slow
def test_many_modes_are_solved_in_parts():
    """1001 wavenumbers, in two parts of which the last is not full, have the powers of every hundredth alone."""
    model = Model(MODELS["quadratic"])
    many = np.geomspace(1e-2, 1e2, 1001)
    whole = primordial_spectra(model, [17.0], wavenumbers=many, accuracy=1e-5)
    few = primordial_spectra(model, [17.0], wavenumbers=many[::100], accuracy=1e-5)
    assert whole.scalar_power.shape == whole.tensor_power.shape == whole.error.shape == (1001,)
    np.testing.assert_allclose(whole.scalar_power[::100], few.scalar_power, rtol=1e-12)
    np.testing.assert_allclose(whole.tensor_power[::100], few.tensor_power, rtol=1e-12)
    assert (np.diff(whole.scalar_power) < 0).all()
