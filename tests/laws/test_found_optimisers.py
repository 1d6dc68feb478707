"""Optax transformations as optimisers of ours: the recursion that is found is the one that they follow."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from cosmograd.duality.regimes import largest_stable_eigenvalue
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.optimisers import (
    AbstractOptimiser,
    CorrectedHeavyBall,
    GradientDescent,
    HeavyBall,
    Nesterov,
    as_optimiser,
    tabulated,
    value_at,
)

RUN = 30


def in_float64(schedule):
    """Optax's counters have 32 bits, and so have schedules of them, whose last bits depend on the compiler."""
    return lambda count: schedule(jnp.asarray(count, dtype=float))


COSINE = in_float64(optax.cosine_decay_schedule(0.1, RUN))
WARM_UP = in_float64(optax.warmup_cosine_decay_schedule(0.01, 0.1, 6, RUN))
FROM_ZERO = in_float64(optax.warmup_cosine_decay_schedule(0.0, 0.1, 6, RUN))
EIGENVALUES = np.array([0.0, 1e-3, 0.2, 1.0, 2.5, 9.0])


def train_modes(transformation, updates: int = RUN) -> np.ndarray:
    """Deviations of modes with these eigenvalues, all 1 at the start, by the transformation itself, step by step."""
    path = [jnp.ones(len(EIGENVALUES))]
    state = transformation.init(path[0])
    for _ in range(updates):
        step, state = transformation.update(EIGENVALUES * path[-1], state, path[-1])
        path.append(path[-1] + step)
    return np.stack(path)


def quasi_hyperbolic(learning_rate, momentum, share):
    """θ −= η((1 − ν)g + ν m) with m = βm + (1 − β)g (Ma & Yarats 2019), from Optax's parts."""

    def init(parameters):
        return jax.tree.map(jnp.zeros_like, parameters)

    def update(gradient, m, parameters=None):
        del parameters
        m = jax.tree.map(lambda m, g: momentum * m + (1 - momentum) * g, m, gradient)
        step = jax.tree.map(lambda m, g: -learning_rate * ((1 - share) * g + share * m), m, gradient)
        return step, m

    return optax.GradientTransformation(init, update)


TRANSFORMATIONS = {
    "gradient descent": optax.sgd(0.05),
    "heavy ball": optax.sgd(0.05, momentum=0.9),
    "nesterov": optax.sgd(0.05, momentum=0.9, nesterov=True),
    "quasi-hyperbolic": quasi_hyperbolic(0.1, 0.9, 0.7),
    "cosine": optax.sgd(COSINE, momentum=0.9),
    "cosine nesterov": optax.sgd(COSINE, momentum=0.9, nesterov=True),
    "warm-up": optax.sgd(WARM_UP, momentum=0.9),
    "warm-up from zero": optax.sgd(FROM_ZERO, momentum=0.9, nesterov=True),
    "averaged momentum": optax.chain(optax.ema(0.9), optax.scale(-0.1)),
    "scheduled momentum": optax.inject_hyperparams(optax.sgd)(
        0.05, momentum=in_float64(optax.linear_schedule(0.3, 0.9, RUN))
    ),
    "optimistic": optax.optimistic_gradient_descent(0.05),
    "schedule-free": optax.contrib.schedule_free_sgd(0.1),
}


@cache
def found_of(name):
    return as_optimiser(TRANSFORMATIONS[name], updates=RUN)


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_modes_follow_the_recursion_that_is_found(name):
    """d_{n+1} = a_n d_n − b_n d_{n−1} along Optax's own path of every mode; bounds by the rounding of the terms."""
    found, d = found_of(name), train_modes(TRANSFORMATIONS[name])
    assert (np.abs(train_modes(found) - d) <= 1e-12 * np.abs(d).max(axis=0)).all()
    for n in range(1, RUN):
        a, b = found.mode_recursion(EIGENVALUES, n)
        terms = np.abs(a * d[n]) + np.abs(b * d[n - 1])
        assert (np.abs(a * d[n] - b * d[n - 1] - d[n + 1]) <= 1e-13 * terms).all()


@pytest.mark.parametrize(
    ("transformation", "updates", "expected"),
    [
        (optax.sgd(0.05), None, GradientDescent(0.05)),
        (optax.sgd(np.float32(0.1)), None, GradientDescent(float(np.float32(0.1)))),
        (optax.sgd(0.05, momentum=0.9), None, HeavyBall(0.05, 0.9)),
        (optax.sgd(1 / 3, momentum=1e-6), None, HeavyBall(1 / 3, 1e-6)),
        (optax.chain(optax.trace(0.9), optax.scale_by_learning_rate(0.01)), None, HeavyBall(0.01, 0.9)),
        (optax.chain(optax.ema(0.9, debias=False), optax.scale(-0.1)), 7, HeavyBall(0.01, 0.9)),
        (optax.inject_hyperparams(optax.sgd)(0.1, momentum=0.75), 7, HeavyBall(0.1, 0.75)),
        (optax.apply_if_finite(optax.sgd(0.1, momentum=0.75), 3), None, HeavyBall(0.1, 0.75)),
        (optax.sgd(0.05, momentum=0.9, nesterov=True), None, Nesterov(0.05, 0.9)),
        (optax.sgd(0.02, momentum=1e-4, nesterov=True), None, Nesterov(0.02, 1e-4)),
        (optax.sgd(0.1, momentum=-0.3), None, CorrectedHeavyBall(0.1, -0.3)),
    ],
    ids=lambda value: str(value) if isinstance(value, AbstractOptimiser) else "",
)
def test_constant_settings_are_those_it_was_made_with(transformation, updates, expected):
    """Exactly, digit by digit; without a run's length where nothing counts the updates."""
    found = as_optimiser(transformation, updates=updates)
    assert type(found) is type(expected)
    assert found.constant
    assert float(found.learning_rate) == float(expected.learning_rate)
    assert float(found.momentum) == float(expected.momentum)


@pytest.mark.parametrize("β", [0.3, 0.99])
def test_numbers_without_short_digits_are_found_to_round_off(β):
    η = np.pi / 70
    for nesterov, ours in ((False, HeavyBall(η, β)), (True, Nesterov(η, β))):
        found = as_optimiser(optax.sgd(η, momentum=β, nesterov=nesterov))
        assert type(found) is type(ours)
        for x, y in zip(found.mode_recursion(EIGENVALUES, 3), ours.mode_recursion(EIGENVALUES, 3), strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-14, atol=1e-14)


class TestSchedules:
    @pytest.mark.parametrize("schedule", [COSINE, WARM_UP], ids=["cosine", "warm-up"])
    def test_gradient_descent_is_the_tabulated_one(self, schedule):
        found = as_optimiser(optax.sgd(schedule), updates=RUN)
        assert isinstance(found, GradientDescent)
        np.testing.assert_allclose(found.learning_rate, tabulated(schedule, RUN), rtol=1e-14, atol=1e-16)

    def test_schedules_in_float32_are_found_as_they_are(self):
        schedule = optax.cosine_decay_schedule(0.1, RUN)
        found = as_optimiser(optax.sgd(schedule), updates=RUN)
        np.testing.assert_allclose(found.learning_rate, tabulated(schedule, RUN), rtol=0, atol=0.1 * 2.0**-23)

    def test_momentum_follows_the_learning_rate(self):
        """Optax sums gradients before it scales them: β_n = β η_n/η_{n−1} in units of the last step."""
        η = tabulated(COSINE, RUN)
        found = found_of("cosine")
        assert isinstance(found, HeavyBall)
        np.testing.assert_allclose(found.learning_rate, η, rtol=1e-13)
        np.testing.assert_allclose(found.momentum[1:], 0.9 * η[1:] / η[:-1], rtol=1e-12)

    def test_a_steep_warm_up_has_momenta_above_one(self):
        η = tabulated(WARM_UP, RUN)
        found = found_of("warm-up")
        assert isinstance(found, CorrectedHeavyBall)
        np.testing.assert_allclose(found.momentum[1:], 0.9 * η[1:] / η[:-1], rtol=1e-12)
        assert found.momentum.max() > 1
        np.testing.assert_array_equal(found.correction, 0.0)

    def test_averages_that_are_debiased(self):
        """m_n/(1 − β^{n+1}): η_n = η(1 − β)/(1 − β^{n+1}) and β_n = β(1 − β^n)/(1 − β^{n+1})."""
        found = found_of("averaged momentum")
        assert isinstance(found, HeavyBall)
        n = np.arange(RUN)
        np.testing.assert_allclose(found.learning_rate, 0.01 / (1 - 0.9 ** (n + 1)), rtol=1e-13)
        np.testing.assert_allclose(found.momentum[1:], (0.9 * (1 - 0.9**n) / (1 - 0.9 ** (n + 1)))[1:], rtol=1e-12)

    def test_the_last_value_holds_after_the_run(self):
        found = as_optimiser(optax.sgd(COSINE), updates=9)
        assert found.learning_rate.shape == (9,)
        assert float(value_at(found.learning_rate, 20)) == pytest.approx(float(COSINE(8)), rel=1e-14)

    def test_a_run_that_starts_at_zero_is_as_stable_as_its_later_updates(self):
        found = as_optimiser(optax.sgd(FROM_ZERO), updates=RUN)
        assert float(found.learning_rate[0]) == 0.0
        assert largest_stable_eigenvalue(found, RUN) == pytest.approx(2 / 0.1, rel=1e-6)


@pytest.mark.parametrize("name", ["cosine nesterov", "warm-up from zero"])
def test_training_a_network_gives_the_same_outputs(name):
    """A perceptron on a squared loss, by the transformation and by what was found; 30 updates of rounding apart."""
    network = Perceptron((3, 6, 2))
    points, targets = jax.random.normal(jax.random.key(1), (8, 3)), jax.random.normal(jax.random.key(2), (8, 2))
    start = network.initialise(jax.random.key(3))

    def trained(transformation):
        def update(_, carry):
            θ, state = carry
            gradient = jax.grad(lambda θ: jnp.mean((network.apply(θ, points) - targets) ** 2))(θ)
            step, state = transformation.update(gradient, state, θ)
            return optax.apply_updates(θ, step), state

        θ, _ = jax.jit(lambda: jax.lax.fori_loop(0, RUN, update, (start, transformation.init(start))))()
        return network.apply(θ, points)

    transformation, found = TRANSFORMATIONS[name], found_of(name)
    assert np.abs(trained(transformation) - network.apply(start, points)).max() > 0.1
    np.testing.assert_allclose(trained(found), trained(transformation), rtol=1e-11, atol=1e-12)


def test_ours_stand_where_optax_transformations_stand():
    """`init` and `update` as in Optax, in a chain as well; what comes back through `as_optimiser` is ours as it was."""
    ours = Nesterov(0.05, 0.9)
    assert as_optimiser(ours) is ours
    np.testing.assert_allclose(train_modes(ours), train_modes(TRANSFORMATIONS["nesterov"]), rtol=1e-12, atol=1e-13)
    halved = as_optimiser(optax.chain(ours, optax.scale(0.5)), updates=RUN)
    assert float(halved.learning_rate) == 0.025


def test_nesterov_is_a_heavy_ball_with_a_correction():
    """ν = βη."""
    mode = CorrectedHeavyBall(0.05, 0.9, 0.9 * 0.05).mode_recursion(EIGENVALUES, 4)
    for x, y in zip(mode, Nesterov(0.05, 0.9).mode_recursion(EIGENVALUES, 4), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-14, atol=1e-15)


def test_parameters_decide_where_settings_go_by_name():
    parameters = {"w": np.ones((4, 4)), "b": np.ones(4)}
    everywhere = optax.masked(optax.sgd(0.5), {"w": True, "b": True})
    assert float(as_optimiser(everywhere, parameters=parameters).learning_rate) == 0.5
