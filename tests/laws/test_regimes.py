"""Laws of the regimes: boundaries of the real map, where the continuum is wrong, times to learn by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cosmograd.cosmology import PowerLawExpansion
from cosmograd.duality import (
    continuum_critical_eta_lambda,
    continuum_regimes,
    largest_stable_eigenvalue,
    largest_stable_eta_lambda,
    mass_over_hubble_squared,
    mode_regimes,
    recursion_regimes,
    regime_boundaries,
    schedule_of_expansion,
    updates_to_learn,
)
from cosmograd.learning.optimisers import GradientDescent, HeavyBall, Nesterov


@pytest.mark.parametrize("β", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_boundaries_of_heavy_ball(β):
    lower, upper, stable = (1 - β**0.5) ** 2, (1 + β**0.5) ** 2, 2 * (1 + β)
    optimiser = HeavyBall(1.0, β) if β else GradientDescent(1.0)
    tiny = 1e-6

    def regime(ηλ):
        return str(mode_regimes(np.array([ηλ]), optimiser)[0])

    assert regime(0.0) == regime(lower * (1 - tiny)) == "light"
    assert regime(lower) == "critical"
    if β > 0:
        assert regime(lower * (1 + tiny)) == regime(upper * (1 - tiny)) == "underdamped"
    assert regime(upper * (1 + tiny)) == regime(stable * (1 - tiny)) == "period-two"
    assert regime(stable * (1 + tiny)) == "unstable"
    assert largest_stable_eta_lambda(optimiser) == pytest.approx(stable, rel=1e-14)


def test_nesterov_is_stable_up_to_its_own_limit():
    for β in (0.0, 0.3, 0.9):
        optimiser = Nesterov(0.2, β)
        limit = largest_stable_eta_lambda(optimiser)
        assert limit == pytest.approx(2 * (1 + β) / (1 + 2 * β), rel=1e-14)
        below, above = mode_regimes(np.array([0.999, 1.001]) * limit / 0.2, optimiser)
        assert below != "unstable"
        assert above == "unstable"


@pytest.mark.parametrize("method", [HeavyBall, Nesterov])
@pytest.mark.parametrize("β", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_boundaries_are_where_the_regime_of_a_mode_changes(method, β):
    optimiser = method(0.3, β)
    boundaries = regime_boundaries(optimiser)
    below, above = (mode_regimes(boundaries * (1 + sign * 1e-6) / 0.3, optimiser) for sign in (-1, 1))
    middle = "underdamped" if β else "light"  # at β = 0 the first two boundaries are one
    assert list(below) == ["light", middle, "period-two"]
    assert list(above) == ["underdamped" if β else "period-two", "period-two", "unstable"]


def test_continuum_puts_critical_damping_of_gradient_descent_at_one_half():
    λ, optimiser = np.array([0.49, 0.5, 0.51]), GradientDescent(1.0)
    assert list(continuum_regimes(λ, optimiser)) == ["light", "critical", "underdamped"]
    assert continuum_critical_eta_lambda(optimiser) == pytest.approx(0.5, rel=1e-14)
    assert list(mode_regimes(λ, optimiser)) == ["light"] * 3


@pytest.mark.parametrize("method", [HeavyBall, Nesterov])
@pytest.mark.parametrize("β", [0.0, 0.2, 0.5, 0.9, 0.99])
def test_continuum_turns_underdamped_at_its_critical_point(method, β):
    """For heavy ball that is m = 3H/2; Nesterov's modes have a friction of their own."""
    optimiser = method(0.3, β)
    critical = continuum_critical_eta_lambda(optimiser)
    λ = critical * np.array([1 - 1e-6, 1 + 1e-6]) / 0.3
    assert list(continuum_regimes(λ, optimiser)) == ["light", "underdamped"]
    if method is HeavyBall:
        assert mass_over_hubble_squared(critical / 0.3, 0.3, β) == pytest.approx(2.25, rel=1e-12)


def test_continuum_and_map_agree_on_critical_damping_as_friction_falls():
    """(1 − √β)² against m = 3H/2: equal to leading order in 1 − β."""
    gaps = []
    for x in (0.1, 0.05, 0.025):
        β = 1 - x
        ratio = mass_over_hubble_squared((1 - β**0.5) ** 2, 1.0, β)
        gaps.append(abs(ratio / 2.25 - 1))
    assert np.polyfit(np.log([0.1, 0.05, 0.025]), np.log(gaps), 1)[0] == pytest.approx(2.0, abs=0.2)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(a=st.floats(-3, 3), b=st.floats(-1.2, 1.2))
def test_unstable_means_a_root_outside_the_unit_circle(a, b):
    radius = np.abs(np.roots([1, -a, b])).max()
    regime = str(recursion_regimes(a, b))
    if abs(radius - 1) > 1e-6:
        assert (regime == "unstable") == (radius > 1)


def _by_brute_force(optimiser, eigenvalue, horizon):
    a, b = (float(x) for x in optimiser.mode_recursion(eigenvalue, 0))
    η, β = float(optimiser.learning_rate), float(optimiser.momentum)
    first = 1 - η * eigenvalue * ((1 + β) if isinstance(optimiser, Nesterov) else 1.0)
    before, now = 1.0, first
    late = 0 if abs(before) > np.exp(-1) else -1
    for n in range(1, horizon):
        if abs(now) > np.exp(-1):
            late = n
        before, now = now, a * now - b * before
    return late + 1


@settings(deadline=None, max_examples=150, derandomize=True)
@given(
    share=st.floats(0.002, 0.97),
    β=st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.9, 0.97]),
    nesterov=st.booleans(),
)
def test_updates_to_learn_by_brute_force(share, β, nesterov):
    method = Nesterov if nesterov else HeavyBall
    η = 0.1
    limit = largest_stable_eta_lambda(method(η, β))
    optimiser, λ = method(η, β), share * limit / η
    expected = _by_brute_force(optimiser, λ, 6000)
    assert updates_to_learn(np.array([λ]), optimiser)[0] == expected


@pytest.mark.parametrize("method", [HeavyBall, Nesterov])
def test_momentum_as_close_to_one_as_floats_get(method):
    """The envelope decays by √β: from c to 1/e in ln(ce)/ln(1/√β) updates, here some 10¹⁶."""
    β = 0.9999999999999999
    time = updates_to_learn(np.array([3.0]), method(0.1, β))[0]
    rate = -np.log(β) / 2 + (0.0 if method is HeavyBall else -np.log(1 - 0.3) / 2)
    assert time == pytest.approx(1 / rate, rel=0.2 if method is HeavyBall else 1.0, abs=3)


def test_modes_that_are_never_learned():
    times = updates_to_learn(np.array([0.0, 1.0, 30.0]), GradientDescent(0.1))
    assert np.isnan(times[0])
    assert times[1] == 10
    assert np.isnan(times[2])
    slow = updates_to_learn(np.array([1e-12]), GradientDescent(0.1))[0]
    assert slow == pytest.approx(1e13, rel=1e-3)
    with pytest.raises(ValueError, match="`run`"):
        updates_to_learn(np.array([1.0]), HeavyBall([0.1, 0.2], 0.5))


@pytest.mark.parametrize("method", [HeavyBall, Nesterov])
def test_under_a_constant_schedule_the_time_to_learn_is_that_without_one(method):
    λ = np.array([0.0, 0.3, 1.0, 4.0, 11.0, 50.0])
    scheduled = updates_to_learn(λ, method([0.1] * 300, [0.5] * 300), 300)
    np.testing.assert_array_equal(scheduled, updates_to_learn(λ, method(0.1, 0.5)))


def test_a_mode_that_overflows_under_a_schedule_is_never_learned():
    times = updates_to_learn(np.array([1e6, 5.0]), HeavyBall([0.3, 0.2, 0.1], 0.5), 400)
    assert np.isnan(times[0])
    assert np.isfinite(times[1])


def test_no_update_of_a_schedule_amplifies_below_the_largest_stable_eigenvalue():
    """Constant: the limit over η. The coasting universe: mδ = 2, where central differences of any friction fail."""
    assert largest_stable_eigenvalue(HeavyBall(0.2, 0.7), 50) == pytest.approx(2 * 1.7 / 0.2, rel=1e-12)
    assert largest_stable_eigenvalue(Nesterov(0.2, 0.7), 50) == pytest.approx(2 * 1.7 / 2.4 / 0.2, rel=1e-12)
    δ = 0.1
    step = schedule_of_expansion(PowerLawExpansion(1.0), δ, 40, start_time=δ / 2)
    coasting = HeavyBall(step.learning_rate, step.momentum)
    assert largest_stable_eigenvalue(coasting, 40) == pytest.approx(4 / δ**2, rel=1e-9)
    falling = GradientDescent(np.linspace(0.5, 0.1, 20))
    assert largest_stable_eigenvalue(falling, 20) == pytest.approx(2 / 0.5, rel=1e-12)
