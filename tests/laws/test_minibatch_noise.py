"""The noise of minibatches: exact second moments, runs against prediction, and measurements that know their errors."""

import itertools
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import scipy.stats

from cosmograd.duality import kernel_modes, mass_over_hubble_squared
from cosmograd.learning import TrainingPoints
from cosmograd.learning.batches import ShuffledEpochs, WithoutReplacement, WithReplacement
from cosmograd.learning.datasets import make_dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import FunctionNetwork, Perceptron
from cosmograd.learning.optimisers import GradientDescent, HeavyBall, Nesterov
from cosmograd.learning.tangent_kernel import as_matrix, neural_tangent_kernel
from cosmograd.measurement.noise import (
    autocorrelation_time,
    check_stationarity,
    gradient_variance,
    kernel_mode_variance,
    loss_modes,
    measure_noise,
    nearest_minimum,
    predict_noise,
    record_stationary_run,
    regress_fluctuations,
    relaxation_updates,
    sampling_factor,
    shuffled_epochs_ratio,
    temperature_ratios,
)

KEY, LOSS = jax.random.key(1905), SquaredLoss()
# What a correct law fails at, over all tests of this module together, is far below one in a thousand.
FALSE_ALARM = 1e-5


def optimiser_of(learning_rate, momentum):
    return HeavyBall(learning_rate, momentum) if momentum else GradientDescent(learning_rate)


def noisy_data(points=64, features=3, seed=5, outputs=1):
    """A linear law with noise on the targets, so that residuals and their gradients do not vanish at the minimum."""
    random = np.random.default_rng(seed)
    inputs = random.normal(size=(points, features)) * np.linspace(1.2, 0.7, features)
    return make_dataset(
        inputs, inputs @ random.normal(size=(features, outputs)) + random.normal(size=(points, outputs))
    )


DATA, NETWORK = noisy_data(), Perceptron((3, 1), bias_scale=1.0)


@cache
def modes_of_the_line():
    return loss_modes(NETWORK, DATA, LOSS, nearest_minimum(NETWORK, DATA, LOSS, NETWORK.initialise(KEY)))


class TestExactMoments:
    """Second moments in closed form, no run and no statistics."""

    @pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
    @pytest.mark.parametrize("eta_lambda", [0.01, 0.3, 1.5])
    def test_stationary_covariance_of_the_recursion(self, momentum, eta_lambda):
        step, noise = np.array([[1 + momentum - eta_lambda, -momentum], [1, 0]]), np.diag([0.25 * 2.0 / 4, 0])
        covariance = scipy.linalg.solve_discrete_lyapunov(step, noise)  # η = 0.5, σ² = 2, B = 4
        predicted = predict_noise(np.array([eta_lambda / 0.5]), np.array([2.0]), optimiser_of(0.5, momentum), 4)
        velocity = (2 * covariance[0, 0] - 2 * covariance[0, 1]) / 0.25
        assert predicted.position_variance[0] == pytest.approx(covariance[0, 0], rel=1e-11)
        assert predicted.velocity_variance[0] == pytest.approx(velocity, rel=1e-11)
        # Equipartition in canonical time, δ² = 2η/(1 + β).
        assert predicted.temperature[0] == pytest.approx(velocity * 0.5 * (1 + momentum) / 2, rel=1e-11)

    @pytest.mark.parametrize("momentum", [0.0, 0.9])
    @pytest.mark.parametrize("batch_size", [1, 4])
    def test_noise_that_depends_on_the_parameters(self, momentum, batch_size):
        """Linear regression: the exact stationary covariance of θ, with C averaged over it, is that of T."""
        inputs, targets = DATA.inputs, DATA.targets[:, 0]
        H = inputs.T @ inputs / 64
        residual = inputs @ np.linalg.lstsq(inputs, targets, rcond=None)[0] - targets
        η = 0.08 * (1 - momentum)
        identity, nothing = np.eye(3), np.zeros((3, 3))
        step = np.block([[(1 + momentum) * identity - η * H, -momentum * identity], [identity, nothing]])

        def covariance_of_gradients(Σ):
            spread = [np.outer(x, x) * (x @ Σ @ x + r**2) for x, r in zip(inputs, residual, strict=True)]
            return np.mean(spread, axis=0) - H @ Σ @ H

        Σ = np.zeros((6, 6))
        for _ in range(400):
            noise = scipy.linalg.block_diag(η**2 / batch_size * covariance_of_gradients(Σ[:3, :3]), nothing)
            Σ = scipy.linalg.solve_discrete_lyapunov(step, noise)
        λ, vectors = np.linalg.eigh(H)
        σ2 = np.diag(vectors.T @ covariance_of_gradients(Σ[:3, :3]) @ vectors)
        predicted = predict_noise(λ, σ2, optimiser_of(η, momentum), batch_size)
        np.testing.assert_allclose(np.diag(vectors.T @ Σ[:3, :3] @ vectors), predicted.position_variance, rtol=1e-9)

    def test_shuffled_epochs_of_the_theory(self):
        """N = 64, B = 8, β = 0: the figures that the theory quotes."""
        ratio = shuffled_epochs_ratio(np.array([0.01, 0.3]), GradientDescent(1.0), 8, 64).position
        assert ratio.round(2).tolist() == [0.03, 0.53]

    def test_shuffled_epochs_of_one_batch_are_silent(self):
        assert shuffled_epochs_ratio(np.array([0.1]), HeavyBall(1.0, 0.9), 64, 64).position == 0

    def test_factor_without_replacement(self):
        assert sampling_factor(WithoutReplacement(8), 64) == pytest.approx(56 / 63)
        assert sampling_factor(WithoutReplacement(64), 64) == 0
        assert sampling_factor(WithReplacement(8), 64) == 1

    @pytest.mark.parametrize("normalisation", ["mean", "sum"])
    def test_modes_and_noise_are_the_same_in_parameters_and_in_outputs(self, normalisation):
        """Linear networks with two outputs: Hessian and tangent kernel share spectrum and σ²."""
        data, network, loss = noisy_data(outputs=2), Perceptron((3, 2)), SquaredLoss(normalisation)
        minimum = nearest_minimum(network, data, loss, network.initialise(KEY))
        modes = loss_modes(network, data, loss, minimum)
        points = TrainingPoints(jnp.asarray(data.inputs), jnp.asarray(data.targets))
        kernel = as_matrix(neural_tangent_kernel(network, minimum, points.inputs))
        of_kernel = kernel_modes(np.asarray(kernel), float(loss.divisor(64)))
        np.testing.assert_allclose(np.asarray(of_kernel.eigenvalues)[:8], modes.eigenvalues, rtol=1e-10)
        along = gradient_variance(network, loss, minimum, points, jnp.asarray(modes.directions))
        deviations = np.asarray(network.apply(minimum, points.inputs)) - data.targets
        in_outputs = kernel_mode_variance(deviations, of_kernel, float(loss.divisor(64)))[:8]
        # Eigenvalues are met twice, once for each output: σ² is of the pair, whose vectors are free to turn.
        pairs = [np.asarray(x).reshape(4, 2).sum(axis=1) for x in (along, in_outputs)]
        np.testing.assert_allclose(pairs[0], pairs[1], rtol=1e-9)


@cache
def line_run(way, batch_size, momentum, members=128, updates=1500):
    """A stationary run of the linear model, its optimiser and its modes."""
    modes = modes_of_the_line()
    drift = 0.06 if batch_size == 1 else 0.3
    optimiser = optimiser_of(drift * (1 - momentum) / modes.eigenvalues[0], momentum)
    burn_in = int(8 * relaxation_updates(modes.eigenvalues, optimiser).max())
    run = record_stationary_run(
        NETWORK, DATA, LOSS, optimiser, way(batch_size), modes, KEY, members, burn_in, updates, mapping=None
    )
    return run, optimiser, modes


def allowed(tests: int, members: int = 128) -> float:
    """Standard errors within which so many estimates from independent members lie but for `FALSE_ALARM`."""
    return float(scipy.stats.t.isf(FALSE_ALARM / (2 * tests), members - 1))


CASES = list(itertools.product([1, 8, 64], [0.0, 0.9]))


class TestRunsAgainstPrediction:
    @pytest.mark.slow
    def test_temperature_of_every_mode_batch_size_and_momentum(self):
        """All jointly within their errors, positions and velocities, and none further off than 5 %."""
        deviations = []
        for batch_size, momentum in CASES:
            run, optimiser, modes = line_run(WithReplacement, batch_size, momentum)
            predicted = predict_noise(modes.eigenvalues, run.gradient_variance.mean(axis=0), optimiser, batch_size)
            measured = measure_noise(run.positions, modes.eigenvalues, optimiser)
            assert measured.stationarity.verdict == "stationary"
            for estimate in (measured.temperature, measured.velocity_temperature):
                deviations += list((estimate.value - predicted.temperature) / estimate.standard_error)
            ratios = temperature_ratios(run.positions, modes.eigenvalues, optimiser, predicted)
            for ratio in (ratios.position, ratios.velocity):
                assert ratio.standard_error[0] < 0.015
                assert abs(ratio.value[0] - 1) < 0.05
        assert np.abs(deviations).max() < allowed(len(deviations))
        # Errors that were too large would hide a wrong law: the deviations are as scattered as they say.
        assert 0.6 < np.std(deviations) < 1.5

    @pytest.mark.slow
    def test_mass_and_friction_from_fluctuations(self):
        """Without knowing λ, η or β; also where there is no momentum."""
        deviations = []
        for batch_size, momentum in CASES:
            run, optimiser, modes = line_run(WithReplacement, batch_size, momentum)
            fitted = regress_fluctuations(run.positions)
            ηλ = float(optimiser.learning_rate) * modes.eigenvalues
            for estimate, true in (
                (fitted.momentum, momentum),
                (fitted.eta_lambda, ηλ),
                (fitted.friction, 2 * (1 - momentum) / (1 + momentum)),
                (fitted.mass_squared, 2 * ηλ / (1 + momentum)),
                (
                    fitted.mass_over_hubble_squared,
                    mass_over_hubble_squared(modes.eigenvalues, float(optimiser.learning_rate), momentum),
                ),
            ):
                deviations += list((estimate.value - true) / estimate.standard_error)
            assert (fitted.eta_lambda.standard_error < 0.05 * ηλ).all()
        assert np.abs(deviations).max() < allowed(len(deviations))

    @pytest.mark.slow
    def test_without_replacement_is_colder_by_its_factor(self):
        run, optimiser, modes = line_run(WithoutReplacement, 32, 0.9)
        factor = sampling_factor(WithoutReplacement(32), 64)
        predicted = predict_noise(modes.eigenvalues, run.gradient_variance.mean(axis=0), optimiser, 32, factor)
        ratio = temperature_ratios(run.positions, modes.eigenvalues, optimiser, predicted).position
        assert ratio.standard_error[0] < 0.015
        assert abs(ratio.value[0] - 1) < allowed(1) * ratio.standard_error[0]

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("eta_lambda", "momentum", "of_theory"), [(0.01, 0, 0.03), (0.3, 0, 0.53), (0.1, 0.9, None)]
    )
    def test_shuffled_epochs(self, eta_lambda, momentum, of_theory):
        """One Hessian for all 64 examples, batches of 8: the runs' own drawing against the exact covariance."""
        targets = np.random.default_rng(3).normal(size=64)
        data = make_dataset(np.ones((64, 1)), targets)
        network = FunctionNetwork(lambda θ, x: θ * x, lambda key: jax.random.normal(key, (1,)), (1,), 1)
        minimum = nearest_minimum(network, data, LOSS, network.initialise(KEY))
        modes, optimiser = loss_modes(network, data, LOSS, minimum), optimiser_of(eta_lambda, momentum)
        burn_in = int(8 * relaxation_updates(modes.eigenvalues, optimiser).max())
        # Whole epochs: the temperature changes within one.
        run = record_stationary_run(
            network, data, LOSS, optimiser, ShuffledEpochs(8), modes, KEY, 256, burn_in - burn_in % 8, 1600
        )
        predicted = predict_noise(modes.eigenvalues, np.array([targets.var()]), optimiser, 8)
        measured = temperature_ratios(run.positions, modes.eigenvalues, optimiser, predicted)
        expected = shuffled_epochs_ratio(modes.eigenvalues, optimiser, 8, 64)
        for estimate, ratio in ((measured.position, expected.position), (measured.velocity, expected.velocity)):
            assert estimate.standard_error[0] < 0.015 * ratio[0]
            assert abs(estimate.value[0] - ratio[0]) < allowed(6, 256) * estimate.standard_error[0]
        if of_theory is not None:
            assert abs(measured.position.value[0] - of_theory) < 0.01

    @pytest.mark.slow
    def test_a_network_around_a_minimum_with_residuals(self):
        """A teacher of the same shape with noise on its answers; the student sits where that noise puts it."""
        network, random = Perceptron((2, 3, 1), bias_scale=1.0), np.random.default_rng(8)
        teacher, inputs = network.initialise(jax.random.key(6)), random.normal(size=(192, 2))
        answers = np.asarray(network.apply(teacher, jnp.asarray(inputs)))
        data = make_dataset(inputs, answers + 0.3 * random.normal(size=answers.shape))
        minimum = nearest_minimum(network, data, LOSS, teacher)
        modes = loss_modes(network, data, LOSS, minimum, 4)
        optimiser = HeavyBall(0.02 / modes.eigenvalues[0], 0.9)
        burn_in = int(6 * relaxation_updates(modes.eigenvalues, optimiser).max())
        run = record_stationary_run(
            network, data, LOSS, optimiser, WithReplacement(32), modes, KEY, 128, burn_in, 3000, variance_every=100
        )
        predicted = predict_noise(modes.eigenvalues, run.gradient_variance.mean(axis=0), optimiser, 32)
        measured = temperature_ratios(run.positions, modes.eigenvalues, optimiser, predicted)
        for ratio in measured:
            assert ratio.standard_error[0] < 0.015
            assert abs(ratio.value[0] - 1) < 0.05


def first_order(coefficient, members, updates, seed):
    """Stationary series of x_{n+1} = r x_n + ε."""
    random = np.random.default_rng(seed)
    series = np.empty((members, updates, 1))
    series[:, 0, 0] = random.normal(size=members) / np.sqrt(1 - coefficient**2)
    for n in range(1, updates):
        series[:, n, 0] = coefficient * series[:, n - 1, 0] + random.normal(size=members)
    return series


class TestErrors:
    @pytest.mark.parametrize("coefficient", [0.0, 0.8, 0.95])
    def test_autocorrelation_time(self, coefficient):
        """τ = (1 + r)/(1 − r), within 10 % from 40000 updates of 20 members."""
        series = first_order(coefficient, 20, 40000, 1)
        assert autocorrelation_time(series)[0] == pytest.approx((1 + coefficient) / (1 - coefficient), rel=0.1)

    @pytest.mark.slow
    @pytest.mark.parametrize(("members", "updates"), [(1, 20000), (5, 4000), (64, 400)])
    def test_of_the_temperature_hold_what_they_say(self, members, updates):
        """Standardised deviations from the known variance over 60 repeats: mean zero, scatter one."""
        variance, optimiser = 1 / (1 - 0.8**2), GradientDescent(0.2)
        deviations = []
        for seed in range(60):
            measured = measure_noise(first_order(0.8, members, updates, seed), np.ones(1), optimiser)
            estimate = measured.temperature
            deviations.append((estimate.value[0] - variance) / estimate.standard_error[0])
            # τ of squares is (1 + r²)/(1 − r²).
            expected = members * updates * (1 - 0.8**2) / (1 + 0.8**2)
            assert 0.25 < measured.effective_samples[0] / expected < 4
        assert abs(np.mean(deviations)) < 4 / np.sqrt(60)
        assert 0.7 < np.std(deviations) < 1.4

    def test_records_that_still_move_are_called_so(self):
        modes = loss_modes(NETWORK, DATA, LOSS, modes_of_the_line().minimum, 3)
        optimiser = GradientDescent(0.02 / modes.eigenvalues[0])
        slowest = int(relaxation_updates(modes.eigenvalues, optimiser).max())
        run = record_stationary_run(
            NETWORK, DATA, LOSS, optimiser, WithReplacement(4), modes, KEY, 512, 0, slowest, variance_every=10
        )
        heating = measure_noise(run.positions, modes.eigenvalues, optimiser).stationarity
        assert not heating.stationary.all()
        assert heating.verdict.startswith("not stationary: the halves of the record differ by ")
        assert "let more updates pass" in heating.verdict

    def test_stationary_records_are_rarely_called_moving(self):
        verdicts = [check_stationarity(first_order(0.7, 40, 300, seed)).stationary.all() for seed in range(100)]
        assert sum(verdicts) >= 98


@pytest.mark.usefixtures("without_type_checks")
class TestRefused:
    def positions(self, **changes):
        return first_order(0.5, changes.get("members", 40), changes.get("updates", 100), 2)

    def test_runs_that_diverged(self):
        positions = self.positions()
        positions[3, 50:] = np.nan
        with pytest.raises(ValueError, match=r"1 of 40 runs hold NaN or infinite amplitudes: they diverged\. Lower"):
            measure_noise(positions, [1.0], GradientDescent(0.5))

    def test_too_few_updates(self):
        with pytest.raises(ValueError, match="too few updates: 10 are recorded, at least 16 are needed"):
            measure_noise(self.positions(updates=10), [1.0], GradientDescent(0.5))

    def test_one_member_with_too_short_a_record(self):
        with pytest.raises(ValueError, match=r"too few updates: 1 run\(s\) of 100 updates.*record about \d+ updates"):
            measure_noise(first_order(0.9, 1, 100, 2), [1.0], GradientDescent(0.1))

    def test_no_noise(self):
        with pytest.raises(ValueError, match="mode 1 does not fluctuate: without noise there is no temperature"):
            measure_noise(np.zeros((40, 100, 1)), [1.0], GradientDescent(0.5))

    def test_shapes(self):
        with pytest.raises(
            ValueError, match=r"`positions` must have shape \(members, updates, modes\), got \(4, 100\)"
        ):
            measure_noise(np.zeros((4, 100)), [1.0], GradientDescent(0.5))

    @pytest.mark.parametrize(
        ("optimiser", "message"),
        [
            (Nesterov(0.1, 0.5), "constant learning rate and momentum, got Nesterov's method"),
            (HeavyBall([0.1, 0.2], 0.5), "got a schedule"),
        ],
    )
    def test_optimisers_without_a_theory(self, optimiser, message):
        with pytest.raises(ValueError, match=message):
            predict_noise([1.0], [1.0], optimiser, 4)

    @pytest.mark.parametrize(
        ("eigenvalue", "batch_size", "message"),
        [
            (0.0, 4, "modes with λ ≤ 0 have no stationary state, got λ = 0"),
            (21.0, 4, r"ηλ = 2.1 is not below 2\(1 \+ β\) = 2: the mode is unstable"),
            (1.0, 0, "`batch_size` must be ≥ 1, got 0"),
        ],
    )
    def test_modes_without_a_stationary_state(self, eigenvalue, batch_size, message):
        with pytest.raises(ValueError, match=message):
            predict_noise([eigenvalue], [1.0], GradientDescent(0.1), batch_size)

    def test_shuffled_epochs_have_no_factor(self):
        with pytest.raises(ValueError, match=r"ShuffledEpochs are not drawn independently.*`shuffled_epochs_ratio`"):
            sampling_factor(ShuffledEpochs(4), 64)
        with pytest.raises(ValueError, match="must divide the number of points, got 5 and 64"):
            shuffled_epochs_ratio([1.0], GradientDescent(0.1), 5, 64)

    def test_parameters_that_are_no_minimum(self):
        data, network = noisy_data(points=16, features=2), Perceptron((2, 4, 1))
        with pytest.raises(ValueError, match="these parameters are no minimum"):
            loss_modes(network, data, LOSS, network.initialise(KEY))

    def test_settings_of_a_run(self):
        modes = modes_of_the_line()
        arguments = (NETWORK, DATA, LOSS, GradientDescent(0.1), WithReplacement(2), modes, KEY)
        for members, burn_in, updates, message in (
            (0, 0, 100, "`members` must be ≥ 1, got 0"),
            (1, -1, 100, "`burn_in` must be ≥ 0, got -1"),
            (1, 0, 20, "`updates` must be ≥ 50, got 20"),
        ):
            with pytest.raises(ValueError, match=message):
                record_stationary_run(*arguments, members, burn_in, updates)
        with pytest.raises(ValueError, match="`modes` must be between 1 and 4, the modes that are not flat; got 5"):
            loss_modes(NETWORK, DATA, LOSS, modes.minimum, 5)
