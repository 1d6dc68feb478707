"""Laws of the effective theory: exactness at fixed kernel, convergence orders, limits, start, unseen points."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from cosmograd.duality import (
    RESPONSES,
    drifting_prediction,
    gradient_flow_response,
    kernel_modes,
    predict_outputs,
    relative_error,
    second_order_response,
    second_order_response_from_attractor,
    second_order_response_from_rest,
    stroboscopic_response,
)
from cosmograd.learning import choose_mapping, mean_initial_kernel, train_ensemble
from cosmograd.learning.datasets import circle
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import LinearisedNetwork, Perceptron
from cosmograd.learning.optimisers import GradientDescent, HeavyBall, Nesterov

UPDATES = tuple(range(121))


def linearised_run(method, eta_lambda_max, normalisation="mean"):
    """A linearised perceptron in training, all that its prediction needs, and its outputs."""
    dataset = circle(12, probe_points=5)
    network = Perceptron((2, 24, 24, 1))
    linear = LinearisedNetwork(network, network.initialise(jax.random.key(3), jnp.float64))
    key, mapping, loss = jax.random.key(0), choose_mapping("map"), SquaredLoss(normalisation)
    divisor = float(loss.divisor(12))
    λ_max = np.linalg.eigvalsh(mean_initial_kernel(linear, dataset, key, 1, mapping))[-1] / divisor
    optimiser = method(eta_lambda_max / λ_max)
    (chunk,) = train_ensemble(linear, dataset, loss, optimiser, key, 1, UPDATES, mapping, [0, 60, 120])
    outputs = chunk.outputs[0].reshape(len(UPDATES), -1)
    return dataset, optimiser, chunk.kernels[0], outputs, divisor


METHODS = {
    "gradient descent": GradientDescent,
    "heavy ball": lambda η: HeavyBall(η, 0.9),
    "nesterov": lambda η: Nesterov(η, 0.5),
    "schedule": lambda η: HeavyBall(η * np.linspace(1.0, 0.2, 130), np.linspace(0.0, 0.9, 130)),
}


@pytest.mark.parametrize(
    ("method", "normalisation"), [("gradient descent", "sum"), *((method, "mean") for method in METHODS)]
)
@pytest.mark.parametrize("eta_lambda_max", [0.1, 0.5, 1.0, 1.4])
def test_stroboscopic_prediction_is_exact_for_a_linear_model(method, normalisation, eta_lambda_max):
    dataset, optimiser, kernels, outputs, divisor = linearised_run(METHODS[method], eta_lambda_max, normalisation)
    modes = kernel_modes(kernels[0], divisor)
    y = dataset.targets.ravel()
    prediction = predict_outputs(stroboscopic_response, modes, outputs[0], y, optimiser, UPDATES)
    scale = np.abs(outputs).max()
    np.testing.assert_allclose(np.asarray(prediction), outputs, rtol=0, atol=1e-12 * scale)  # probe points too
    drifting = drifting_prediction(kernels, [0, 60, 120], outputs[0], y, optimiser, UPDATES, divisor)
    np.testing.assert_allclose(np.asarray(drifting), outputs, rtol=0, atol=1e-12 * scale)


def test_stroboscopic_response_is_the_power_of_the_root():
    λ = jnp.array([0.0, 1e-9, 0.3, 1.0, 1.7])
    h = stroboscopic_response(λ, GradientDescent(1.0), [0, 1, 7, 50])
    for row, n in zip(h, (0, 1, 7, 50), strict=True):
        np.testing.assert_allclose(1 - λ * row, (1 - λ) ** n, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(h[:, 0], [0, 1, 7, 50], rtol=1e-15)  # λ → 0: only the driven motion is left


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.9])
def test_second_order_response_solves_its_own_equation(momentum):
    """Against an independent integration of h'' + Γh' + κ̂λh = κ̂, through critical damping."""
    η = 0.2
    optimiser = HeavyBall(η, momentum)
    Γ, κ = 2 * (1 - momentum) / (1 + momentum), 2 * η / (1 + momentum)
    λ_critical = Γ**2 / (4 * κ)
    for λ in (0.0, 0.1 * λ_critical, λ_critical, 1.01 * λ_critical, 4.0):
        n = np.arange(21)
        h = np.asarray(second_order_response(jnp.array([λ]), optimiser, n))[:, 0]
        solution = scipy.integrate.solve_ivp(
            lambda t, u, λ=λ: [u[1], κ * (1 - λ * u[0]) - Γ * u[1]],
            (0, 20),
            [0.0, _start_velocity(λ, η, momentum)],
            method="DOP853",
            t_eval=n,
            rtol=1e-12,
            atol=1e-14,
        )
        np.testing.assert_allclose(h, solution.y[0], rtol=1e-9, atol=1e-11)


def _start_velocity(λ, η, β):
    """Attractor without memory; otherwise such that h(1) is the optimiser's first step η."""
    if β == 0:
        return η * (1 + η * λ / 2)
    Γ, κ = 2 * (1 - β) / (1 + β), 2 * η / (1 + β)

    def first(velocity):
        return scipy.integrate.solve_ivp(
            lambda t, u: [u[1], κ * (1 - λ * u[0]) - Γ * u[1]],
            (0, 1),
            [0.0, velocity],
            method="DOP853",
            rtol=1e-13,
            atol=1e-15,
        ).y[0, -1]

    at_zero, at_one = first(0.0), first(1.0)
    return (η - at_zero) / (at_one - at_zero)


def test_start_through_the_first_update_is_the_closest():
    """At ηλ = 0.1, β = 0.5, over all updates: the attractor is about 50 times as far off, (h₁ − h₋₁)/2 4 times."""
    optimiser, λ, n = HeavyBall(0.1, 0.5), jnp.array([1.0]), np.arange(60)
    exact = np.asarray(stroboscopic_response(λ, optimiser, n))[:, 0]
    Γ, κ = 2 / 3, 0.2 / 1.5
    h_1, h_before = exact[1], 0.0  # from rest: h₋₁ = h₀

    def from_velocity(velocity):
        return scipy.integrate.solve_ivp(
            lambda t, u: [u[1], κ * (1 - u[0]) - Γ * u[1]],
            (0, 59),
            [0.0, velocity],
            method="DOP853",
            t_eval=n,
            rtol=1e-11,
            atol=1e-13,
        ).y[0]

    central = from_velocity((h_1 - h_before) / 2)
    first, attractor = (
        np.asarray(response(λ, optimiser, n))[:, 0]
        for response in (second_order_response, second_order_response_from_attractor)
    )
    distance = [np.linalg.norm(h - exact) for h in (first, attractor, central)]
    assert distance[1] / distance[0] == pytest.approx(50, rel=0.2)
    assert distance[2] / distance[0] == pytest.approx(4, rel=0.2)


def test_attractor_start_is_the_same_without_momentum():
    λ = jnp.array([0.0, 0.4, 2.5, 7.0])
    for optimiser in (GradientDescent(0.2), HeavyBall(0.2)):
        one, other = (
            response(λ, optimiser, range(30))
            for response in (second_order_response, second_order_response_from_attractor)
        )
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_round_off_is_no_mode():
    """A kernel of rank 3: what is left of the others is set to zero and never learned."""
    rng = np.random.default_rng(5)
    features = rng.normal(size=(40, 3))
    modes = kernel_modes(features @ features.T)
    assert (np.asarray(modes.eigenvalues) > 0).sum() == 3
    assert (np.asarray(modes.eigenvalues)[3:] == 0).all()


def test_scheduled_propagation_agrees_with_the_closed_form():
    """The same constants given as a schedule take the other route through the code."""
    λ = jnp.array([0.0, 0.05, 0.5, 1.2, 3.0])
    for η, β in ((0.3, 0.0), (0.2, 0.6), (0.1, 0.95)):
        closed = second_order_response(λ, HeavyBall(η, β), range(40))
        stepped = second_order_response(λ, HeavyBall(np.full(40, η), np.full(40, β)), range(40))
        np.testing.assert_allclose(np.asarray(stepped), np.asarray(closed), rtol=1e-11, atol=1e-12)


def _orders(response, method, λ=1.0, time=2.0):
    """Fitted order in η of the distance to the exact recursion at a fixed time t = Σ η/(1 − β)."""
    steps = [16, 32, 64, 128, 256]
    errors = []
    for count in steps:
        optimiser = method(time / count)
        exact = stroboscopic_response(jnp.array([λ]), optimiser, [count])
        errors.append(abs(float(response(jnp.array([λ]), optimiser, [count])[0, 0] - exact[0, 0])))
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


def test_orders_of_gradient_flow_and_second_order_theory():
    assert _orders(gradient_flow_response, GradientDescent) == pytest.approx(-1.0, abs=0.05)
    assert _orders(second_order_response, GradientDescent) == pytest.approx(-2.0, abs=0.05)
    assert _orders(second_order_response_from_rest, GradientDescent) == pytest.approx(-1.0, abs=0.05)


def test_second_order_theory_with_momentum_converges_with_the_step():
    """Heavy ball at fixed friction, δ → 0: the leapfrog scheme is of second order in δ = √η."""
    errors, steps = [], [100, 200, 400, 800]
    for count in steps:
        δ, friction = 6.0 / count, 0.8
        h = friction * δ / 2
        optimiser = HeavyBall(δ**2 / (1 + h), (1 - h) / (1 + h))
        λ = jnp.array([1.0])
        n = np.arange(count + 1)
        g, exact = (1 - λ * response(λ, optimiser, n) for response in (second_order_response, stroboscopic_response))
        errors.append(float(jnp.abs(g - exact).max()))
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(-2.0, abs=0.1)


def test_figures_of_the_attractor_start():
    """L = x²/2 + x⁴/8 from x = 1 to t = 1: the second order from the attractor is 2.3e-3, 5.5e-4, 1.3e-4 off."""
    gradient = lambda x: x + x**3 / 2  # noqa: E731
    curvature = lambda x: 1 + 1.5 * x**2  # noqa: E731
    for η, flow, rest, attractor in (
        (0.1, 2.6e-2, 1.7e-2, 2.3e-3),
        (0.05, 1.3e-2, 8.3e-3, 5.5e-4),
        (0.025, 6.3e-3, 4.1e-3, 1.3e-4),
    ):
        x = 1.0
        for _ in range(round(1 / η)):
            x -= η * gradient(x)
        options = {"method": "DOP853", "rtol": 1e-11, "atol": 1e-13}
        x_flow = scipy.integrate.solve_ivp(lambda t, u: -gradient(u), (0, 1), [1.0], **options).y[0, -1]
        ends = []
        for velocity in (0.0, -gradient(1.0) * (1 + η / 2 * curvature(1.0))):
            ends.append(
                scipy.integrate.solve_ivp(
                    lambda t, u, η=η: [u[1], -2 / η * (u[1] + gradient(u[0]))], (0, 1), [1.0, velocity], **options
                ).y[0, -1]
            )
        measured = [abs(value - x) for value in (x_flow, *ends)]
        np.testing.assert_allclose(measured, [flow, rest, attractor], rtol=0.06)


def test_all_predictions_meet_at_small_learning_rate():
    λ = jnp.array([0.0, 0.2, 1.0])
    optimiser, n = GradientDescent(1e-5), [0, 10_000, 100_000]
    h = [np.asarray(response(λ, optimiser, n)) for response in RESPONSES.values()]
    np.testing.assert_allclose(h[0], h[2], rtol=2e-5)
    np.testing.assert_allclose(h[1], h[2], rtol=1e-9)


def test_responses_are_differentiable():
    def second(λ):
        return second_order_response(jnp.stack([λ]), GradientDescent(0.1), [5])[0, 0]

    for λ in (0.0, 0.3, 5.0, 7.0):  # 5.0 is critical for the second-order theory
        step = 1e-5
        numeric = (second(jnp.array(λ + step)) - second(jnp.array(λ - step))) / (2 * step)
        np.testing.assert_allclose(jax.grad(second)(jnp.array(λ)), numeric, rtol=1e-6, atol=1e-9)


def test_probe_points_in_the_training_set_are_predicted_alike():
    """Two routes: a point seen as training and as probe point has the same prediction."""
    dataset, optimiser, kernels, outputs, divisor = linearised_run(GradientDescent, 0.5)
    doubled = np.concatenate([kernels[0][:12], kernels[0][:12]])
    modes = kernel_modes(doubled, divisor)
    start = np.concatenate([outputs[0, :12], outputs[0, :12]])
    for response in RESPONSES.values():
        prediction = np.asarray(predict_outputs(response, modes, start, dataset.targets.ravel(), optimiser, UPDATES))
        np.testing.assert_allclose(prediction[:, 12:], prediction[:, :12], rtol=0, atol=1e-12)


def test_drifting_masses_follow_a_known_drift():
    """A kernel that moves exactly as the interpolation says is followed exactly."""
    snapshots = np.array([0, 1, 3, 10, 40])
    first, last = np.diag([0.5, 0.2]), np.diag([0.9, 0.05])
    knots = np.log1p(snapshots) / np.log1p(40)
    kernels = first + knots[:, None, None] * (last - first)
    f = np.array([1.0, -2.0])
    real = [f]
    for n in range(40):
        kernel = first + np.log1p(n) / np.log1p(40) * (last - first)
        f = f - 0.3 * kernel @ f
        real.append(f)
    prediction = drifting_prediction(kernels, snapshots, real[0], np.zeros(2), GradientDescent(0.3), range(41))
    np.testing.assert_allclose(np.asarray(prediction), real, rtol=1e-12)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="strictly increasing"):
        stroboscopic_response(jnp.ones(2), GradientDescent(0.1), [3, 1])
    with pytest.raises(ValueError, match="one per kernel"):
        drifting_prediction(np.ones((2, 1, 1)), [0], np.ones(1), np.ones(1), GradientDescent(0.1), [0, 1])
    assert np.isnan(relative_error(np.full((2, 3), np.inf), np.zeros((2, 3)), np.zeros(3)))
