"""Universes on networks against exact solutions: Hankel and Bessel functions, convergence orders, finite width."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.special

from cosmograd.cosmology import DeSitter, PowerLawExpansion
from cosmograd.cosmology.background import Model, attractor_velocity, expansion_of_inflation
from cosmograd.cosmology.potentials import FunctionPotential, QuadraticPotential
from cosmograd.cosmology.spectra import EFoldsBeforeEnd, Resolution, spectra
from cosmograd.duality import norm_ratio
from cosmograd.duality.analogue import (
    FieldStart,
    FieldTheory,
    compare_with_direct,
    compile_analogue,
    compile_ensemble,
    direct_path,
    direct_solution,
    ensemble_spectrum,
    error_of_amplitude,
    errors_of_networks,
    field_potential,
    fixed_kernel_path,
    leapfrog_schedule,
    mode_function_start,
    network_universe,
    periodic_box,
    readout_of,
    vacuum_modes,
    vacuum_spectrum,
)
from cosmograd.duality.analogue.checks import refuse_inaccurate
from cosmograd.duality.analogue.forecast import PredictedError, forecast, scheme_path
from cosmograd.learning.networks import FunctionNetwork, LinearisedNetwork, Perceptron

FREE = field_potential()
BOX = periodic_box(1, 6)


def network_of(width=512, inputs=2, outputs=1):
    network = Perceptron((inputs, width, outputs), weight_scale=3.0, bias_scale=1.0)
    return network, network.initialise(jax.random.key(0))


def hankel_mode(k, mass_squared, t):
    """The Bunch-Davies mode of de Sitter space, H = 1, and nothing of this library."""
    ν = np.sqrt(complex(2.25 - mass_squared))
    x, a = k * np.exp(-t), np.exp(t)
    if abs(ν.imag) > 0:  # SciPy has real orders only; mpmath all
        import mpmath

        h = np.array([complex(mpmath.hankel1(mpmath.mpc(0, ν.imag), one)) for one in np.atleast_1d(x)])
    else:
        h = scipy.special.hankel1(ν.real, np.atleast_1d(x))
    phase = np.exp(1j * np.pi / 4 + 0.5j * np.pi * ν)
    return np.sqrt(np.pi) / 2 * a**-1.5 * phase * h


def exact_modes(box, mass_squared, times):
    """Of `mode_function_start`: (time, mode, 1), in the phase that a massless mode has there."""
    found = []
    for wave, k in zip(box.waves, np.asarray(box.wavenumbers), strict=True):
        u = hankel_mode(k, mass_squared, np.asarray(times))
        found.append(u.imag if wave.shape == "sin" else u.real)
    return np.stack(found, axis=1)[..., None]


class TestBoxes:
    @pytest.mark.parametrize(("dimension", "largest", "side"), [(1, 6, None), (1, None, 9), (2, 3, None), (3, None, 4)])
    def test_modes_are_orthonormal_on_the_lattice(self, dimension, largest, side):
        box = periodic_box(dimension, largest, side, length=1.7, constant_mode=True)
        np.testing.assert_allclose(box.cell * box.basis.T @ box.basis, np.eye(len(box.waves)), atol=1e-12)
        if largest is None:
            assert len(box.waves) == box.points
        q = np.random.default_rng(0).normal(size=(len(box.waves), 2))
        np.testing.assert_allclose(box.projected(box.on_lattice(jnp.asarray(q))), q, atol=1e-12)

    def test_wavenumbers_are_those_of_the_laplacian(self):
        """−∇²e = k²e, by differences of fourth order in each direction."""
        box, x, h = periodic_box(2, 2, length=3.0), np.array([0.3, 1.1]), 0.01
        laplacian = np.zeros(len(box.waves))
        for direction in np.eye(2):
            places = x + h * np.array([-2.0, -1.0, 0.0, 1.0, 2.0])[:, None] * direction
            laplacian += np.array([-1, 16, -30, 16, -1]) / (12 * h**2) @ box.basis_at(places)
        np.testing.assert_allclose(
            -laplacian, np.asarray(box.wavenumbers) ** 2 * box.basis_at(x[None])[0], rtol=1e-5, atol=1e-7
        )

    def test_waves_of_interactions_need_points(self):
        """φ³ of waves up to 6 folds back onto them on 16 points; on more than 24 it does not."""
        q = jax.random.normal(jax.random.key(2), (12, 1))
        forces = {}
        for side in (16, 32, 64):
            theory = FieldTheory(periodic_box(1, 6, side), DeSitter(1.0), field_potential(0.0, quartic=1.0))
            forces[side] = np.asarray(theory.force(q, jnp.zeros(())))
        np.testing.assert_allclose(forces[32], forces[64], atol=1e-13)
        assert np.linalg.norm(forces[16] - forces[64]) > 0.02 * np.linalg.norm(forces[64])
        finer = periodic_box(1, 6, 16).on_finer_lattice()
        np.testing.assert_allclose(finer.basis, periodic_box(1, 6, 32).basis, atol=1e-14)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"dimension": 4}, "1, 2 or 3"),
            ({"largest_number": 8, "points_per_side": 16}, "at least 17 points"),
            ({"largest_number": None}, "Give `points_per_side`"),
            ({"dimension": 3, "points_per_side": 64}, "262144 points"),
            ({"length": -1.0}, "`length` must be positive"),
        ],
    )
    def test_impossible_boxes(self, arguments, words):
        with pytest.raises(ValueError, match=words):
            periodic_box(**arguments)


class TestReadouts:
    def test_the_kernel_is_the_identity_in_these_coordinates(self):
        network, θ = network_of(64)
        readout = readout_of(network, BOX, θ, 1e-3)
        J = jax.vmap(lambda v: jax.vjp(readout.outputs, θ)[1](readout.amplitude * readout.pull_of(v[:, None]))[0])(
            jnp.eye(12)
        )
        rows = np.concatenate([np.reshape(leaf, (12, -1)) for leaf in jax.tree.leaves(J)], axis=1)
        np.testing.assert_allclose(rows @ rows.T, 1e-6 * np.eye(12), atol=1e-15)

    @pytest.mark.parametrize("amplitude", [1e-5, 1e-2])
    def test_networks_show_what_they_are_asked_for(self, amplitude):
        network, θ = network_of(64)
        readout = readout_of(network, BOX, θ, amplitude)
        q = jax.random.normal(jax.random.key(3), (12, 1))
        np.testing.assert_allclose(readout.fields(readout.showing(q)), q, atol=1e-9)

    def test_a_preconditioned_force_is_the_gradient_of_no_loss(self):
        """Θ⁻¹U'' is not symmetric unless Θ commutes with it: why fields are read off through Θ^{-1/2}."""
        network, θ = network_of(64)
        readout = readout_of(network, BOX, θ, 1.0)
        kernel = (readout.kernel_modes * readout.kernel_eigenvalues) @ readout.kernel_modes.T
        stiffness = np.linalg.solve(kernel, np.diag(np.asarray(BOX.wavenumbers) ** 2))
        assert np.linalg.norm(stiffness - stiffness.T) > 0.01 * np.linalg.norm(stiffness)

    @pytest.mark.slow
    def test_the_gradient_of_the_loss_moves_the_fields_by_the_force(self):
        """∂q/∂θ · (−∇_θL) = −∂U/∂q, up to the finite width: descent on the loss is the motion of the fields."""
        theory = FieldTheory(BOX, DeSitter(1.0), field_potential(0.5))
        start = FieldStart(jnp.ones((12, 1)), jnp.zeros((12, 1)), 0.0)
        problem = compile_analogue(theory, *network_of(64), start, 0.02, 50, amplitude=1e-7)
        θ = problem.starting_networks()[0]
        slope = jax.grad(problem.loss)(θ, 0)
        moved = jax.jvp(problem.fields, (θ,), (slope,))[1]
        np.testing.assert_allclose(moved, theory.force(jnp.ones((12, 1)), jnp.zeros(())), rtol=1e-5)


class TestDeSitter:
    @pytest.mark.slow
    def test_massless_modes_through_freeze_out(self):
        """Width 512, δ = 0.01, four e-folds: 1e-4 against Hankel functions, and order two."""
        theory = FieldTheory(BOX, DeSitter(1.0), FREE)
        start = mode_function_start(theory, vacuum_modes(theory, 0.0))
        problem = compile_analogue(theory, *network_of(), start, 0.01, 400, amplitude=1e-5)
        found = compare_with_direct(problem, jax.random.key(1))
        exact = exact_modes(BOX, 0.0, problem.schedule.times)
        sign = np.sign(np.sum(exact[0] * found.direct[0]))
        assert norm_ratio(found.direct - sign * exact, exact) < 1e-8
        assert norm_ratio(found.network - sign * exact, exact) < 1e-4
        assert found.relative_error < 1e-4
        assert found.convergence_order == pytest.approx(2.0, abs=0.1)
        assert found.error_from_amplitude < 1e-2 * found.error_from_step
        assert problem.largest_stable_step == pytest.approx(1 / 3)
        # Predicted before any training.
        assert problem.predicted.step == pytest.approx(found.error_from_step, rel=0.01)
        own = norm_ratio(found.network - found.fixed_kernel, found.fixed_kernel)
        assert problem.predicted.finite_width == pytest.approx(own, rel=0.02)
        assert found.error_from_amplitude == pytest.approx(own, rel=0.02)
        assert found.error_at_end < 1e-3

    @pytest.mark.parametrize("mass_squared", [*(pytest.param(m, marks=pytest.mark.slow) for m in (0.5, 2.0)), 3.0])
    def test_massive_modes(self, mass_squared):
        theory = FieldTheory(BOX, DeSitter(1.0), field_potential(mass_squared))
        vacuum = vacuum_modes(theory, 0.0)
        problem = compile_analogue(
            theory, *network_of(), mode_function_start(theory, vacuum), 0.01, 400, amplitude=1e-5
        )
        network = np.asarray(problem.train().fields)
        cos, sin = (network[:, [w.shape == s for w in BOX.waves], 0] for s in ("cos", "sin"))
        power = np.stack(
            [np.abs(hankel_mode(k, mass_squared, np.asarray(problem.schedule.times))) ** 2 for k in range(1, 7)]
        )
        np.testing.assert_allclose((cos**2 + sin**2)[:1], power.T[:1], rtol=1e-8)
        exact = np.sqrt(power.T)
        assert norm_ratio(np.sqrt(cos**2 + sin**2) - exact, exact) < 2.5e-4
        assert norm_ratio(network - direct_path(problem), direct_path(problem)) < 2.5e-4


@pytest.mark.slow
@pytest.mark.parametrize(("exponent", "name"), [(0.5, "radiation"), (2 / 3, "matter")])
def test_decelerating_universes_are_bessel_functions(exponent, name):
    r"""a = t^p: φ = τ^{-ν}(A J_ν + B Y_ν)(kτ) in conformal time τ = t^{1−p}/(1−p), ν = p/(1−p) − ½."""
    q = exponent / (1 - exponent)  # a ∝ τ^q
    ν = q - 0.5

    def solution(k, t):
        τ = t ** (1 - exponent) / (1 - exponent)
        rate = t**-exponent

        def both(f, df):
            y = τ ** (-ν) * f(ν, k * τ)
            return y, rate * (τ ** (-ν) * k * df(ν, k * τ) - ν / τ * y)

        return both(scipy.special.jv, scipy.special.jvp), both(scipy.special.yv, scipy.special.yvp)

    theory = FieldTheory(BOX, PowerLawExpansion(exponent), FREE)
    start = FieldStart(jnp.ones((12, 1)), jnp.zeros((12, 1)), 1.0)
    problem = compile_analogue(theory, *network_of(), start, 0.01, 600, amplitude=1e-5)
    t = np.asarray(problem.schedule.times)
    exact = []
    for k in np.asarray(BOX.wavenumbers):
        (j0, dj0), (y0, dy0) = solution(k, 1.0)
        A, B = np.linalg.solve([[j0, y0], [dj0, dy0]], [1.0, 0.0])
        (j, _), (y, _) = solution(k, t)
        exact.append(A * j + B * y)
    exact = np.stack(exact, axis=1)[..., None]
    assert norm_ratio(direct_path(problem) - exact, exact) < 1e-8
    assert norm_ratio(np.asarray(problem.train().fields) - exact, exact) < 5e-4, name


@pytest.mark.slow
def test_a_massless_field_while_an_inflaton_rolls_has_the_tensors_spectrum():
    """Its vacuum's power outside the horizon is an eighth of the tensors', from the mode equations of inflation."""
    model, field = Model(QuadraticPotential(6e-6)), jnp.array([17.0])
    velocity, pivot = attractor_velocity(model, field), EFoldsBeforeEnd(55.0)
    tensors = spectra(model, field, velocity, pivot, jnp.log(jnp.arange(1.0, 7.0)), Resolution.for_accuracy(1e-7))
    history = tensors.history
    theory = FieldTheory(BOX, expansion_of_inflation(history, 55.0), field_potential())
    end = 11.0  # of time, some ten e-folds
    power, tilt = vacuum_spectrum(theory, vacuum_modes(theory, 0.0), end)
    H = float(jnp.exp(history.phase(history.e_folds_total - 55.0).log_hubble))
    outside = 36 * np.exp(-2 * float(theory.expansion.log_scale_factor(end)))
    np.testing.assert_allclose(power[0] * H**2 * 8, tensors.tensor_power, rtol=3 * outside + 1e-6)
    assert tilt[0] == pytest.approx(float(tensors.pivot.tensor_tilt), abs=1e-3)


class TestFiniteWidth:
    def problem(self, network=None, amplitude=1e-3, **more):
        theory = FieldTheory(BOX, DeSitter(1.0), FREE)
        start = mode_function_start(theory, vacuum_modes(theory, 0.0))
        network = network or network_of()
        return compile_analogue(theory, *network, start, 0.02, 200, amplitude=amplitude, **more)

    def test_errors_are_linear_in_the_amplitude(self):
        """1e-4 … 1e-1 at width 512, one network of each amplitude: slope 1 ± 0.02 by the local slopes at small ones."""
        problem, amplitudes = self.problem(), np.geomspace(1e-4, 1e-1, 7)
        errors = [error_of_amplitude(problem, ε) for ε in amplitudes]
        assert np.polyfit(np.log(amplitudes), np.log(errors), 1)[0] == pytest.approx(1.0, abs=0.02)

    @pytest.mark.slow
    def test_errors_fall_with_the_width(self):
        """r.m.s. over 32 networks each: slope −1 ± 0.25."""
        problem, widths = self.problem(), (128, 256, 512, 1024)
        rms = [
            np.sqrt(np.mean(errors_of_networks(problem, network_of(w)[0], jax.random.key(5), 32) ** 2)) for w in widths
        ]
        assert np.polyfit(np.log(widths), np.log(rms), 1)[0] == pytest.approx(-1.0, abs=0.25)

    @pytest.mark.slow
    def test_a_linearised_network_has_none(self):
        network, θ = network_of(64)
        free = LinearisedNetwork(network, θ)
        problem = self.problem((free, free.initialise(jax.random.key(0))), amplitude=1.0)
        assert norm_ratio(np.asarray(problem.train().fields) - problem.fixed_kernel, problem.fixed_kernel) < 1e-9

    @pytest.mark.slow
    def test_the_forecast_follows_the_kernel_through_long_runs(self):
        """Eight periods and more without expansion: finite width lets phases run away; refreshes hold them."""
        box = periodic_box(1, 2, constant_mode=True)
        theory = FieldTheory(box, DeSitter(0.0), field_potential(1.0))
        q = jax.random.normal(jax.random.key(1), (5, 1))
        found = {}
        for refreshes in (0, 3):
            problem = compile_analogue(
                theory, *network_of(64), FieldStart(q, 0 * q, 0.0), 0.02, 2500, amplitude=1e-3, refreshes=refreshes
            )
            found[refreshes] = norm_ratio(
                np.asarray(problem.train().fields) - problem.fixed_kernel, problem.fixed_kernel
            )
            assert problem.predicted.finite_width == pytest.approx(found[refreshes], rel=0.03)
        assert found[3] < found[0] / 3

    @pytest.mark.slow
    @pytest.mark.parametrize(("amplitude", "scale"), [(1e-8, 3.0), (1e-6, 0.3)])
    def test_rounding_is_as_forecast(self, amplitude, scale):
        """Of a linearised network there is nothing else; a narrow, badly conditioned kernel included."""
        network = Perceptron((2, 64, 1), weight_scale=scale, bias_scale=scale / 2)
        θ = network.initialise(jax.random.key(0))
        problem = self.problem((network, θ), amplitude)
        free = LinearisedNetwork(network, θ)
        other = self.problem((free, θ), amplitude)
        found = norm_ratio(np.asarray(other.train().fields) - problem.fixed_kernel, problem.fixed_kernel)
        assert 1 / 3 < problem.predicted.rounding / found < 3


class TestInteractions:
    @pytest.mark.slow
    def test_quartic_fields_on_64_points(self):
        """λφ⁴ with every mode of the lattice, three oscillations: 1e-3 against the direct integration."""
        box = periodic_box(1, None, 64)
        q = np.zeros((64, 1))
        for name, value in (("constant", np.sqrt(2 * np.pi)), ("cos 1", 0.3), ("sin 2", 0.1)):
            q[box.mode(name)] = value
        theory = FieldTheory(box, DeSitter(0.05), field_potential(0.0, quartic=1.0))
        start = FieldStart(jnp.asarray(q), jnp.zeros((64, 1)), 0.0)
        problem = compile_analogue(theory, *network_of(), start, 0.01, 2200, amplitude=1e-3)
        direct = direct_path(problem)
        assert np.sum(np.diff(np.sign(direct[:, 0, 0])) != 0) >= 4
        assert norm_ratio(np.asarray(problem.train().fields) - direct, direct) < 1e-3

    def test_the_direct_lattice_agrees_with_a_differentiation_matrix(self):
        """The same λφ⁴ on 16 points by SciPy, with Trefethen's periodic D² in closed form and no modes."""
        box = periodic_box(1, None, 16)
        theory = FieldTheory(box, DeSitter(0.1), field_potential(0.0, quartic=1.0))
        x = np.asarray(box.coordinates)[:, 0]
        φ0 = 1 + 0.3 * np.cos(x)
        distance = (x[:, None] - x) / 2 + np.eye(16)
        D2 = -(np.cos(8 * (x[:, None] - x)).round()) / (2 * np.sin(distance) ** 2)
        D2[np.diag_indices(16)] = -(16**2 / 12 + 1 / 6)

        def rate(t, y):
            φ, v = y.reshape(2, 16)
            return np.concatenate([v, -0.3 * v + D2 @ φ * np.exp(-0.2 * t) - φ**3])

        exact = scipy.integrate.solve_ivp(rate, (0, 6), np.concatenate([φ0, 0 * φ0]), "DOP853", rtol=1e-11, atol=1e-12)
        q = box.projected(jnp.asarray(φ0)[:, None])
        found = direct_solution(theory, jnp.asarray(0.0), q, 0 * q, jnp.asarray([6.0]))
        np.testing.assert_allclose(box.on_lattice(found.coefficients[0])[:, 0], exact.y[:16, -1], atol=1e-8)

    @pytest.mark.slow
    def test_a_lattice_that_is_too_coarse_is_seen(self):
        q = 0.5 * jax.random.normal(jax.random.key(2), (12, 1))
        start = FieldStart(q, 0 * q, 0.0)
        for side, words in ((16, "points per side are too few"), (32, None)):
            theory = FieldTheory(periodic_box(1, 6, side), DeSitter(1.0), field_potential(0.0, quartic=1.0))
            if words is not None:
                with pytest.raises(ValueError, match=words):
                    compile_analogue(theory, *network_of(64), start, 0.02, 100, accuracy=1e-2)
            else:
                problem = compile_analogue(theory, *network_of(64), start, 0.02, 100, accuracy=1e-2)
                assert problem.predicted.lattice < 1e-12

    @pytest.mark.slow
    def test_two_coupled_fields_in_two_dimensions(self):
        box = periodic_box(2, 2, constant_mode=True)
        potential = FunctionPotential(lambda φ: 0.5 * φ[0] ** 2 + φ[1] ** 2 + 0.4 * φ[0] * φ[1] + (φ[0] * φ[1]) ** 2, 2)
        theory = FieldTheory(box, DeSitter(0.5), potential)
        q = 0.3 * jax.random.normal(jax.random.key(1), (len(box.waves), 2))
        problem = compile_analogue(theory, *network_of(512, 4, 2), FieldStart(q, 0 * q, 0.0), 0.02, 200, amplitude=1e-5)
        direct = direct_path(problem)
        assert norm_ratio(np.asarray(problem.train().fields) - direct, direct) < 1e-3

    def test_coupled_vacua_decouple_in_their_own_directions(self):
        matrix = np.array([[1.0, 0.4], [0.4, 2.0]])
        theory = FieldTheory(
            periodic_box(3, 1), DeSitter(1.0), FunctionPotential(lambda φ: 0.5 * φ @ jnp.asarray(matrix) @ φ, 2)
        )
        vacuum = vacuum_modes(theory, 0.0)
        for i, mass_squared in enumerate(np.linalg.eigvalsh(matrix)):
            np.testing.assert_allclose(
                np.abs(vacuum.value[:, i]), np.abs(hankel_mode(1.0, mass_squared, 0.0))[0], rtol=1e-8
            )


class TestEnsembles:
    def ensemble(self, members, width, mass_squared=0.0, **more):
        theory = FieldTheory(BOX, DeSitter(1.0), field_potential(mass_squared))
        network = Perceptron((2, width, 1), weight_scale=3.0, bias_scale=1.0)
        vacuum, keys = vacuum_modes(theory, 0.0), (jax.random.key(2), jax.random.key(1))
        return compile_ensemble(theory, network, keys[0], vacuum, keys[1], members, 0.02, 200, **more)

    @pytest.mark.slow
    @pytest.mark.parametrize("mass_squared", [0.0, 0.1])
    def test_512_universes(self, mass_squared):
        """(H/2π)² and its tilt within three standard errors; each P(k) to 5e-3 of the same draws' own evolution."""
        ensemble = self.ensemble(512, 128, mass_squared)
        fields = ensemble.train()[0][:, -1, :, 0]
        exact = np.asarray(ensemble.direct(ensemble.schedule.times[-1:]))[:, -1, :, 0]
        found, direct = ensemble_spectrum(BOX, fields), ensemble_spectrum(BOX, exact)
        late = np.array(
            [np.abs(hankel_mode(k, mass_squared, 4.0))[0] ** 2 * k**3 / (2 * np.pi**2) for k in range(1, 7)]
        )
        np.testing.assert_allclose(found.power, direct.power, rtol=5e-3)
        assert abs(found.tilt - direct.tilt) < 0.003
        # What is left is the time step: the recursion without networks has it too.
        scheme = ensemble_spectrum(BOX, ensemble.forecast.fixed_kernel[:, :, 0])
        np.testing.assert_allclose(found.power, scheme.power, rtol=1e-4)
        assert norm_ratio(fields - exact, exact) == pytest.approx(ensemble.forecast.at_end.total, rel=0.05)
        # Jointly: χ² of six powers, 99.9 %.
        assert np.sum(((found.power - late) / found.standard_error) ** 2) < 22.5
        tilt = 3 - 2 * np.sqrt(2.25 - mass_squared)
        assert abs(found.tilt - tilt) < 3 * found.tilt_error
        if mass_squared == 0:
            assert (np.abs(found.power - 1 / (4 * np.pi**2)) < 3 * found.standard_error).all()

    @pytest.mark.slow
    def test_members_do_not_depend_on_their_neighbours(self):
        """Bit by bit among members; a member trained alone, by another program, up to rounding."""
        ensembles = [self.ensemble(n, 32) for n in (3, 5)]
        (few, conditions), (many, _) = (ensemble.train() for ensemble in ensembles)
        np.testing.assert_array_equal(few, many[:3])
        alone = ensembles[0].member(2).train()
        np.testing.assert_allclose(few[2], alone.fields, atol=1e-8)
        assert conditions[2] == pytest.approx(float(alone.condition_number), rel=1e-6)
        np.testing.assert_allclose(ensembles[0].forecast.condition_numbers, conditions, rtol=1e-6)

    @pytest.mark.slow
    def test_every_member_is_looked_at(self):
        """Of networks so narrow that some kernels are nearly singular, though the first is not, the worst counts."""
        ensemble = self.ensemble(64, 3)
        conditions, rounding = ensemble.forecast.condition_numbers, ensemble.forecast.predicted.rounding
        assert conditions.max() > 1e3 * conditions[0]
        first = ensemble.member(0)
        assert rounding > 10 * forecast(first, scheme_path(first)).predicted.rounding

    def test_errors_of_tilts_cover_the_truth(self):
        """White power, tilt 3, of Gaussian fields: three standard errors hold it as often as few members can tell."""
        draws = np.random.default_rng(7).normal(size=(400, 8, 12))
        found = [ensemble_spectrum(BOX, fields) for fields in draws]
        outside = np.mean([abs(one.tilt - 3) > 3 * one.tilt_error for one in found])
        assert outside < 0.05  # Student's t with 7 degrees of freedom has 0.02


class TestUsersLoops:
    @pytest.mark.slow
    def test_the_problem_in_an_optax_loop(self):
        """The compiled loss, schedule and starts, in nothing but JAX and Optax, are the same universe."""
        theory = FieldTheory(BOX, DeSitter(1.0), FREE)
        start = mode_function_start(theory, vacuum_modes(theory, 0.0))
        problem = compile_analogue(theory, *network_of(128), start, 0.02, 30, amplitude=1e-4)
        now, before = problem.starting_networks()
        step = jax.tree.map(jnp.subtract, now, before)

        @jax.jit
        def updated(now, step, n):
            β, η = problem.schedule.momenta[n], problem.schedule.learning_rates[n]
            step = jax.tree.map(lambda d, g: β * d - η * g, step, jax.grad(problem.loss)(now, n))
            return optax.apply_updates(now, step), step

        for n in range(30):
            now, step = updated(now, step, n)
        np.testing.assert_allclose(problem.fields(now), problem.train().fields[-1], atol=1e-9)

    @pytest.mark.slow
    def test_any_network_of_the_users(self):
        def apply(θ, x):
            return jnp.sin(x @ θ["a"] + θ["b"]) @ θ["c"] / 20

        def draw(key):
            a, b, c = jax.random.split(key, 3)
            return {
                "a": 2 * jax.random.normal(a, (2, 400)),
                "b": 3 * jax.random.normal(b, (400,)),
                "c": jax.random.normal(c, (400, 1)),
            }

        network = FunctionNetwork(apply, draw, (2,), 1)
        theory = FieldTheory(BOX, DeSitter(1.0), FREE)
        start = mode_function_start(theory, vacuum_modes(theory, 0.0))
        problem = compile_analogue(theory, network, network.initialise(jax.random.key(0)), start, 0.01, 100)
        direct = direct_path(problem)
        assert norm_ratio(np.asarray(problem.train().fields) - direct, direct) < 3e-4


class TestRefusals:
    def compiled(self, network=None, time_step=0.02, updates=50, potential=FREE, q=None, **more):
        theory = FieldTheory(BOX, DeSitter(1.0), potential)
        q = jnp.ones((12, 1)) if q is None else q
        return compile_analogue(
            theory, *(network or network_of(64)), FieldStart(q, 0 * q, 0.0), time_step, updates, **more
        )

    def test_steps_that_are_too_long(self):
        with pytest.raises(ValueError, match=r"too long.*shorter than 2/ω = 0\.3333"):
            self.compiled(time_step=0.4, updates=4)

    def test_amplitudes_outside_the_linear_window(self):
        with pytest.raises(ValueError, match=r"leaves its linear window.*amplitudes below about") as refused:
            self.compiled(amplitude=0.5, accuracy=1e-3)
        named = float(str(refused.value).rpartition("below about ")[2].partition(",")[0])
        assert self.compiled(amplitude=named / 2, accuracy=1e-3).predicted.total < 1e-3

    def test_an_amplitude_follows_from_the_accuracy(self):
        problem = self.compiled(time_step=0.01, accuracy=1e-3)
        assert problem.predicted.finite_width < 0.5e-3
        direct = direct_path(problem)
        assert norm_ratio(np.asarray(problem.train().fields) - direct, direct) < 1e-3

    def test_steps_too_coarse_for_the_accuracy(self):
        with pytest.raises(ValueError, match="take one of at most"):
            self.compiled(time_step=0.1, updates=20, accuracy=1e-5)

    def test_kernels_that_rounding_makes_useless(self):
        narrow = Perceptron((2, 64, 1), weight_scale=0.05, bias_scale=0.1)
        with pytest.raises(ValueError, match=r"rounding makes an error|cannot carry the modes"):
            self.compiled((narrow, narrow.initialise(jax.random.key(0))), accuracy=1e-4)

    def test_modes_that_a_network_lacks_are_named(self):
        """All waves but those of n = 3, frozen: no training makes these."""

        def apply(θ, x):
            angle = jnp.arctan2(x[:, 1], x[:, 0])
            waves = [f(n * angle) for n in (1, 2, 4, 5, 6) for f in (jnp.cos, jnp.sin)]
            return jnp.stack(waves, axis=1) @ θ

        network = FunctionNetwork(apply, lambda key: jax.random.normal(key, (10, 2)).sum(1, keepdims=True), (2,), 1)
        wide = FunctionNetwork(lambda θ, x: apply(θ[:10], x) + θ[10:].sum(), lambda key: jnp.ones((14, 1)), (2,), 1)
        with pytest.raises(ValueError, match="10 parameters, fewer than the 12 modes"):
            self.compiled((network, network.initialise(jax.random.key(0))))
        with pytest.raises(ValueError, match=r"cannot carry the modes (cos 3, sin 3|sin 3, cos 3): of 12 eigenvalues"):
            self.compiled((wide, jnp.ones((14, 1))))

    def test_useless_problems_are_refused_without_an_accuracy(self):
        for amplitude, words in ((1e-16, "rounding makes an error"), (5.0, "leaves its linear window")):
            with pytest.raises(ValueError, match=words):
                self.compiled(amplitude=amplitude)

    def test_all_causes_count_together(self):
        problem = self.compiled(accuracy=0.5, amplitude=1e-5)
        step = problem.predicted.step
        with pytest.raises(ValueError, match="all causes together"):
            self.compiled(accuracy=1.05 * step, amplitude=float(1e-5 * 0.2 * step / problem.predicted.finite_width))

    @pytest.mark.parametrize(
        ("q", "words"),
        [
            (jnp.ones((11, 1)), "must have the shape"),
            (jnp.full((12, 1), jnp.nan), "must be finite numbers"),
            (jnp.full((12, 1), 1e200), "must be finite numbers"),
        ],
    )
    def test_starts_that_are_none(self, q, words):
        with pytest.raises(ValueError, match=words):
            self.compiled(q=q)

    def test_the_best_amplitude_is_not_called_too_small(self):
        problem = self.compiled()
        predicted = PredictedError(1e-12, 2e-7, 3e-7, 0.0)
        for chosen, words in ((False, "Take a larger amplitude"), (True, "leaves an error of about 5e-07")):
            with pytest.raises(ValueError, match=words):
                refuse_inaccurate(problem.theory, problem.readout, predicted, 1e-7, 0.02, chosen)

    def test_parameters_that_do_not_fit(self):
        network, _ = network_of(64)
        with pytest.raises(ValueError, match="must be float64"):
            self.compiled((network, network.initialise(jax.random.key(0), jnp.float32)))
        with pytest.raises(ValueError, match="cannot be applied to these parameters"):
            self.compiled((network, Perceptron((2, 64, 64, 1)).initialise(jax.random.key(0))[:1]))

    def test_potentials_that_are_no_number(self):
        with pytest.raises(ValueError, match="is not a finite number"):
            self.compiled(potential=FunctionPotential(lambda φ: jnp.sqrt(-1 - φ[0] ** 2)))

    def test_fields_that_start_at_zero(self):
        zero = jnp.zeros((12, 1))
        with pytest.raises(ValueError, match="nothing moves them"):
            self.compiled(q=zero)
        theory = FieldTheory(BOX, DeSitter(1.0), FREE)
        start = FieldStart(zero, zero.at[0].set(1.0), 0.0)
        problem = compile_analogue(theory, *network_of(64), start, 0.02, 50, accuracy=1e-2)
        direct = direct_path(problem)
        assert norm_ratio(np.asarray(problem.train().fields) - direct, direct) < 1e-2

    def test_fewer_parameters_than_modes(self):
        small = Perceptron((2, 2, 1))
        with pytest.raises(ValueError, match="9 parameters, fewer than the 12 modes"):
            self.compiled((small, small.initialise(jax.random.key(0))))

    def test_networks_of_another_shape(self):
        for shape, words in (((3, 8, 1), "takes points of shape"), ((2, 8, 2), r"2 output\(s\)")):
            other = Perceptron(shape)
            with pytest.raises(ValueError, match=words):
                self.compiled((other, other.initialise(jax.random.key(0))))

    @pytest.mark.slow
    def test_potentials_that_are_unbounded_where_the_fields_go(self):
        with pytest.raises(ValueError, match="grow without bound after t ="):
            self.compiled(potential=FunctionPotential(lambda φ: -(φ[0] ** 4)), updates=2000, q=3 * jnp.ones((12, 1)))

    def test_modes_without_a_vacuum(self):
        with pytest.raises(ValueError, match="never inside the horizon"):
            vacuum_modes(FieldTheory(periodic_box(1, 2, constant_mode=True), DeSitter(1.0), FREE), 0.0)
        for exponent in (0.5, 2 / 3):  # k/aH = 0.6 and 0.5
            small = FieldTheory(periodic_box(1, 1, length=20.0), PowerLawExpansion(exponent), FREE)
            with pytest.raises(ValueError, match="never inside the horizon before t = 1"):
                vacuum_modes(small, 1.0)
        light = FieldTheory(periodic_box(1, 1, length=2.0), PowerLawExpansion(0.8), field_potential(1.0))
        with pytest.raises(ValueError, match="have no vacuum"):
            vacuum_modes(light, 1.0)


def test_the_leapfrog_path_has_order_two():
    theory = FieldTheory(BOX, PowerLawExpansion(1.5), field_potential(0.5))
    start = FieldStart(jnp.ones((12, 1)), jnp.zeros((12, 1)), 1.0)
    errors = []
    for δ in (0.008, 0.004, 0.002):
        schedule = leapfrog_schedule(theory.expansion, δ, round(1 / δ), 1.0)
        before = direct_solution(theory, jnp.asarray(1.0), *start[:2], jnp.asarray([1.0 - δ])).coefficients[0]
        path = fixed_kernel_path(theory, schedule, start.coefficients, before)
        exact = direct_solution(theory, jnp.asarray(1.0), *start[:2], schedule.times[1:]).coefficients
        errors.append(norm_ratio(path[1:] - exact, exact))
    np.testing.assert_allclose(np.log2(np.array(errors)[:-1] / np.array(errors)[1:]), 2.0, atol=0.1)


class TestPadding:
    """Runs are padded in time so that those of different lengths share programs (`edges/test_few_programs`)."""

    def problem(self, updates):
        theory = FieldTheory(BOX, DeSitter(1.0), FREE)
        return compile_analogue(
            theory, *network_of(64), FieldStart(jnp.ones((12, 1)), jnp.zeros((12, 1)), 0.0), 0.02, updates
        )

    def test_it_changes_nothing(self):
        problem = self.problem(50)
        theory, schedule, q, before = problem.theory, problem.schedule, problem.start.coefficients, problem.before
        np.testing.assert_array_equal(problem.fixed_kernel, fixed_kernel_path(theory, schedule, q, before))
        readout = problem.readout
        plain = network_universe(theory, readout.network, readout.base, schedule, q, before, readout.amplitude)
        padded = problem.train()
        assert padded.fields.shape == (51, 12, 1)
        np.testing.assert_allclose(padded.fields, plain.fields, atol=1e-9)
        for one, other in zip(jax.tree.leaves(padded.parameters), jax.tree.leaves(plain.parameters), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)

    def test_boxes_keep_their_digits_whatever_the_precision_of_the_process(self):
        with jax.enable_x64(False):
            box = periodic_box(1, 6)
        for name in ("coordinates", "basis", "wavenumbers"):
            np.testing.assert_array_equal(getattr(box, name), getattr(BOX, name))
