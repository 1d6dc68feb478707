"""The universe as an optimiser: exact solutions with order two, Friedmann's equations, any Optax loop."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.special

from cosmograd.cosmology import FunctionExpansion, PowerLawExpansion, TabulatedExpansion
from cosmograd.cosmology.background import Model, evolve
from cosmograd.cosmology.potentials import FunctionPotential
from cosmograd.duality.optimisers import de_sitter, expanding, friedmann, power_law
from cosmograd.learning.optimisers import HeavyBall, Nesterov

MASS = 1.3


def parabola(θ):
    return 0.5 * MASS**2 * jnp.sum(θ**2)


def path(optimiser, updates, loss=parabola, start=1.0):
    """θ at t_0, t_1, …, and the state of the universe after each update."""

    def update(carry, _):
        θ, state = carry
        value, gradient = jax.value_and_grad(loss)(θ)
        step, state = optimiser.update(gradient, state, θ, value=value)
        return (optax.apply_updates(θ, step), state), (θ, state)

    θ = jnp.atleast_1d(jnp.asarray(start, dtype=float))
    return jax.lax.scan(update, (θ, optimiser.init(θ)), None, length=updates)[1]


def order(error, steps):
    return np.polyfit(np.log(steps), np.log([error(δ) for δ in steps]), 1)[0]


STEPS = (0.04, 0.02, 0.01, 0.005)


def test_the_coasting_universe_is_nesterovs_equation():
    """φ ∝ J₁(mt)/(mt): order two; Nesterov's own method has order one in √η."""

    def exact(t):
        return 2 * scipy.special.j1(MASS * t) / (MASS * t)

    def error(δ):
        t = (np.arange(round(8 / δ)) + 0.5) * δ
        return np.max(np.abs(path(power_law(δ), len(t))[0][:, 0] - exact(t)))

    def error_of_nesterov(δ):
        count = round(8 / δ)
        n = np.arange(count)
        own = Nesterov(np.full(count, δ**2), np.maximum(n - 1, 0) / (n + 2)).transformation()
        own = optax.GradientTransformationExtraArgs(own.init, lambda g, s, p=None, **_: own_update(g, s, p))
        own_update = Nesterov(np.full(count, δ**2), np.maximum(n - 1, 0) / (n + 2)).transformation().update
        return np.max(np.abs(path(own, count)[0][:, 0] - exact((n + 0.5) * δ)))

    assert order(error, STEPS) == pytest.approx(2.0, abs=0.1)
    assert error(0.005) < 1e-5
    assert order(error_of_nesterov, STEPS) == pytest.approx(1.0, abs=0.1)


def test_nesterovs_momenta_come_out():
    states = path(power_law(0.1), 6)[1]
    h = 1.5 * np.asarray(states.hubble_rate) * 0.1
    n = np.arange(6)
    np.testing.assert_allclose((1 - h) / (1 + h), (n - 1) / (n + 2), atol=1e-15)


@pytest.mark.parametrize("exponent", [0.5, 2 / 3, 2.0])
def test_power_laws_from_a_later_time(exponent):
    r"""φ = t^{-ν}(A J_ν + B Y_ν)(mt) with ν = (3p − 1)/2, at rest at t = 1."""
    ν = (3 * exponent - 1) / 2

    def solutions(t):
        J, Y = scipy.special.jv(ν, MASS * t), scipy.special.yv(ν, MASS * t)
        dJ, dY = scipy.special.jvp(ν, MASS * t), scipy.special.yvp(ν, MASS * t)
        return t**-ν * np.array([J, Y]), t**-ν * np.array([MASS * dJ - ν / t * J, MASS * dY - ν / t * Y])

    value, slope = solutions(1.0)
    A, B = np.linalg.solve([value, slope], [1.0, 0.0])

    def error(δ):
        t = 1 + δ * np.arange(round(5 / δ))
        φ, _ = solutions(t)
        return np.max(np.abs(path(power_law(δ, exponent, start_time=1.0), len(t))[0][:, 0] - A * φ[0] - B * φ[1]))

    assert order(error, STEPS) == pytest.approx(2.0, abs=0.1)


def test_de_sitter_is_heavy_ball():
    """All but the first update, which is half a one: a field at rest at t = 0, not half a step before."""
    H, δ, u = 0.4, 0.1, 0.7
    h = 1.5 * H * δ
    ours = np.asarray(path(de_sitter(δ, H, u), 60)[0])[:, 0]
    β, η = (1 - h) / (1 + h), δ**2 * u / (1 + h)
    θ = [ours[0], ours[1]]
    for _ in range(58):
        θ.append(θ[-1] + β * (θ[-1] - θ[-2]) - η * MASS**2 * θ[-1])
    np.testing.assert_allclose(ours, θ, rtol=1e-12, atol=1e-14)
    assert HeavyBall(η, β)  # allowed values


def test_de_sitter_against_the_damped_oscillator():
    H = 0.4
    ω = np.sqrt(MASS**2 - 2.25 * H**2)

    def error(δ):
        t = δ * np.arange(round(8 / δ))
        exact = np.exp(-1.5 * H * t) * (np.cos(ω * t) + 1.5 * H / ω * np.sin(ω * t))
        return np.max(np.abs(path(de_sitter(δ, H), len(t))[0][:, 0] - exact))

    assert order(error, STEPS) == pytest.approx(2.0, abs=0.1)


def test_any_history_and_its_e_folds():
    δ, expansion = 0.01, FunctionExpansion(lambda t: 0.3 * t + 0.1 * jnp.sin(t))
    states = path(expanding(expansion, δ), 500)[1]
    t = δ * np.arange(500)
    np.testing.assert_allclose(states.log_scale_factor, 0.3 * t + 0.1 * np.sin(t), atol=1e-5)
    same = path(power_law(δ, 0.5, 2.0), 50)[0]
    np.testing.assert_array_equal(same, path(expanding(PowerLawExpansion(0.5), δ, 2.0), 50)[0])


@pytest.mark.slow
@pytest.mark.parametrize("unit", [0.5, 20.0])
def test_back_reaction_solves_friedmanns_equations(unit):
    """Two fields on a loss that is no parabola, weak and strong back-reaction; field, H and ln a with order two."""
    Λ, start = 0.03, jnp.array([0.9, -0.5])

    def loss(θ):
        return 0.5 * θ[0] ** 2 + 0.25 * (θ[1] ** 2 - 0.1) ** 2 + 0.3 * θ[0] * θ[1] + 0.2

    model = Model(FunctionPotential(lambda φ: unit * loss(φ), 2), cosmological_constant=Λ)
    last, errors = 4.0, []
    coarse = np.arange(0, last, 0.08)
    exact = evolve(model, start, jnp.zeros(2), coarse, accuracy=1e-9).states
    for δ in (0.02, 0.01, 0.005):
        every = round(0.08 / δ)
        fields, states = path(friedmann(δ, Λ, unit), round(last / δ), loss, start)
        errors.append(
            [
                np.max(np.abs(fields[::every] - exact.field)),
                np.max(np.abs(states.hubble_rate[::every] / exact.hubble_rate - 1)),
                np.max(np.abs(states.log_scale_factor[::every] - exact.log_scale_factor)),
            ]
        )
    orders = np.log2(np.array(errors)[:-1] / np.array(errors)[1:])
    np.testing.assert_allclose(orders, 2.0, atol=0.1)
    assert np.max(errors[-1]) < 2e-3


def test_friedmanns_constraint_holds_at_any_step():
    """H is the root, from free fall to steps far too long for anything else."""
    for δ in (1e-3, 0.3, 30.0):
        fields, states = path(friedmann(δ, 0.0, 5.0), 40)
        θ = np.asarray(fields)[:, 0]
        H = np.asarray(states.hubble_rate)
        w = (θ[1:] - θ[:-1])[:-1] / δ - δ * 5.0 * MASS**2 * θ[1:-1] / 2
        h = 1.5 * H[1:-1] * δ
        energy = 5.0 * MASS**2 * θ[1:-1] ** 2 / 2 + (w / (1 + h)) ** 2 / 2
        kept = np.isfinite(energy) & (energy < 1e100)
        np.testing.assert_allclose(3 * H[1:-1][kept] ** 2, energy[kept], rtol=1e-9)


def test_in_a_compiled_optax_loop_with_other_transformations():
    """A network of two leaves in float32, clipped gradients, inside jit."""
    parameters = {"w": jnp.ones((3, 2), jnp.float32), "b": jnp.zeros(2, jnp.float32)}

    def loss(p):
        return jnp.sum((jnp.ones(3, jnp.float32) @ p["w"] + p["b"] - 0.3) ** 2)

    for optimiser in (friedmann(0.05, 0.1), power_law(0.05), de_sitter(0.05, 1.0)):
        chained = optax.chain(optax.clip_by_global_norm(50.0), optimiser)

        @jax.jit
        def update(p, state, chained=chained):
            value, gradient = jax.value_and_grad(loss)(p)
            step, state = chained.update(gradient, state, p, value=value)
            return optax.apply_updates(p, step), state, value

        p, state = parameters, chained.init(parameters)
        for _ in range(200):
            p, state, value = update(p, state)
        assert value < 1e-2 * loss(parameters)
        assert p["w"].dtype == jnp.float32


@pytest.mark.parametrize(
    ("factory", "numbers"),
    [
        (de_sitter, {"time_step": 0.3, "hubble_rate": 0.1}),
        (power_law, {"time_step": 0.1, "exponent": 2.0, "start_time": 3.0}),
        (friedmann, {"time_step": 0.1, "cosmological_constant": 0.03}),
    ],
)
def test_hyperparameters_may_be_injected(factory, numbers):
    """`optax.inject_hyperparams` traces them; the training is the same."""
    injected, plain = optax.inject_hyperparams(factory)(**numbers), factory(**numbers)
    np.testing.assert_allclose(path(injected, 30)[0], path(plain, 30)[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: de_sitter(0.0, 1.0), "`time_step` must be positive"),
        (lambda: de_sitter(0.1, -1.0), "`hubble_rate` must be ≥ 0"),
        (lambda: de_sitter(0.1, 20.0), "would need a negative momentum. Take a `time_step` of at most 0.0333"),
        (lambda: power_law(0.1, 0.0), "`exponent` must be > 0"),
        (lambda: power_law(0.1, 1.0, -2.0), "`start_time` must be > 0"),
        (lambda: expanding(PowerLawExpansion(1.0), 0.1, 0.0), "must expand at a finite rate"),
        (lambda: friedmann(0.1, -1.0), "`cosmological_constant` must be ≥ 0"),
        (lambda: friedmann(0.1, 1.0, np.nan), "`loss_unit` must be positive"),
        (lambda: friedmann(0.1, 1.0).update(jnp.ones(1), friedmann(0.1, 1.0).init(jnp.ones(1))), "value=loss"),
    ],
)
def test_what_is_no_universe(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("exponent", [0.5, 1.0, 5.0])
def test_e_folds_are_those_of_the_history(exponent):
    """From the bang too, where the first steps are not small: ln of times since the first update."""
    n = np.arange(40)
    from_bang = path(power_law(0.05, exponent), 40)[1].log_scale_factor
    np.testing.assert_allclose(from_bang, exponent * np.log(2 * n + 1), rtol=1e-12, atol=1e-12)
    later = path(power_law(0.05, exponent, 2.0), 40)[1].log_scale_factor
    np.testing.assert_allclose(later, exponent * np.log1p(0.05 * n / 2), rtol=1e-12, atol=1e-12)


def test_histories_that_end_say_so():
    table = TabulatedExpansion.from_scale_factor(np.linspace(0, 1, 30), np.exp(np.linspace(0, 1, 30)))
    jax.block_until_ready(path(expanding(table, 0.05), 20))
    with pytest.raises(jax.errors.JaxRuntimeError, match="history ends before this update"):
        jax.block_until_ready(path(expanding(table, 0.05), 30))


def test_histories_that_turn_round_say_so():
    t = np.linspace(0, 2, 60)
    turning = TabulatedExpansion.from_scale_factor(t, np.exp(t - t**2 / 2))
    jax.block_until_ready(path(expanding(turning, 0.05), 20))
    with pytest.raises(jax.errors.JaxRuntimeError, match="the universe contracts"):
        jax.block_until_ready(path(expanding(turning, 0.05), 30))


def test_negative_energies_are_refused():
    with pytest.raises(jax.errors.JaxRuntimeError, match="no expanding universe holds it"):
        jax.block_until_ready(path(friedmann(0.1, 0.1), 30, lambda θ: jnp.sum(θ**2) - 0.5))
