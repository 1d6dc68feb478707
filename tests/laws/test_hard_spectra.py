"""Spectra that are hard to get right, and estimated errors that must know it: against exact and independent results."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from inflation_reference import ReferenceInflation, ReferenceModel

from cosmograd.cosmology.background import InflationSettings, Model, attractor_velocity, inflate
from cosmograd.cosmology.field_space import FlatFieldSpace, HyperbolicFieldSpace
from cosmograd.cosmology.perturbations import CrossingSettings, mode_functions
from cosmograd.cosmology.potentials import (
    AlphaAttractorE,
    AxionMonodromy,
    DoubleQuadraticPotential,
    HilltopPotential,
    NaturalPotential,
    PlateauWithStep,
    QuadraticPotential,
    StarobinskyPotential,
)
from cosmograd.cosmology.spectra import EFoldsBeforeEnd, ModeOutcome, Resolution, primordial_spectra, spectra


@pytest.mark.slow
@pytest.mark.parametrize(("field", "accuracy"), [(7.5, 1e-5), (8.5, 1e-7)])
def test_long_histories_do_not_matter(field, accuracy):
    """The same pivot has the same power after 339 or 771 e-folds as after 70."""
    model = Model(StarobinskyPotential(1.2e-10))
    usual = primordial_spectra(model, [5.6], wavenumbers=[1.0], accuracy=1e-8)
    long = primordial_spectra(model, [field], wavenumbers=[1.0], accuracy=accuracy)
    assert long.achieved_accuracy <= accuracy
    for name in ("scalar_power", "tensor_power"):
        assert abs(getattr(long, name) / getattr(usual, name) - 1) <= long.error + usual.error
    assert abs(long.pivot.scalar_tilt - usual.pivot.scalar_tilt) <= long.pivot.tilt_error + usual.pivot.tilt_error


@pytest.mark.slow
def test_a_step_narrower_than_the_integrators_steps_is_found():
    """V jumps by 2e-6 within 1e-3 e-folds: N by DOP853 in steps as short, and the estimate is no longer blind."""
    φ0, A, w, scale = 5.3, 1e-6, 1e-5, np.sqrt(2 / 3)

    def V(φ):
        return 1.2e-10 * (1 - np.exp(-scale * φ)) ** 2 * (1 + A * np.tanh((φ - φ0) / w))

    def dV(φ):
        plateau, bend = 1 - np.exp(-scale * φ), np.cosh(np.clip((φ - φ0) / w, -300, 300))
        return 2 * scale * np.exp(-scale * φ) / plateau * V(φ) + 1.2e-10 * plateau**2 * A / w / bend**2

    model = Model(PlateauWithStep(1.2e-10, A, φ0, w))
    velocity = float(attractor_velocity(model, jnp.array([5.4]))[0])
    exact = ReferenceInflation(ReferenceModel(V, dV, 5.4), velocity, longest_step=5e-4)
    found = primordial_spectra(model, [5.4], [velocity], wavenumbers=[1.0], pivot=EFoldsBeforeEnd(50.0))
    assert float(found.history.e_folds_total) == pytest.approx(exact.e_folds_total, rel=1e-8)
    assert found.history.friedmann_violation < 1e-10
    featureless = primordial_spectra(Model(StarobinskyPotential(1.2e-10)), [5.4], wavenumbers=[1.0])
    assert abs(featureless.history.e_folds_total / found.history.e_folds_total - 1) > 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("width", [1e-6, 1e-4])
def test_fields_that_roll_very_slowly(width):
    """dφ/dN of 1e-12 and less: the same numbers at every accuracy, within their errors."""
    model = Model(HilltopPotential(scale=1e-30, width=width))
    exact, *rest = (primordial_spectra(model, wavenumbers=[1.0], accuracy=a) for a in (1e-9, 1e-5, 1e-7))
    assert exact.achieved_accuracy <= 1e-9
    for result in rest:
        assert abs(result.scalar_power / exact.scalar_power - 1) <= result.error
        assert abs(result.pivot.scalar_tilt - exact.pivot.scalar_tilt) <= result.pivot.tilt_error < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("decay_constant", [0.5, 0.8])
def test_constant_roll_from_a_hilltop(decay_constant):
    """Close to a quadratic top, however far from slow roll: n_s = 4 − 2ν with ν² = 9/4 + 3/(2f²)."""
    found = primordial_spectra(Model(NaturalPotential(decay_constant=decay_constant)), wavenumbers=[1.0])
    assert found.achieved_accuracy <= 1e-5
    ν = np.sqrt(9 / 4 + 3 / (2 * decay_constant**2))
    assert float(found.pivot.scalar_tilt) == pytest.approx(4 - 2 * ν, abs=1e-5)
    assert abs(found.pivot.running) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("before_end", [52.16949152542373, 53.0, 55.0])
def test_tilts_where_the_spectrum_rings_fast(before_end):
    """Within a fifth of an e-fold: the powers themselves, closely spaced, say what the derivatives are."""
    model = Model(AxionMonodromy(decay_constant=0.003, modulation=0.02))
    log_k = np.linspace(-0.012, 0.012, 25)
    found = primordial_spectra(model, wavenumbers=np.exp(log_k), pivot=EFoldsBeforeEnd(before_end))
    fit = np.polynomial.Polynomial.fit(log_k, np.log(found.scalar_power), 6).convert().coef
    assert abs(found.pivot.scalar_tilt - 1 - fit[1]) <= found.pivot.tilt_error < 0.1
    assert abs(found.pivot.running - 2 * fit[2]) <= found.pivot.running_error < 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("amplitude", "width"), [(1e-3, 1e-3), (1e-3, 5e-4), (3e-3, 1e-3)])
def test_a_step_that_modes_meet_outside_the_horizon(amplitude, width):
    """Four to six e-folds after their crossing: powers that no longer depend on which others are asked for."""
    model = Model(PlateauWithStep(1.2e-10, amplitude, 5.3, width))
    field, log_k = jnp.array([5.6]), jnp.arange(3.0)
    velocity = attractor_velocity(model, field)
    finest = replace(
        Resolution.for_accuracy(1e-9),
        background=InflationSettings(tolerance=1e-13, grid_points=65537, max_steps=16384),
        modes=CrossingSettings(start=100.0, stop=0.03, longest_step=0.01, phase_step=0.3),
    )
    history = eqx.filter_jit(inflate)(model, field, velocity, finest.background)
    at_step = float(jnp.interp(-5.3, -history.table[0][:, 0], history.e_folds))
    pivot = EFoldsBeforeEnd(float(history.e_folds_total) - at_step + 6)
    exact = eqx.filter_jit(spectra)(model, field, velocity, pivot, log_k, finest)
    found = primordial_spectra(model, field, velocity, wavenumbers=np.exp(log_k), pivot=pivot)
    assert (np.abs(found.scalar_power / exact.scalar_power - 1) <= 1.5e-5).all()
    assert found.achieved_accuracy <= 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [70.0, 100.0])
def test_a_heavy_field_at_rest_changes_nothing(ratio):
    """The covariance's first steps are too long for its oscillations: refined, and not returned as it is."""
    heavy = Model(DoubleQuadraticPotential(6e-6, ratio * 6e-6))
    found = primordial_spectra(heavy, [17.0, 0.0], wavenumbers=[1.0, 10.0])
    alone = primordial_spectra(Model(QuadraticPotential(6e-6)), [17.0], wavenumbers=[1.0, 10.0], accuracy=1e-7)
    assert (found.outcome == ModeOutcome.DONE).all()
    assert found.achieved_accuracy <= 1e-5
    assert (np.abs(found.scalar_power / alone.scalar_power - 1) <= found.error + alone.error).all()


@pytest.mark.slow
def test_modes_that_lack_numbers_are_refined_like_the_pivot():
    """The first steps are too long for the early mode, which takes as many of them for longer; not for the other."""
    heavy = Model(DoubleQuadraticPotential(6e-6, 65 * 6e-6))
    found = primordial_spectra(heavy, [17.0, 0.0], wavenumbers=[1e-18, 1.0], pivot=EFoldsBeforeEnd(8.0))
    assert (found.outcome == ModeOutcome.DONE).all()


@pytest.mark.slow
def test_derivatives_beside_a_heavy_field():
    """dN/dφ both ways and by differences, where explicit steps of the linearised equations would grow."""
    settings, h = InflationSettings(1e-10, 513, max_steps=8192), 0.02

    def e_folds(φ, ratio):
        model = Model(DoubleQuadraticPotential(6e-6, ratio * 6e-6))
        return inflate(model, jnp.array([φ, 1e-3]), jnp.array([-2 / 15, 0.0]), settings).e_folds_total

    N, backward = jax.jit(e_folds), jax.jit(jax.grad(e_folds))
    forward = jax.jit(lambda φ, ratio: jax.jvp(lambda x: e_folds(x, ratio), (φ,), (1.0,))[1])
    for ratio in (20.0, 100.0, 200.0):
        difference = (8 * (N(15 + h, ratio) - N(15 - h, ratio)) - (N(15 + 2 * h, ratio) - N(15 - 2 * h, ratio))) / (
            12 * h
        )
        assert float(forward(15.0, ratio)) == pytest.approx(float(difference), rel=1e-6), ratio
        assert float(backward(15.0, ratio)) == pytest.approx(float(difference), rel=1e-6), ratio


@pytest.mark.slow
def test_derivatives_of_tilts():
    """By α of an attractor at high accuracy: those of derivatives by k are the hardest. Differences of second order."""
    resolution = Resolution.for_accuracy(1e-8)

    def numbers(α):
        model = Model(AlphaAttractorE(1e-10, α, 1.0))
        field = jnp.array([5.6])
        result = spectra(
            model, field, attractor_velocity(model, field), EFoldsBeforeEnd(50.0), jnp.zeros(1), resolution
        )
        return jnp.stack([jnp.log(result.scalar_power[0]), result.pivot.scalar_tilt, result.pivot.tensor_tilt])

    h, run = 0.02, jax.jit(numbers)
    difference = (8 * (run(1 + h) - run(1 - h)) - (run(1 + 2 * h) - run(1 - 2 * h))) / (12 * h)
    forward = jax.jit(lambda: jax.jvp(numbers, (1.0,), (1.0,))[1])()
    np.testing.assert_allclose(forward, difference, rtol=0, atol=1e-6)
    assert float(forward[1]) == pytest.approx(8.74760e-4, abs=1e-6)  # from an independent integration


@pytest.mark.slow
def test_a_wavenumber_beyond_all_bounds_spoils_no_derivative():
    resolution = Resolution.for_accuracy(1e-5)

    def power(mass):
        model, field = Model(QuadraticPotential(mass)), jnp.array([17.0])
        log_k = jnp.log(jnp.array([1.0, 1e40]))
        result = spectra(model, field, attractor_velocity(model, field), EFoldsBeforeEnd(55.0), log_k, resolution)
        return jnp.log(result.scalar_power[0]), result.outcome

    (_, outcome), slope = jax.jit(jax.value_and_grad(power, has_aux=True))(6e-6)
    assert [ModeOutcome(int(o)) for o in outcome] == [ModeOutcome.DONE, ModeOutcome.NEVER_CROSSES]
    assert float(slope) == pytest.approx(2 / 6e-6, rel=1e-6)  # P ∝ m² at a given number of e-folds


def test_a_batch_of_histories_has_their_grids():
    settings = InflationSettings(1e-8, 65)

    def run(φ):
        return inflate(Model(QuadraticPotential(6e-6)), φ[None], -2 / φ[None], settings)

    histories = jax.jit(jax.vmap(run))(jnp.array([15.0, 16.0, 17.0]))
    assert histories.e_folds.shape == (3, 65)
    np.testing.assert_allclose(histories.e_folds[:, -1], histories.e_folds_total, rtol=1e-15)


@pytest.mark.slow
def test_modes_that_begin_outside_the_history_are_not_solved():
    model, field = Model(QuadraticPotential(6e-6)), jnp.array([17.0])
    history = eqx.filter_jit(inflate)(model, field, attractor_velocity(model, field), InflationSettings(1e-8, 257))
    log_k = history.table[0][0, -1] + jnp.log(jnp.array([1e-3, 200.0]))
    solved = eqx.filter_jit(mode_functions)(history, log_k, jnp.array(12.0), 100.0, 1e-6).solved
    assert solved.tolist() == [False, True]


@pytest.mark.slow
@pytest.mark.parametrize("space", [FlatFieldSpace(), HyperbolicFieldSpace(0.03)], ids=["flat", "hyperbolic"])
def test_derivatives_of_two_fields_both_ways_and_by_differences(space):
    """d(N, ln P) along a direction in (m₁, m₂, φ, χ) of double inflation, for modes of its light stage and its turn."""
    resolution, log_k = Resolution.for_accuracy(1e-7), jnp.log(jnp.array([0.1, 20.0]))

    def observables(masses, field):
        model = Model(DoubleQuadraticPotential(*(6e-6 * masses)), space)
        result = spectra(model, field, attractor_velocity(model, field), EFoldsBeforeEnd(52.0), log_k, resolution)
        return jnp.stack([result.history.e_folds_total, *jnp.log(result.scalar_power), *jnp.log(result.tensor_power)])

    point = jnp.array([1.0, 3.0]), jnp.array([12.0, 10.0])
    direction, weights = (jnp.array([0.3, -0.5]), jnp.array([0.4, 0.2])), jnp.array([0.1, 1.0, -0.7, 0.5, 0.3])
    forward = jax.jit(lambda: jax.jvp(observables, point, direction)[1])()
    backward = jax.jit(lambda: jax.vjp(observables, *point)[1](weights))()
    along = sum(float(jnp.sum(g * d)) for g, d in zip(backward, direction, strict=True))
    assert along == pytest.approx(float(weights @ forward), rel=1e-9)
    h, run = 4e-3, jax.jit(observables)
    at = {i: run(*(p + i * h * d for p, d in zip(point, direction, strict=True))) for i in (-2, -1, 1, 2)}
    difference = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * h)
    np.testing.assert_allclose(forward, difference, rtol=1e-6, atol=1e-6)
