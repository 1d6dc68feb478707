"""Optimisers: their updates against Optax, and their continuous limits with the order at which they are met."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.integrate import solve_ivp
from scipy.special import j1

from cosmograd.learning.optimisers import GradientDescent, HeavyBall, Nesterov, value_at

PARAMETERS_KEY = jax.random.key(77)


def train(optimiser, gradient, start, updates: int) -> np.ndarray:
    """Parameters before the first and after every update."""
    transformation = optimiser.transformation()

    def update(carry, _):
        θ, state = carry
        step, state = transformation.update(gradient(θ), state, θ)
        θ = jax.tree.map(jnp.add, θ, step)
        return (θ, state), θ

    start = jnp.asarray(start, dtype=float)
    _, path = jax.lax.scan(update, (start, transformation.init(start)), length=updates)
    return np.concatenate([start[None], path])


def fitted_order(steps, errors) -> float:
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


def solve(equation, start, velocity, times, first=0.0) -> np.ndarray:
    """x(t) for x'' = equation(t, x, x'), to 12 digits."""
    solution = solve_ivp(
        lambda t, state: [state[1], equation(t, *state)],
        (first, times[-1]),
        [start, velocity],
        method="DOP853",
        t_eval=times,
        rtol=1e-12,
        atol=1e-14,
    )
    return solution.y[0]


class TestAgainstOptax:
    """On a tree of parameters and a bounded, contracting path, where rounding does not grow."""

    def path(self, transformation):
        def loss(θ):
            a, (b, c) = θ["first"], θ["second"]
            return jnp.sum(jnp.sin(a)) * c / 3 + jnp.sum(a**2) + jnp.sum(jnp.cosh(b)) + jnp.sum(b) * c / 4 + c**2

        def update(carry, _):
            θ, state = carry
            step, state = transformation.update(jax.grad(loss)(θ), state, θ)
            θ = optax.apply_updates(θ, step)
            return (θ, state), θ

        key_a, key_b = jax.random.split(PARAMETERS_KEY)
        parameters = {
            "first": jax.random.normal(key_a, (3, 2)),
            "second": [jax.random.normal(key_b, (4,)), jnp.array(0.7)],
        }
        start = (parameters, transformation.init(parameters))
        return jax.lax.scan(update, start, length=40)[1]

    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            (GradientDescent(0.05), optax.sgd(0.05)),
            (HeavyBall(0.05), optax.sgd(0.05)),
            (HeavyBall(0.03, 0.9), optax.sgd(0.03, momentum=0.9)),
            (Nesterov(0.05, 0.0), optax.sgd(0.05)),
            (Nesterov(0.03, 0.9), optax.sgd(0.03, momentum=0.9, nesterov=True)),
        ],
        ids=["gradient descent", "heavy ball without momentum", "heavy ball", "nesterov without momentum", "nesterov"],
    )
    def test_same_path(self, ours, theirs):
        jax.tree.map(
            lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-14),
            self.path(ours.transformation()),
            self.path(theirs),
        )

    def test_scheduled_learning_rate(self):
        rates = jnp.array([0.05, 0.04, 0.01])
        theirs = optax.sgd(lambda count: value_at(rates, count))
        for x, y in zip(
            jax.tree.leaves(self.path(GradientDescent(rates).transformation())),
            jax.tree.leaves(self.path(theirs)),
            strict=True,
        ):
            np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-14)


class TestSchedules:
    def test_last_value_holds(self):
        schedule = jnp.array([0.3, 0.2, 0.1])
        assert [float(value_at(schedule, n)) for n in (0, 1, 2, 3, 100)] == [0.3, 0.2, 0.1, 0.1, 0.1]
        assert float(value_at(0.4, 17)) == 0.4

    def test_each_update_uses_its_own_entry(self):
        """Heavy ball by hand, in plain Python, on L = ½θ²."""
        η, β = [0.3, 0.2, 0.15], [0.9, 0.5, 0.7, 0.4]
        θ = [1.0, 1.0]
        for n in range(8):
            rate, momentum = η[min(n, 2)], β[min(n, 3)]
            θ.append(θ[-1] + momentum * (θ[-1] - θ[-2]) - rate * θ[-1])
        np.testing.assert_allclose(train(HeavyBall(η, β), lambda θ: θ, 1.0, 8), θ[1:], rtol=1e-14)

    def test_nesterov_extrapolates_with_the_next_momentum(self):
        """x_{n+1} = θ_n − η_n∇L(θ_n), θ_{n+1} = x_{n+1} + β_{n+1}(x_{n+1} − x_n), by hand."""
        η, β = [0.3, 0.2, 0.15], [0.9, 0.5, 0.7, 0.4]
        x, θ = [1.0], [1.0]
        for n in range(8):
            x.append(θ[-1] - η[min(n, 2)] * np.sin(θ[-1]))
            θ.append(x[-1] + β[min(n + 1, 3)] * (x[-1] - x[-2]))
        np.testing.assert_allclose(train(Nesterov(η, β), jnp.sin, 1.0, 8), θ, rtol=1e-14)

    def test_bad_settings_are_refused(self):
        for bad in (0.0, -0.1, float("nan"), float("inf"), [0.1, -0.1], [], [[0.1]]):
            for make in (GradientDescent, HeavyBall, lambda η: Nesterov(η, 0.5)):
                with pytest.raises(ValueError, match="`learning_rate` must be a positive finite number"):
                    make(bad)
        for bad in (-0.1, 1.0, float("nan"), [0.1, 1.0], []):
            for make in (HeavyBall, Nesterov):
                with pytest.raises(ValueError, match=r"`momentum` must be a number in \[0, 1\)"):
                    make(0.1, bad)

    def test_a_function_is_tabulated_first(self):
        import optax

        from cosmograd.learning.optimisers import tabulated

        cosine = optax.cosine_decay_schedule(0.3, 8)
        with pytest.raises(ValueError, match=r"`learning_rate` is a function.*tabulated\(learning_rate, updates\)"):
            GradientDescent(cosine)
        with pytest.raises(ValueError, match="`momentum` is a function"):
            HeavyBall(0.1, optax.linear_schedule(0.0, 0.9, 8))
        mine = train(GradientDescent(tabulated(cosine, 8)), jnp.sin, 1.0, 8)
        θ = jnp.array(1.0)
        theirs, transformation = [1.0], optax.sgd(cosine)
        state = transformation.init(θ)
        for _ in range(8):
            step, state = transformation.update(jnp.sin(θ), state)
            θ = optax.apply_updates(θ, step)
            theirs.append(float(θ))
        np.testing.assert_allclose(mine, theirs, rtol=1e-14)
        np.testing.assert_array_equal(tabulated(lambda n: 0.5, 3), [0.5] * 3)
        with pytest.raises(ValueError, match="`updates` must be ≥ 1"):
            tabulated(cosine, 0)

    @pytest.mark.parametrize("bad", ["0.1", None, {"a": 1}, [[0.1], [0.2, 0.3]]])
    def test_what_is_no_number(self, bad, without_type_checks):
        with pytest.raises(ValueError, match="`learning_rate` must be a positive finite number"):
            GradientDescent(bad)

    @pytest.mark.parametrize("extreme", [5e-324, 1e-200, 1e200])
    def test_learning_rates_that_overflow_when_squared(self, extreme):
        with pytest.raises(ValueError, match="must lie between 1e-150 and"):
            HeavyBall(extreme, 0.5)


def quartic_gradient(x):
    """L = x²/2 + x⁴/8."""
    return x + x**3 / 2


def quartic_curvature(x):
    return 1 + 1.5 * x**2


class TestContinuousLimitOfGradientDescent:
    """L = x²/2 + x⁴/8 from x = 1, at t = 1; the time advances by η per update."""

    rates = np.array([0.1, 0.05, 0.025])

    def errors(self, predict) -> np.ndarray:
        trained = [train(GradientDescent(η), quartic_gradient, 1.0, round(1 / η))[-1] for η in self.rates.tolist()]
        return np.abs(np.array([predict(η) for η in self.rates]) - trained)

    @staticmethod
    def second_order(η, velocity):
        return solve(lambda t, x, v: -2 / η * (v + quartic_gradient(x)), 1.0, velocity, [1.0])[-1]

    def test_gradient_flow_is_of_first_order(self):
        def flow(η):
            return solve(lambda t, x, v: -quartic_curvature(x) * v, 1.0, -quartic_gradient(1.0), [1.0])[-1]

        errors = self.errors(flow)
        assert errors == pytest.approx([2.6e-2, 1.3e-2, 6.3e-3], rel=0.03)
        assert fitted_order(self.rates, errors) == pytest.approx(1.0, abs=0.05)

    def test_second_order_theory_from_rest_is_of_first_order(self):
        errors = self.errors(lambda η: self.second_order(η, 0.0))
        assert errors == pytest.approx([1.7e-2, 8.3e-3, 4.1e-3], rel=0.03)
        assert fitted_order(self.rates, errors) == pytest.approx(1.0, abs=0.05)

    def test_second_order_theory_from_the_attractor_is_of_second_order(self):
        """φ' = −V'/3H − V''V'/27H³ with V = 2L/η and 3H = 2/η."""

        def attractor(η):
            force, curvature, friction = 2 / η * quartic_gradient(1.0), 2 / η * quartic_curvature(1.0), 2 / η
            return self.second_order(η, -force / friction - curvature * force / friction**3)

        errors = self.errors(attractor)
        assert errors == pytest.approx([2.3e-3, 5.5e-4, 1.3e-4], rel=0.04)
        assert fitted_order(self.rates, errors) == pytest.approx(2.0, abs=0.1)

    def test_implicit_regularisation_is_of_second_order(self):
        """Gradient flow of L + (η/4)|∇L|²: the next order of slow roll."""

        def flow(η):
            def velocity(x):
                return -quartic_gradient(x) * (1 + η / 2 * quartic_curvature(x))

            solution = solve_ivp(lambda t, x: velocity(x), (0, 1), [1.0], "DOP853", rtol=1e-12, atol=1e-14)
            return solution.y[0, -1]

        assert fitted_order(self.rates, self.errors(flow)) == pytest.approx(2.0, abs=0.1)


class TestContinuousLimitOfHeavyBall:
    """θ'' + Γθ' + ∇L = 0 at fixed Γ = 3H, refined by δ → 0, on the quartic loss from rest."""

    friction, end = 0.8, 4.0
    steps = 0.1 * 0.5 ** np.arange(4)

    def errors(self, first: float) -> np.ndarray:
        """Largest deviation from the field that is at rest at time 0, when update 0 is at `first` steps."""
        errors = []
        for δ in self.steps:
            h = self.friction * δ / 2
            optimiser = HeavyBall(δ**2 / (1 + h), (1 - h) / (1 + h))
            trained = train(optimiser, quartic_gradient, 1.0, round(self.end / δ))
            times = (np.arange(len(trained)) + first) * δ
            field = solve(lambda t, x, v: -self.friction * v - quartic_gradient(x), 1.0, 0.0, times)
            errors.append(np.abs(trained - field).max())
        return np.array(errors)

    def test_rest_is_half_an_update_before_the_start(self):
        """θ_{−1} = θ_0: the velocity vanishes midway, which makes the scheme second order."""
        assert fitted_order(self.steps, self.errors(0.5)) == pytest.approx(2.0, abs=0.1)

    def test_rest_at_the_start_is_met_to_first_order(self):
        assert fitted_order(self.steps, self.errors(0.0)) == pytest.approx(1.0, abs=0.1)


class TestCoastingUniverse:
    """a ∝ t: β_n = (n − 1)/(n + 2) against x'' + (3/t)x' + ∇L = 0, from rest at t = 0."""

    steps = 0.1 * 0.5 ** np.arange(4)
    nesterov_steps = 0.02 * 0.5 ** np.arange(4)
    end = 8.0

    def settings(self, δ):
        n = np.arange(round(self.end / δ))
        # β_0 acts on no step yet, so its −1/2 may be raised to what is allowed.
        return n, np.clip((n - 1) / (n + 2), 0, None), (np.arange(len(n) + 1) + 0.5) * δ

    def leapfrog_errors(self, gradient, field):
        errors = []
        for δ in self.steps:
            n, momenta, times = self.settings(δ)
            optimiser = HeavyBall(δ**2 * (n + 0.5) / (n + 2), momenta)
            errors.append(np.abs(train(optimiser, gradient, 1.0, len(n)) - field(times)).max())
        return np.array(errors)

    def test_leapfrog_schedule_on_a_parabola(self):
        """The exact field is φ = 2J₁(t)/t; second order."""
        errors = self.leapfrog_errors(lambda x: x, lambda t: 2 * j1(t) / t)
        assert fitted_order(self.steps, errors) == pytest.approx(2.0, abs=0.05)

    def test_leapfrog_schedule_on_the_quartic_loss(self):
        def field(times):
            early = 1e-3  # the equation is singular at 0; the series x₀ − L't²/8 is good to 1e-13 there
            first, force = 1 - quartic_gradient(1.0) * early**2 / 8, quartic_gradient(1.0)
            return solve(lambda t, x, v: -3 / t * v - quartic_gradient(x), first, -force * early / 4, times, early)

        errors = self.leapfrog_errors(quartic_gradient, field)
        assert fitted_order(self.steps, errors) == pytest.approx(2.0, abs=0.05)

    def nesterov_errors(self, next_order: bool):
        """Nesterov's own method on a parabola: constant η = δ², gradient at the extrapolated point."""
        errors = []
        for δ in self.nesterov_steps:
            n, momenta, _ = self.settings(δ)
            # Extrapolated with β_{n+1}; the iterates x_n, of which the equation speaks, lie at (n + ½)δ.
            θ = train(Nesterov(δ**2, momenta), lambda x: x, 1.0, len(n))
            x = np.concatenate([[1.0], (1 - δ**2) * θ[:-1]])
            times = (np.arange(len(x)) + 0.5) * δ
            correction = δ if next_order else 0.0

            def equation(t, x, v, correction=correction):
                return -(3 / t + correction) * v - (1 + 1.5 * correction / t) * x

            late = times >= 1.0
            start = np.flatnonzero(late)[0]
            velocity = (x[start + 1] - x[start - 1]) / (2 * δ)
            field = solve(equation, x[start], velocity, times[late], times[start])
            errors.append(np.abs(field - x[late]).max())
        return np.array(errors)

    def test_nesterov_is_of_first_order(self):
        errors = self.nesterov_errors(next_order=False)
        assert fitted_order(self.nesterov_steps, errors) == pytest.approx(1.0, abs=0.05)

    def test_nesterov_at_next_order_is_of_second_order(self):
        """x'' + (3/t + δ∇²L)x' + (1 + 3δ/2t)∇L = 0."""
        errors = self.nesterov_errors(next_order=True)
        assert fitted_order(self.nesterov_steps, errors) == pytest.approx(2.0, abs=0.1)
        assert (errors < self.nesterov_errors(next_order=False) / 10).all()


@pytest.mark.parametrize("β", [0.3, 0.9])
def test_velocities_redshift_on_a_flat_direction(β):
    """Without a force the steps fall like a⁻³, by exactly β per update, whatever the learning rate."""
    transformation = HeavyBall(0.1, β).transformation()
    state = transformation.init(jnp.zeros(()))._replace(step=jnp.asarray(1.0))
    for n in range(1, 30):
        step, state = transformation.update(jnp.zeros(()), state)
        assert float(step) == pytest.approx(β**n, rel=1e-14)
