"""Universes on networks against exact solutions: Hankel and Bessel functions, convergence orders, finite width."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.special

from cosmograd.cosmology import DeSitter, PowerLawExpansion
from cosmograd.cosmology.potentials import FunctionPotential, QuadraticPotential
from cosmograd.duality import norm_ratio
from cosmograd.duality.analogue import (
    FieldStart,
    FieldTheory,
    compare_with_direct,
    compile_analogue,
    direct_path,
    direct_solution,
    ensemble_spectrum,
    error_of_amplitude,
    errors_of_networks,
    evolve_ensemble,
    fixed_kernel_path,
    leapfrog_schedule,
    mode_function_start,
    periodic_box,
    readout_of,
    train_ensemble_of_universes,
    vacuum_draws,
    vacuum_modes,
)
from cosmograd.learning.networks import FunctionNetwork, LinearisedNetwork, Perceptron

FREE = FunctionPotential(lambda φ: 0.0 * jnp.sum(φ))
BOX = periodic_box(1, 6)


def network_of(width=512, inputs=2, outputs=1):
    network = Perceptron((inputs, width, outputs), weight_scale=3.0, bias_scale=1.0)
    return network, network.initialise(jax.random.key(0))


def massive(mass_squared):
    return QuadraticPotential(np.sqrt(mass_squared)) if mass_squared else FREE


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
        box = periodic_box(2, 2, length=3.0)
        for i, wave in enumerate(box.waves):
            x = np.array([0.3, 1.1])
            phase = 2 * np.pi / 3.0 * (np.asarray(wave.numbers) @ x)
            assert phase == pytest.approx(2 * np.pi / 3.0 * sum(n * c for n, c in zip(wave.numbers, x, strict=True)))
            assert box.wavenumbers[i] == pytest.approx(2 * np.pi / 3.0 * np.hypot(*wave.numbers))

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
        problem = compile_analogue(
            FieldTheory(BOX, DeSitter(1.0), FREE), network, θ, FieldStart(jnp.ones((12, 1)), jnp.zeros((12, 1)), 0.0),
            0.02, 10,
        )  # fmt: skip
        q = jnp.linspace(-1, 1, 12)[:, None]
        curl = jax.jacfwd(lambda q: problem.theory.force(q, jnp.zeros(())).ravel())(q).reshape(12, 12)
        np.testing.assert_allclose(curl, curl.T, atol=1e-12)


class TestDeSitter:
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
        assert 1 / 3 < problem.predicted.finite_width / found.error_from_width < 3

    @pytest.mark.parametrize("mass_squared", [0.5, 2.0, 3.0])
    def test_massive_modes(self, mass_squared):
        theory = FieldTheory(BOX, DeSitter(1.0), massive(mass_squared))
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


@pytest.mark.parametrize(("exponent", "name"), [(0.5, "radiation"), (2 / 3, "matter")])
def test_decelerating_universes_are_bessel_functions(exponent, name):
    r"""a = t^p: φ = τ^{-ν}(A J_ν + B Y_ν)(kτ) in conformal time τ = t^{1−p}/(1−p), ν = p/(1−p) − ½·(p-dependent)."""
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


class TestFiniteWidth:
    def problem(self, network=None, amplitude=1e-3):
        theory = FieldTheory(BOX, DeSitter(1.0), FREE)
        start = mode_function_start(theory, vacuum_modes(theory, 0.0))
        network = network or network_of()
        return compile_analogue(theory, *network, start, 0.02, 200, amplitude=amplitude)

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

    def test_a_linearised_network_has_none(self):
        network, θ = network_of(64)
        free = LinearisedNetwork(network, θ)
        problem = self.problem((free, free.initialise(jax.random.key(0))), amplitude=1.0)
        assert norm_ratio(np.asarray(problem.train().fields) - problem.fixed_kernel, problem.fixed_kernel) < 1e-9

    def test_refreshed_networks_follow_the_same_universe(self):
        problem = self.problem(amplitude=0.1)
        fixed = problem.fixed_kernel
        errors = {n: norm_ratio(np.asarray(problem.train(n).fields) - fixed, fixed) for n in (0, 3)}
        assert errors[3] < 3 * errors[0]
        assert self.problem(amplitude=1e-5).train(3).fields.shape == fixed.shape
        assert norm_ratio(np.asarray(self.problem(amplitude=1e-5).train(3).fields) - fixed, fixed) < 1e-5


class TestInteractions:
    @pytest.mark.slow
    def test_quartic_fields_on_64_points(self):
        """λφ⁴ with every mode of the lattice, three oscillations: 1e-3 against the direct integration."""
        box = periodic_box(1, None, 64)
        q = np.zeros((64, 1))
        for name, value in (("constant", np.sqrt(2 * np.pi)), ("cos 1", 0.3), ("sin 2", 0.1)):
            q[box.mode(name)] = value
        theory = FieldTheory(box, DeSitter(0.05), FunctionPotential(lambda φ: φ[0] ** 4 / 4))
        start = FieldStart(jnp.asarray(q), jnp.zeros((64, 1)), 0.0)
        problem = compile_analogue(theory, *network_of(), start, 0.01, 2200, amplitude=1e-3)
        direct = direct_path(problem)
        assert np.sum(np.diff(np.sign(direct[:, 0, 0])) != 0) >= 4
        assert norm_ratio(np.asarray(problem.train().fields) - direct, direct) < 1e-3

    def test_the_direct_lattice_agrees_with_finite_differences(self):
        """The same λφ⁴ on 16 points by SciPy, with the Laplacian as a circulant matrix and no modes."""
        box = periodic_box(1, None, 16)
        theory = FieldTheory(box, DeSitter(0.1), FunctionPotential(lambda φ: φ[0] ** 4 / 4))
        φ0 = 1 + 0.3 * np.cos(np.asarray(box.coordinates)[:, 0])
        k = np.fft.fftfreq(16, 1 / 16)

        def rate(t, y):
            φ, v = y.reshape(2, 16)
            laplacian = np.fft.ifft(-(k**2) * np.fft.fft(φ)).real * np.exp(-0.2 * t)
            return np.concatenate([v, -0.3 * v + laplacian - φ**3])

        exact = scipy.integrate.solve_ivp(rate, (0, 6), np.concatenate([φ0, 0 * φ0]), "DOP853", rtol=1e-11, atol=1e-12)
        q = box.projected(jnp.asarray(φ0)[:, None])
        found = direct_solution(theory, jnp.asarray(0.0), q, 0 * q, jnp.asarray([6.0]))
        np.testing.assert_allclose(box.on_lattice(found.coefficients[0])[:, 0], exact.y[:16, -1], atol=1e-8)

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
    def ensemble(self, members, width, mass_squared):
        theory = FieldTheory(BOX, DeSitter(1.0), massive(mass_squared))
        network = Perceptron((2, width, 1), weight_scale=3.0, bias_scale=1.0)
        q, v = vacuum_draws(vacuum_modes(theory, 0.0), jax.random.key(1), members)
        schedule = leapfrog_schedule(theory.expansion, 0.02, 200)
        before = evolve_ensemble(theory, jnp.asarray(0.0), q, v, jnp.asarray([-0.02]))[:, 0]
        fields, condition = train_ensemble_of_universes(theory, network, schedule, jax.random.key(2), q, before, 1e-5)
        direct = np.asarray(evolve_ensemble(theory, jnp.asarray(0.0), q, v, schedule.times[-1:]))[:, -1, :, 0]
        return fields, condition, ensemble_spectrum(BOX, fields[:, -1, :, 0]), ensemble_spectrum(BOX, direct)

    @pytest.mark.slow
    @pytest.mark.parametrize("mass_squared", [0.0, 0.1])
    def test_512_universes(self, mass_squared):
        """(H/2π)² and its tilt within three standard errors; each P(k) to 5e-3 of the same draws' own evolution."""
        _, _, found, direct = self.ensemble(512, 128, mass_squared)
        late = np.array(
            [np.abs(hankel_mode(k, mass_squared, 4.0))[0] ** 2 * k**3 / (2 * np.pi**2) for k in range(1, 7)]
        )
        np.testing.assert_allclose(found.power, direct.power, rtol=5e-3)
        assert abs(found.tilt - direct.tilt) < 0.003
        # Jointly: χ² of six powers, 99.9 %.
        assert np.sum(((found.power - late) / found.standard_error) ** 2) < 22.5
        tilt = 3 - 2 * np.sqrt(2.25 - mass_squared)
        assert abs(found.tilt - tilt) < 3 * found.tilt_error
        if mass_squared == 0:
            assert (np.abs(found.power - 1 / (4 * np.pi**2)) < 3 * found.standard_error).all()

    def test_members_do_not_depend_on_their_neighbours(self):
        few, many = (self.ensemble(n, 32, 0.0)[0] for n in (3, 5))
        np.testing.assert_array_equal(few, many[:3])


class TestUsersLoops:
    def test_the_problem_in_an_optax_loop(self):
        """The compiled loss, schedule and starts, in nothing but JAX and Optax, are the same universe."""
        theory = FieldTheory(BOX, DeSitter(1.0), FREE)
        start = mode_function_start(theory, vacuum_modes(theory, 0.0))
        problem = compile_analogue(theory, *network_of(128), start, 0.02, 30, amplitude=1e-4)
        now, before = problem.starting_networks()
        step = jax.tree.map(jnp.subtract, now, before)
        gradient = eqx.filter_jit(lambda θ, n: jax.grad(problem.loss)(θ, n))
        for n in range(30):
            β, η = problem.schedule.momenta[n], problem.schedule.learning_rates[n]
            step = jax.tree.map(lambda d, g, β=β, η=η: β * d - η * g, step, gradient(now, n))
            now = optax.apply_updates(now, step)
        np.testing.assert_allclose(problem.fields(now), problem.train().fields[-1], atol=1e-9)

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

    def test_kernels_that_cannot_carry_the_modes(self):
        narrow = Perceptron((2, 64, 1), weight_scale=0.05, bias_scale=0.1)
        with pytest.raises(ValueError, match=r"rounding|cannot carry the modes"):
            self.compiled((narrow, narrow.initialise(jax.random.key(0))), accuracy=1e-4)

    def test_fewer_parameters_than_modes(self):
        small = Perceptron((2, 2, 1))
        with pytest.raises(ValueError, match="9 parameters, fewer than the 12 modes"):
            self.compiled((small, small.initialise(jax.random.key(0))))

    def test_networks_of_another_shape(self):
        for shape, words in (((3, 8, 1), "takes points of shape"), ((2, 8, 2), r"2 output\(s\)")):
            other = Perceptron(shape)
            with pytest.raises(ValueError, match=words):
                self.compiled((other, other.initialise(jax.random.key(0))))

    def test_potentials_that_are_unbounded_where_the_fields_go(self):
        with pytest.raises(ValueError, match="leave all bounds after t ="):
            self.compiled(potential=FunctionPotential(lambda φ: -(φ[0] ** 4)), updates=2000, q=3 * jnp.ones((12, 1)))

    def test_modes_without_a_vacuum(self):
        with pytest.raises(ValueError, match="never inside the horizon"):
            vacuum_modes(FieldTheory(periodic_box(1, 2, constant_mode=True), DeSitter(1.0), FREE), 0.0)
        matter = FieldTheory(periodic_box(1, 1, length=100.0), PowerLawExpansion(2 / 3), FREE)
        with pytest.raises(ValueError, match="have no vacuum"):
            vacuum_modes(matter, 1.0)


def test_the_leapfrog_path_has_order_two():
    theory = FieldTheory(BOX, PowerLawExpansion(1.5), massive(0.5))
    start = FieldStart(jnp.ones((12, 1)), jnp.zeros((12, 1)), 1.0)
    errors = []
    for δ in (0.008, 0.004, 0.002):
        schedule = leapfrog_schedule(theory.expansion, δ, round(1 / δ), 1.0)
        before = direct_solution(theory, jnp.asarray(1.0), *start[:2], jnp.asarray([1.0 - δ])).coefficients[0]
        path = fixed_kernel_path(theory, schedule, start.coefficients, before)
        exact = direct_solution(theory, jnp.asarray(1.0), *start[:2], schedule.times[1:]).coefficients
        errors.append(norm_ratio(path[1:] - exact, exact))
    np.testing.assert_allclose(np.log2(np.array(errors)[:-1] / np.array(errors)[1:]), 2.0, atol=0.1)
