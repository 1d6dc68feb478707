"""Forecasts: public cases whose answers are known, limits against real divergence, and what numbers suggest."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import cosmograd as cg
from cosmograd.duality.stable_rates import best_pair, polyak_pair, stable_rates
from cosmograd.experiments.forecast.findings import summary, warnings_of
from cosmograd.learning.networks import LinearisedNetwork, Perceptron
from cosmograd.learning.optimisers import CoupledWeightDecay, DecoupledWeightDecay, HeavyBall, sgd
from cosmograd.learning.schedules import SCHEDULE_NAMES, schedule_named

pytestmark = pytest.mark.usefixtures("without_type_checks")


def one_bias(parameters, inputs):
    """A trained bias behind frozen weights: of the inputs 0, ½ and 1 it has a gradient at the last only."""
    return jnp.where(inputs > 0.75, parameters, 0.0)


class TestPublicCases:
    def test_one_trained_bias(self):
        """Loss (out − y)², summed over the points: Hessian 2, largest stable η = 1, critical at ½."""
        inputs, targets = np.array([[0.0], [0.5], [1.0]]), np.array([[0.0], [0.0], [1.0]])
        found = cg.forecast((one_bias, jnp.array(0.2)), inputs, targets, optax.sgd(0.1), updates=50, loss=mse("sum"))
        assert found.largest_stable_learning_rate[0] == pytest.approx(1.0, rel=1e-12)
        assert found.critical_eta_lambda / found.largest_eigenvalue_of_run == pytest.approx(0.5, rel=1e-12)
        mean = cg.forecast((one_bias, jnp.array(0.2)), inputs, targets, optax.sgd(0.1), updates=50, loss="mse")
        assert mean.largest_stable_learning_rate[0] == pytest.approx(3.0, rel=1e-12)
        assert any("loss is summed over 3 points" in text for text in warnings_of(found))

    def test_a_quadratic_valley(self):
        """x² + 10y²: eigenvalues 2 and 20; largest η 0.1, Polyak's pair β = 0.2699, η = 0.1154."""
        assert stable_rates(20.0).gradient_descent == pytest.approx(0.1, rel=1e-14)
        pair = polyak_pair(2.0, 20.0)
        assert pair.momentum == pytest.approx(0.2699, abs=5e-5)
        assert pair.learning_rate == pytest.approx(0.1154, abs=5e-5)

    def test_a_schedule_that_starves(self):
        """η/(1 + 100n) from 1e-3 over 2500 updates: Σ η = 1.08e-3; momentum acts by 1/(1 − β) only."""
        model, x, y = small()
        plain, momentum = (
            cg.forecast(model, x, y, sgd(schedule_named("inverse", 1e-3, 2500, decay=100.0), β), updates=2500)
            for β in (0.0, 0.9)
        )
        assert plain.integrated_learning_rate == pytest.approx(1.08e-3, rel=5e-3)
        # The momenta βη_n/η_{n−1} of a falling schedule start near zero.
        assert momentum.integrated_learning_rate < 10 * plain.integrated_learning_rate * 1.001
        assert any(text.startswith("starved: the run holds") for text in warnings_of(plain))
        assert plain.e_folds[0] < 0.01

    def test_two_habits_of_momentum(self):
        """v ← βv − (1−β)g is v ← βv − ηg at a learning rate smaller by 1 − β."""
        one, other = cg.dual_universe(0.1, 0.9), cg.dual_universe(1.0, 0.9, averaged=True)
        assert one.hubble_rate == pytest.approx(other.hubble_rate, rel=1e-12)

    def test_inputs_in_units_of_forty(self):
        x = np.random.default_rng(4).uniform(-40, 40, (1000, 1))
        network = Perceptron((1, 8, 1))
        pair = network.apply, network.initialise(jax.random.key(0), jnp.float64)
        found = cg.forecast(pair, x[::5], np.sin(x[::5] / 20), optax.sgd(0.1), updates=20)
        said = next(text for text in warnings_of(found) if text.startswith("inputs reach ±40"))
        assert f"{found.largest_stable_learning_rate[0]:.3g}" in said

    def test_temperature_is_kept_by_scaling_with_the_batch(self):
        """At fixed β, η by k for batches k times larger, with replacement."""
        model, x, y = small()
        found = [
            cg.forecast(model, x, y, sgd(η, 0.5), updates=5, batch_size=B, replacement=True)
            for η, B in ((0.01, 2), (0.04, 8))
        ]
        assert found[0].temperature == pytest.approx(float(found[1].temperature), rel=1e-12)


def mse(normalisation):
    from cosmograd.learning.losses import MeanSquaredError

    return MeanSquaredError(normalisation)


def small(outputs: int = 1):
    network = Perceptron((2, 24, outputs))
    x = np.random.default_rng(5).standard_normal((12, 2))
    y = np.stack([np.sin(x[:, 0] + place) for place in range(outputs)], axis=1)
    return (network.apply, network.initialise(jax.random.key(1), jnp.float64)), x, y


METHODS = {
    "gradient descent": (0, lambda η: sgd(η)),
    "momentum": (1, lambda η: HeavyBall(η, 0.9)),
    "nesterov": (2, lambda η: sgd(η, 0.9, nesterov=True)),
    "decay": (1, lambda η: CoupledWeightDecay(HeavyBall(η, 0.9), 0.2)),
}


@pytest.mark.parametrize("name", METHODS)
def test_limits_are_where_linearised_networks_diverge(name):
    """By bisection of real training: does the loss grow within 500 updates? Within 3 %."""
    (apply, parameters), x, y = small()
    network = LinearisedNetwork(Perceptron((2, 24, 1)), parameters)
    place, method = METHODS[name]
    found = cg.forecast((apply, parameters), x, y, method(0.1), updates=10)
    expected = found.largest_stable_learning_rate[place]

    @jax.jit
    def grows(η):
        transformation = method(0.1).__class__ and _with_rate(method, η).transformation()

        def loss(θ):
            return 0.5 * jnp.mean((network.apply(θ, jnp.asarray(x)) - y) ** 2)

        def update(carry, _):
            θ, state = carry
            step, state = transformation.update(jax.grad(loss)(θ), state, θ)
            return (jax.tree.map(jnp.add, θ, step), state), None

        (θ, _), _ = jax.lax.scan(update, (parameters, transformation.init(parameters)), length=500)
        return ~(loss(θ) <= 10 * loss(parameters))

    low, high = 0.5 * expected, 2 * expected
    while high - low > 0.005 * expected:
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) else (middle, high)
    assert (low + high) / 2 == pytest.approx(expected, rel=0.03)


def _with_rate(method, η):
    import equinox as eqx

    return eqx.tree_at(lambda o: o.learning_rate, method(0.1), jnp.asarray(η))


def test_adamw_with_its_preconditioner_held():
    """η(1−β₁)(λ+w) = 2(1+b): the table against the recursion."""
    from cosmograd.duality import largest_stable_eigenvalue

    η = stable_rates(1.0, 50.0, b1=0.9, weight_decay=0.3).adamw
    assert largest_stable_eigenvalue(DecoupledWeightDecay(HeavyBall(η * 0.1, 0.9), η * 0.3)) == pytest.approx(
        50, rel=1e-10
    )
    assert stable_rates(1.0, 50.0).adam == pytest.approx(38 / 50, rel=1e-12)


class TestBestPair:
    def test_one_mode_is_best_at_critical_damping_or_in_one_step(self):
        """A single mode is learned by one update with ηλ = 1; over many updates any pair near it will do."""
        pair, left = best_pair(np.array([3.0]), np.array([1.0]), 1)
        assert pair.learning_rate == pytest.approx(1 / 3, rel=1e-3)
        assert left < 1e-6

    def test_a_band_of_modes_over_many_updates_comes_near_polyaks_pair(self):
        """At a finite number of updates a little more can be had, by modes that just swing through zero."""
        λ = np.geomspace(2.0, 20.0, 60)
        pair, left = best_pair(λ, np.ones(60), 60)
        expected = polyak_pair(2.0, 20.0)
        assert pair.momentum == pytest.approx(expected.momentum, abs=0.08)
        assert pair.learning_rate == pytest.approx(expected.learning_rate, rel=0.1)
        d, before = 1 - expected.learning_rate * λ, np.ones(60)
        for _ in range(59):
            d, before = (1 + expected.momentum - expected.learning_rate * λ) * d - expected.momentum * before, d
        assert left <= np.mean(d**2)

    def test_no_pair_of_a_grid_is_better(self):
        λ = np.arange(1, 400.0) ** -1.2
        pair, left = best_pair(λ, np.ones(399), 100)
        losses = []
        for β in np.linspace(0, 0.99, 34):
            for η in np.linspace(0.05, 0.99, 20) * 2 * (1 + β):
                d, before = 1 - η * λ, np.ones(399)
                for _ in range(99):
                    d, before = (1 + β - η * λ) * d - β * before, d
                losses.append(np.sum(d**2) / 399)
        assert left < min(losses) * 1.01
        assert 0 < pair.momentum < 1


class TestSchedules:
    @pytest.mark.parametrize("name", SCHEDULE_NAMES)
    def test_start_at_the_learning_rate_after_the_warm_up(self, name):
        rates = np.broadcast_to(schedule_named(name, 0.3, 100, 10, decay=0.1, final=0.05), 100)
        np.testing.assert_allclose(rates[:10], 0.3 * np.arange(1, 11) / 10, rtol=1e-12)
        assert rates[10] == pytest.approx(0.3, rel=1e-12)
        assert (np.diff(rates[10:]) <= 1e-15).all()
        assert (rates > 0).all()

    def test_are_those_of_optax(self):
        ours = schedule_named("cosine", 0.3, 50, final=0.1)
        theirs = optax.cosine_decay_schedule(0.3, 50, alpha=0.1)
        np.testing.assert_allclose(ours, [float(theirs(n)) for n in range(50)], rtol=1e-6)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("cosin", 0.1, 10), "schedule 'cosin' is unknown; allowed: constant"),
            (("cosine", 0.1, 10, 10), "`warm_up` must be ≥ 0 and below the 10 updates"),
            (("inverse", 0.1, 10), "needs a `decay` > 0"),
        ],
    )
    def test_mistakes(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            schedule_named(*arguments)


def test_e_folds_are_those_of_the_modes_themselves():
    """Under warm-up momenta exceed one, and roots update by update would say that modes at rest grow."""
    model, x, y = small()
    optimiser = optax.sgd(optax.warmup_cosine_decay_schedule(0.0, 0.02, 20, 200), momentum=0.9)
    found = cg.forecast(model, x, y, optimiser, updates=200)
    λ = found["eigenvalue"].values
    d, state, before = np.ones(len(λ)), optimiser.init(np.ones(len(λ))), None
    for _ in range(200):
        step, state = optimiser.update(λ * d, state, d)
        d, before = d + np.asarray(step), d
    expected = -np.log(np.hypot(d, before) / 2**0.5)
    np.testing.assert_allclose(found.e_folds, expected, atol=0.1)
    assert (found.e_folds > -1e-9).all()
    assert not any(text.startswith("starved") for text in warnings_of(found))


def test_a_run_beyond_its_limit_is_not_called_starved():
    model, x, y = small()
    said = warnings_of(cg.forecast(model, x, y, sgd(100.0, 0.9), updates=50))
    assert any("exceeds the largest stable one" in text for text in said)
    assert not any("starved" in text for text in said)


def test_the_limit_with_all_settings_as_given():
    """Dampening τ: 2(1+β)/((1−τ)(λ+w))."""
    model, x, y = small()
    found = cg.forecast(model, x, y, sgd(0.01, 0.9, 0.5, 0.3), updates=5)
    λ = float(found.largest_eigenvalue_of_run)
    assert found.own_largest_stable_learning_rate == pytest.approx(2 * 1.9 / (0.5 * (λ + 0.3)), rel=1e-6)


@pytest.mark.recorders
class TestTorch:
    def test_schedules_that_cycle_the_momentum_are_followed(self):
        torch = pytest.importorskip("torch")
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 1).double()
        x, y = torch.randn(12, 3, dtype=torch.float64), torch.randn(12, 1, dtype=torch.float64)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.1, total_steps=40)
        found = cg.forecast(model, x, y, schedule, updates=40, loss="mse", records=41)
        losses = []
        for update in range(41):
            loss = torch.nn.functional.mse_loss(model(x), y)
            losses.append(loss.item())
            optimiser.zero_grad()
            loss.backward()
            if update < 40:
                optimiser.step()
            if update < 39:
                schedule.step()
        np.testing.assert_allclose(found.loss, np.array(losses)[found["update"].values], rtol=1e-12)

    def test_optimisers_of_other_parameters_are_refused(self):
        torch = pytest.importorskip("torch")
        model, x, y = torch.nn.Linear(2, 1), np.ones((3, 2)), np.arange(3.0)
        with pytest.raises(ValueError, match="leaves out 1 of the model's 2 parameters, 'bias' first"):
            cg.forecast(model, x, y, torch.optim.SGD([model.weight], lr=0.1), updates=3)
        with pytest.raises(ValueError, match="trains none of the model's parameters"):
            cg.forecast(model, x, y, torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1), updates=3)


class TestTrial:
    def test_says_how_far_the_forecast_is_off(self):
        """A linearised network has no error and no drift; a narrow real one has both."""
        (apply, parameters), x, y = small()
        linear = LinearisedNetwork(Perceptron((2, 24, 1)), parameters)
        exact = cg.forecast((linear.apply, parameters), x, y, HeavyBall(0.3, 0.8), updates=20, trial=20)
        real = cg.forecast((apply, parameters), x, y, HeavyBall(0.3, 0.8), updates=20, trial=20)
        assert exact.trial_error < 1e-12
        assert exact.trial_kernel_drift < 1e-12
        assert real.trial_error > 1e-3
        assert real.trial_kernel_drift > 1e-3


def test_what_a_script_asks_for():
    model, x, _ = small(3)
    classes = np.arange(12) % 3
    found = cg.forecast(
        model,
        x,
        classes,
        optax.adamw(1e-3),
        updates=30,
        loss="cross-entropy",
        probe_inputs=x[:3],
        probe_targets=classes[:3],
    )
    entries = summary(found)
    for key in ("largest_stable_learning_rate", "largest_stable_learning_rate_minibatch"):
        assert list(entries[key]) == ["gradient_descent", "momentum", "nesterov", "adam", "adamw"]
        assert all(set(one) == {"value", "reason"} for one in entries[key].values())
    assert entries["learning_rate"] == 1e-3
    assert entries["regime"] in ("light", "underdamped", "period-two", "unstable")
    assert len(entries["loss"]) == len(entries["updates"]) == len(entries["accuracy"]) == len(entries["probe_loss"])
    assert entries["largest_stable_learning_rate_minibatch"]["adam"]["value"] is None
    assert isinstance(entries["warnings"], list)


class TestBadInput:
    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"loss": "cross-entropy", "targets": np.full(12, 7)}, "allowed are 0 to 2"),
            ({"loss": "cross-entropy", "targets": np.zeros(12)}, "one class only"),
            ({"loss": "cross-entropy", "targets": np.full(12, 0.5)}, "whole numbers of classes"),
            ({"loss": "entropy"}, "`loss` is 'entropy'; allowed: 'mean', 'sum'"),
            ({"batch_size": 13}, "`batch_size` is 13, but there are 12 points"),
            ({"updates": 0}, "`updates` must be a whole number ≥ 1"),
            ({"probe_targets": np.zeros((2, 3))}, "`probe_targets` need `probe_inputs`"),
            ({"targets": np.zeros((12, 2))}, "`targets` have shape"),
        ],
    )
    def test_is_one_clear_sentence(self, more, message):
        model, x, y = small(3)
        asked = {"targets": y, "optimiser": optax.sgd(0.1), "updates": 5} | more
        with pytest.raises(ValueError, match=message) as caught:
            cg.forecast(model, x, **asked)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("optimiser", [optax.lion(1e-3), optax.chain(optax.clip(0.1), optax.sgd(0.1))])
    def test_an_optimiser_without_a_recursion_is_named_and_limits_are_given(self, optimiser):
        model, x, y = small()
        found = cg.forecast(model, x, y, optimiser, updates=5)
        assert np.isfinite(found.largest_stable_learning_rate).all()
        assert any("not linear in the gradient" in text for text in warnings_of(found))
