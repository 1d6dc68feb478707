"""What people call an optimiser, and the recursion that it is: every convention against real training."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings, strategies as st

from cosmograd.duality import kernel_modes, optimiser_step, predict_outputs, recursion_regimes, stroboscopic_response
from cosmograd.duality.linearised_training import linearised_outputs, loss_eigenvalues
from cosmograd.learning.losses import CrossEntropyLoss, HuberLoss, LogisticLoss, SquaredLoss
from cosmograd.learning.networks import LinearisedNetwork, Perceptron
from cosmograd.learning.optimisers import (
    Adam,
    CoupledWeightDecay,
    DecoupledWeightDecay,
    GradientDescent,
    HeavyBall,
    Nesterov,
    NoModesError,
    RMSProp,
    as_method,
    as_optimiser,
    named_optimiser,
    sgd,
    tabulated,
)

RUN = 40
λ = np.array([1e-3, 0.05, 0.4, 1.5])


def torch_sgd(η, β=0.0, τ=0.0, w=0.0, nesterov=False):
    """As PyTorch's documentation has it, step by step, on modes with the target zero; η: a number for each update."""
    θ, v, path = np.ones_like(λ), None, [np.ones_like(λ)]
    for n in range(RUN):
        g = λ * θ + w * θ
        v = g if v is None else β * v + (1 - τ) * g
        θ = θ - η[n] * (g + β * v if nesterov else v)
        path.append(θ)
    return np.stack(path)


def modes_of(optimiser):
    """The same by an optimiser of ours."""
    transformation = optimiser.transformation()

    def update(carry, _):
        θ, state = carry
        step, state = transformation.update(jnp.asarray(λ) * θ, state, θ)
        return (θ + step, state), θ + step

    start = jnp.ones(len(λ))
    return np.concatenate([start[None], jax.lax.scan(update, (start, transformation.init(start)), length=RUN)[1]])


CONSTANT = np.full(RUN, 0.3)
FALLING = 0.3 * np.cos(np.linspace(0.1, 1.4, RUN))
RISING = 0.3 * np.minimum(1.0, (1 + np.arange(RUN)) / 10)


@pytest.mark.parametrize("rates", [CONSTANT, FALLING, RISING], ids=["constant", "cosine", "warm-up"])
@pytest.mark.parametrize(
    "said",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.4},
        {"momentum": 0.8, "dampening": 0.8, "weight_decay": 0.02},
        {"momentum": 0.9, "weight_decay": 0.05},
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.7, "nesterov": True, "weight_decay": 0.05},
    ],
    ids=str,
)
def test_sgd_is_that_of_pytorch(said, rates):
    ours = sgd(0.3 if rates is CONSTANT else rates, **said)
    numbers = {"momentum": "β", "dampening": "τ", "weight_decay": "w", "nesterov": "nesterov"}
    expected = torch_sgd(rates, **{numbers[key]: value for key, value in said.items()})
    np.testing.assert_allclose(modes_of(ours), expected, rtol=1e-12, atol=1e-13)


def test_averaged_momentum_is_heavy_ball_at_a_smaller_learning_rate():
    assert repr(sgd(0.3, 0.9, 0.9, first_dampened=True)) == repr(HeavyBall(0.03, 0.9))
    averaged = optax.chain(optax.ema(0.9, debias=False), optax.scale(-0.3))
    np.testing.assert_allclose(modes_of(sgd(0.3, 0.9, 0.9, first_dampened=True)), modes_of_optax(averaged), rtol=1e-12)


def modes_of_optax(transformation):
    class Given:
        def transformation(self):
            return transformation

    return modes_of(Given())


class TestAdaptive:
    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            (Adam(0.01), optax.adam(0.01)),
            (Adam(0.01, 0.8, 0.95, 1e-6, 0.1), optax.adamw(0.01, 0.8, 0.95, 1e-6, weight_decay=0.1)),
            (RMSProp(0.01, 0.9, 1e-8, inside=True), optax.rmsprop(0.01)),
            (RMSProp(0.01, 0.95, 1e-6, 0.9), optax.rmsprop(0.01, 0.95, 1e-6, eps_in_sqrt=False, momentum=0.9)),
        ],
    )
    def test_against_optax(self, ours, theirs):
        np.testing.assert_allclose(modes_of(ours), modes_of_optax(theirs), rtol=1e-12, atol=1e-14)

    @pytest.mark.parametrize("rates", [0.01, 0.01 * RISING], ids=["constant", "warm-up"])
    @pytest.mark.parametrize("decay", [0.0, 0.5])
    def test_with_its_preconditioner_held_adam_is_averaged_momentum(self, rates, decay):
        """P = 1 makes it so: the transient of the bias correction and the decay beside it, to round-off."""
        held = Adam(rates, 0.9, weight_decay=decay).held(RUN)
        schedule = rates if np.ndim(rates) == 0 else lambda count: jnp.asarray(rates)[count]
        parts = [optax.ema(0.9), optax.add_decayed_weights(decay), optax.scale_by_learning_rate(schedule)]
        np.testing.assert_allclose(modes_of(held), modes_of_optax(optax.chain(*parts)), rtol=1e-12)

    def test_decay_in_the_gradient_has_no_modes(self):
        with pytest.raises(ValueError, match=r"divided by the preconditioner.*AdamW"):
            named_optimiser("adam", 0.01, weight_decay=0.1).held()


class TestSteps:
    """The table of `optimiser_step`, NumPy only, against the recursions of the optimisers."""

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("sgd", {}),
            ("sgd", {"momentum": 0.9, "weight_decay": 0.1}),
            ("sgd", {"momentum": 0.9, "averaged": True, "weight_decay": 0.1}),
            ("nesterov", {"momentum": 0.8, "weight_decay": 0.1}),
            ("adam", {}),
            ("adamw", {"weight_decay": 0.2}),
            ("rmsprop", {"momentum": 0.5}),
        ],
        ids=str,
    )
    def test_are_the_recursions(self, name, said):
        step, optimiser = optimiser_step(name, 0.3, **said), named_optimiser(name, 0.3, **said)
        optimiser = optimiser.held() if isinstance(optimiser, (Adam, RMSProp)) else optimiser
        for ours, theirs in zip(step.recursion(λ), optimiser.mode_recursion(λ, 5), strict=True):
            np.testing.assert_allclose(np.broadcast_to(ours, λ.shape), theirs, rtol=1e-13)

    def test_published_thresholds(self):
        """Nesterov: critical ((1−β)/(1+β))², period two 1, stable 2(1+β)/(1+2β); Adam: 38/η (Cohen et al. 2022)."""
        step = optimiser_step("nesterov", 1.0, 0.9)
        np.testing.assert_allclose(step.regime_boundaries(), [(0.1 / 1.9) ** 2, 1.0], rtol=1e-12)
        assert step.largest_stable_eigenvalue() == pytest.approx(2 * 1.9 / 2.8, rel=1e-14)
        assert optimiser_step("adam", 1e-3).largest_stable_eigenvalue() == pytest.approx(38_000, rel=1e-13)

    def test_decay_adds_friction_and_mass(self):
        """AdamW, P = 1: b = β₁(1−ηw), 1 + b − a = η(1−β₁)(λ+w), stable below η(1−β₁)(λ+w) = 2(1+b)."""
        η, β, w = 0.2, 0.9, 0.3
        a, b = DecoupledWeightDecay(HeavyBall(η * (1 - β), β), η * w).mode_recursion(λ, 3)
        np.testing.assert_allclose(b, β * (1 - η * w), rtol=1e-14)
        np.testing.assert_allclose(1 + b - a, η * (1 - β) * (λ + w), rtol=1e-13)
        stable = optimiser_step("adamw", η, β, weight_decay=w).largest_stable_eigenvalue()
        assert η * (1 - β) * (stable + w) == pytest.approx(2 * (1 + β * (1 - η * w)), rel=1e-13)

    @settings(deadline=None, max_examples=200, derandomize=True)
    @given(
        name=st.sampled_from(["sgd", "nesterov", "adamw"]),
        η=st.floats(1e-3, 0.5),
        β=st.floats(0.01, 0.98),
        w=st.floats(0.0, 0.5),
        share=st.floats(0.01, 1.5),
    )
    def test_boundaries_are_those_of_the_roots(self, name, η, β, w, share):
        step = optimiser_step(name, η, β, weight_decay=w)
        (meet, part), stable = step.regime_boundaries(), step.largest_stable_eigenvalue()
        x = share * stable
        if min(abs(x - edge) for edge in (meet, part, stable)) < 1e-6 * stable:
            return
        regime = str(recursion_regimes(*step.recursion(x)))
        expected = "unstable" if x > stable else "light" if x < meet else "underdamped" if x < part else "period-two"
        assert regime == expected


class TestFound:
    """Weight decay is found in Optax transformations, with the numbers that they were made with."""

    @pytest.mark.parametrize(
        ("transformation", "expected"),
        [
            (optax.chain(optax.add_decayed_weights(5e-4), optax.sgd(0.05)),
             CoupledWeightDecay(GradientDescent(0.05), 5e-4)),
            (optax.chain(optax.add_decayed_weights(5e-4), optax.sgd(0.05, momentum=0.9)),
             CoupledWeightDecay(HeavyBall(0.05, 0.9), 5e-4)),
            (optax.chain(optax.add_decayed_weights(0.01), optax.sgd(0.05, momentum=0.9, nesterov=True)),
             CoupledWeightDecay(Nesterov(0.05, 0.9), 0.01)),
            (optax.chain(optax.trace(0.9), optax.add_decayed_weights(5e-4), optax.scale_by_learning_rate(0.05)),
             DecoupledWeightDecay(HeavyBall(0.05, 0.9), 2.5e-05)),
        ],
    )  # fmt: skip
    def test_with_its_numbers(self, transformation, expected):
        assert repr(as_optimiser(transformation)) == repr(expected)

    @pytest.mark.parametrize("coupled", [True, False])
    def test_under_schedules(self, coupled):
        rate = optax.warmup_cosine_decay_schedule(0.0, 0.3, 6, RUN)
        decay = optax.add_decayed_weights(0.05)
        parts = [optax.trace(0.9), optax.scale_by_learning_rate(rate)]
        parts.insert(0 if coupled else 1, decay)
        found = as_optimiser(optax.chain(*parts), updates=RUN)
        assert isinstance(found, CoupledWeightDecay if coupled else DecoupledWeightDecay)
        np.testing.assert_allclose(modes_of(found), modes_of_optax(optax.chain(*parts)), rtol=1e-10, atol=1e-12)


POINTS, PROBES, CLASSES = 10, 4, 3
INPUTS = jnp.asarray(np.random.default_rng(11).standard_normal((POINTS + PROBES, 5)))
LABELS = jnp.asarray(np.eye(CLASSES)[np.random.default_rng(12).integers(CLASSES, size=POINTS)])
COSINE = tabulated(optax.cosine_decay_schedule(1.0, RUN), RUN)
STOPS = np.array([0, 1, 2, 7, RUN])


class Linearised:
    """A linearised network, its kernel from training to all points, f₀ and Jθ₀, and its training in parameters."""

    def __init__(self):
        network = Perceptron((5, 16, CLASSES))
        self.start = network.initialise(jax.random.key(3), jnp.float64)
        self.network = LinearisedNetwork(network, self.start)
        apply = lambda θ: network.apply(θ, INPUTS)  # noqa: E731
        self.f_0, self.along = jax.jvp(apply, (self.start,), (self.start,))
        jacobian = jax.jacrev(apply)(self.start)
        flat = np.concatenate(
            [np.asarray(leaf).reshape((POINTS + PROBES) * CLASSES, -1) for leaf in jax.tree.leaves(jacobian)], axis=1
        )
        self.kernel = flat @ flat[: POINTS * CLASSES].T

    def trained(self, loss, optimiser, targets):
        """Outputs of all points after each of STOPS."""
        transformation = optimiser.transformation()

        def objective(θ):
            return loss(self.network.apply(θ, INPUTS[:POINTS]), targets)

        @jax.jit
        def run():
            def update(carry, _):
                θ, state = carry
                step, state = transformation.update(jax.grad(objective)(θ), state, θ)
                θ = jax.tree.map(jnp.add, θ, step)
                return (θ, state), self.network.apply(θ, INPUTS)

            return jax.lax.scan(update, (self.start, transformation.init(self.start)), length=RUN)[1]

        return np.concatenate([np.asarray(self.f_0)[None], run()])[STOPS].reshape(len(STOPS), -1)


@pytest.fixture(scope="module")
def linearised():
    return Linearised()


OPTIMISERS = {
    "gradient descent": lambda η: sgd(η),
    "momentum, cosine": lambda η: sgd(η * COSINE[:-1], 0.9),
    "dampening": lambda η: sgd(η, 0.9, 0.5),
    "averaged": lambda η: sgd(η, 0.9, 0.9, first_dampened=True),
    "nesterov, decay": lambda η: sgd(η, 0.8, weight_decay=0.3, nesterov=True),
    "decay, cosine": lambda η: sgd(η * COSINE[:-1], 0.9, weight_decay=0.3),
    "adamw, P = 1": lambda η: Adam(η, 0.9, weight_decay=0.3).held(RUN),
}


class TestOutputs:
    """Forecasts of linearised networks are exact: training and unseen points, every optimiser, every loss."""

    @pytest.mark.parametrize("name", OPTIMISERS)
    @pytest.mark.parametrize("loss", [SquaredLoss(), CrossEntropyLoss(), LogisticLoss("sum"), HuberLoss("mean", 0.3)])
    def test_are_those_of_training(self, linearised, name, loss):
        η = 0.5 / np.linalg.eigvalsh(linearised.kernel[: POINTS * CLASSES])[-1] * loss.divisor(POINTS)
        optimiser = OPTIMISERS[name](η)
        expected = linearised.trained(loss, optimiser, LABELS)
        arguments = (linearised.kernel, np.ravel(linearised.f_0), LABELS, loss, optimiser, STOPS)
        found = linearised_outputs(*arguments, along_parameters=np.ravel(linearised.along))
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
        if isinstance(loss, SquaredLoss):
            modes = kernel_modes(linearised.kernel, loss.divisor(POINTS))
            by_modes = predict_outputs(
                stroboscopic_response, modes, np.ravel(linearised.f_0), LABELS.ravel(), optimiser, STOPS,
                along_parameters=np.ravel(linearised.along),
            )  # fmt: skip
            np.testing.assert_allclose(by_modes, expected, rtol=1e-10, atol=1e-10)

    def test_decay_settles_where_theory_says(self, linearised):
        """(λ + w)z = λt for z = u·Jθ and t = u·(y − f₀ + Jθ₀): to f₀ − Jθ₀ without the data, not to f₀."""
        η, w = 0.5 / np.linalg.eigvalsh(linearised.kernel[: POINTS * CLASSES])[-1], 0.7
        optimiser, size = sgd(η, 0.9, weight_decay=w), POINTS * CLASSES
        f_0, along = np.ravel(linearised.f_0)[:size], np.ravel(linearised.along)[:size]
        found = linearised_outputs(
            linearised.kernel[:size], f_0, LABELS, SquaredLoss("sum"), optimiser, [30_000], along
        )[0]
        Θ = linearised.kernel[:size]
        z = Θ @ np.linalg.solve(Θ + w * np.eye(size), LABELS.ravel() - f_0 + along)
        np.testing.assert_allclose(found, f_0 - along + z, atol=1e-9)

    def test_decay_needs_to_know_where_it_draws(self, linearised):
        optimiser = sgd(0.1, weight_decay=0.1)
        with pytest.raises(ValueError, match="along_parameters"):
            linearised_outputs(linearised.kernel, np.ravel(linearised.f_0), LABELS, SquaredLoss(), optimiser, [1])
        with pytest.raises(ValueError, match="one response is not enough"):
            stroboscopic_response(λ, optimiser, [1])


class TestCrossEntropy:
    """§9: masses along the way."""

    def test_curvature_of_ten_classes_rises_first_and_falls_with_confidence(self):
        """One point, ten classes, equal outputs: largest eigenvalue of diag(p) − ppᵀ from 0.1, up, and to zero."""
        outputs = np.concatenate([np.zeros((60, 1)) + np.linspace(0, 12, 60)[:, None], np.zeros((60, 9))], axis=1)
        y = np.eye(10)[:1]
        largest = loss_eigenvalues(np.eye(10), outputs, y, CrossEntropyLoss())[:, 0]
        assert largest[0] == pytest.approx(0.1, rel=1e-12)
        assert largest.max() < 0.5 + 1e-12
        assert 2.7 * largest[0] < largest.max()
        assert largest[-1] < 1e-3

    def test_a_margin_grows_as_the_logarithm_and_the_loss_falls_as_one_over_n(self):
        """One logistic margin: m' ∝ e^{−m}, so that e^m grows by ηλ per update and n times the loss stands still."""
        stops = [10_000, 100_000]
        found = linearised_outputs(np.eye(1), np.zeros(1), np.ones((1, 1)), LogisticLoss(), GradientDescent(1.0), stops)
        losses = np.log1p(np.exp(-np.asarray(found)))
        np.testing.assert_allclose(np.asarray(found)[:, 0], np.log(stops), atol=2e-3)
        assert losses[0, 0] / losses[1, 0] == pytest.approx(10, rel=2e-3)


class TestRead:
    """Adam, AdamW and RMSProp are recognised in Optax, and everything in PyTorch is read."""

    @pytest.mark.parametrize(
        ("transformation", "expected"),
        [
            (optax.adam(1e-3), Adam(1e-3)),
            (optax.adamw(3e-4, 0.95, 0.98, 1e-6, weight_decay=0.1), Adam(3e-4, 0.95, 0.98, 1e-6, 0.1)),
            (optax.chain(optax.add_decayed_weights(0.1), optax.adam(0.01)), Adam(0.01, weight_decay=0.1, coupled=True)),
            (optax.rmsprop(1e-3), RMSProp(1e-3, 0.9, inside=True)),
            (optax.rmsprop(1e-2, 0.95, 1e-7, eps_in_sqrt=False, momentum=0.9), RMSProp(1e-2, 0.95, 1e-7, 0.9)),
        ],
    )  # fmt: skip
    def test_in_optax(self, transformation, expected):
        assert repr(as_method(transformation, updates=30)) == repr(expected)

    def test_schedules_from_zero(self):
        transformation = optax.adamw(optax.warmup_cosine_decay_schedule(0.0, 1e-2, 6, RUN), weight_decay=0.1)
        found = as_method(transformation, updates=RUN)
        np.testing.assert_allclose(modes_of(found), modes_of_optax(transformation), rtol=1e-9, atol=1e-9)
        assert found.learning_rate[0] == 0
        β, η = (float(x) for x in (found.b1, found.learning_rate[20]))
        assert found.held(RUN).mode_recursion(0.0, 20)[1] == pytest.approx(β, rel=0.3)
        assert η > 0

    @pytest.mark.parametrize(
        "transformation", [optax.lion(1e-3), optax.amsgrad(1e-3), optax.chain(optax.clip(1.0), optax.sgd(0.1))]
    )
    def test_others_are_refused(self, transformation):
        with pytest.raises(NoModesError, match="not linear in the gradient"):
            as_method(transformation, updates=30)


class FakeTorch:
    """What is read of an optimiser of PyTorch, for where torch is not installed."""

    def __init__(self, kind, *groups):
        self.__class__ = type(kind, (FakeTorch,), {"__module__": "torch.optim.fake"})
        self.param_groups = [{"params": [], **group} for group in groups]


SGD = {"lr": 0.05, "momentum": 0.9, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False, "maximize": False}


class TestSettingsOfTorch:
    def test_are_read(self):
        assert repr(as_method(FakeTorch("SGD", SGD))) == repr(HeavyBall(0.05, 0.9))
        adam = {"lr": 1e-3, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0.1, "amsgrad": False}
        assert repr(as_method(FakeTorch("AdamW", adam))) == repr(Adam(1e-3, 0.9, 0.99, weight_decay=0.1))
        assert as_method(FakeTorch("Adam", adam)).coupled

    @pytest.mark.parametrize(
        ("kind", "groups", "error", "message"),
        [
            ("Muon", [SGD], NoModesError, "torch.optim.Muon has no linear recursion"),
            ("SGD", [SGD | {"maximize": True}], NoModesError, "maximize=True"),
            ("SGD", [SGD, SGD | {"lr": 0.1}], ValueError, "group 1 .* lr = 0.1, group 0 has 0.05"),
        ],
    )
    def test_are_refused(self, kind, groups, error, message):
        with pytest.raises(error, match=message):
            as_method(FakeTorch(kind, *groups))

    @pytest.mark.recorders
    @pytest.mark.parametrize("nesterov", [False, True])
    @pytest.mark.parametrize("decay", [0.0, 0.02])
    def test_make_the_steps_of_torch(self, nesterov, decay):
        torch = pytest.importorskip("torch")
        θ = torch.nn.Parameter(torch.ones(len(λ), dtype=torch.float64))
        optimiser = torch.optim.SGD([θ], lr=0.3, momentum=0.8, weight_decay=decay, nesterov=nesterov)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, RUN)
        ours, path = as_method(schedule, RUN), [np.ones(len(λ))]
        for _ in range(RUN):
            optimiser.zero_grad()
            (torch.as_tensor(λ) * θ**2).sum().div(2).backward()
            optimiser.step()
            schedule.step()
            path.append(θ.detach().numpy().copy())
        np.testing.assert_allclose(modes_of(ours), path, rtol=1e-11, atol=1e-13)

    @pytest.mark.recorders
    def test_adam_makes_the_steps_of_torch(self):
        torch = pytest.importorskip("torch")
        θ = torch.nn.Parameter(torch.ones(len(λ), dtype=torch.float64))
        optimiser = torch.optim.AdamW([θ], lr=0.01, weight_decay=0.1)
        ours, path = as_method(optimiser), [np.ones(len(λ))]
        for _ in range(RUN):
            optimiser.zero_grad()
            (torch.as_tensor(λ) * θ**2).sum().div(2).backward()
            optimiser.step()
            path.append(θ.detach().numpy().copy())
        np.testing.assert_allclose(modes_of(ours), path, rtol=1e-11, atol=1e-13)
