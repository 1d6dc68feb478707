"""Laws of schedules as expansion histories: de Sitter, power laws, Nesterov's coasting universe, round trips."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.interpolate
import scipy.special

from cosmograd.cosmology import DeSitter, FunctionExpansion, PowerLawExpansion
from cosmograd.duality import dual_universe, expansion_of_schedule, schedule_of_expansion
from cosmograd.learning.optimisers import HeavyBall


@pytest.mark.parametrize("scheme", ["leapfrog", "stroboscopic"])
def test_constant_schedule_is_de_sitter(scheme):
    universe = dual_universe(0.05, 0.8, "canonical", scheme)
    history = expansion_of_schedule(0.05, 0.8, 50, "canonical", scheme)
    np.testing.assert_allclose(history.log_scale_factor, universe.hubble_rate * history.time, rtol=1e-12, atol=1e-14)
    step = schedule_of_expansion(DeSitter(float(universe.hubble_rate)), float(universe.time_step), 50, scheme=scheme)
    np.testing.assert_allclose(step.learning_rate, 0.05, rtol=1e-12)
    np.testing.assert_allclose(step.momentum, 0.8, rtol=1e-12)


@pytest.mark.parametrize("scheme", ["leapfrog", "stroboscopic"])
@pytest.mark.parametrize(
    "expansion",
    [PowerLawExpansion(0.5), PowerLawExpansion(2 / 3), PowerLawExpansion(1.0),
     FunctionExpansion(lambda t: t + 0.3 * jnp.sin(t))],
)  # fmt: skip
def test_round_trip_converges_to_the_expansion(expansion, scheme):
    """Schedule of a(t), read back as a(t): the e-folds between two times agree to second order in δ."""
    errors, steps = [], [50, 100, 200]
    for count in steps:
        δ = 1.0 / count
        step = schedule_of_expansion(expansion, δ, count, start_time=1.0 + δ / 2, scheme=scheme)
        back = expansion_of_schedule(step.learning_rate, step.momentum, scheme=scheme)
        exact = float(expansion.log_scale_factor(2.0) - expansion.log_scale_factor(1.0))
        errors.append(abs(back.log_scale_factor[-1] - exact) + 1e-15)
        np.testing.assert_allclose(back.time[-1], 1.0, rtol=1e-12)
    if scheme == "stroboscopic":
        assert max(errors) < 1e-12  # e-folds are kept exactly
    else:
        assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(-2.0, abs=0.15)


@pytest.mark.parametrize("scheme", ["leapfrog", "stroboscopic"])
@pytest.mark.parametrize("time_unit", ["canonical", "gradient-flow", "sqrt-learning-rate", "update"])
def test_a_schedule_of_any_unit_of_time_reads_back_as_its_expansion(time_unit, scheme):
    """The start is so late that a step fits into a Hubble time, in units of one update too."""
    δ, known = (1.0, {"learning_rate": 0.01}) if time_unit == "update" else (0.02, {})
    start = 30.5 * δ
    step = schedule_of_expansion(PowerLawExpansion(2 / 3), δ, 400, start, time_unit, scheme, **known)
    back = expansion_of_schedule(step.learning_rate, step.momentum, time_unit=time_unit, scheme=scheme)
    np.testing.assert_allclose(back.time_step, δ, rtol=1e-12)
    exact = 2 / 3 * np.log((start + back.time - δ / 2) / (start - δ / 2))
    # Stroboscopic e-folds are exact, leapfrog ones of second order in δ/t, largest at the start.
    np.testing.assert_allclose(
        back.log_scale_factor, exact, rtol=0, atol=1e-12 if scheme == "stroboscopic" else 0.2 / 30**2
    )


def test_coasting_universe_is_nesterov():
    δ = 0.05
    step = schedule_of_expansion(PowerLawExpansion(1.0), δ, 100, start_time=δ / 2)
    n = np.arange(1, 100)
    np.testing.assert_allclose(step.momentum[1:], (n - 1) / (n + 2), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(step.learning_rate[1:], δ**2 * (n + 0.5) / (n + 2), rtol=1e-12)
    assert step.momentum[0] == 0


def test_coasting_universe_on_a_parabola_is_a_bessel_function():
    """φ'' + (3/t)φ' + φ = 0 has φ = 2 J₁(t)/t; the heavy-ball schedule converges to it with order two."""
    errors, steps = [], [100, 200, 400]
    for count in steps:
        δ = 6.0 / count
        step = schedule_of_expansion(PowerLawExpansion(1.0), δ, count, start_time=δ / 2)
        optimiser = HeavyBall(step.learning_rate, step.momentum)
        transformation = optimiser.transformation()
        x = jnp.array(1.0)
        state = transformation.init(x)
        worst = 0.0
        for n in range(count - 1):
            change, state = transformation.update(x, state, x)
            x = x + change
            t = (n + 1.5) * δ
            worst = max(worst, abs(float(x) - 2 * scipy.special.j1(t) / t))
        errors.append(worst)
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(-2.0, abs=0.1)


@pytest.mark.parametrize("time_unit", ["canonical", "gradient-flow", "sqrt-learning-rate", "update"])
def test_a_changing_learning_rate_is_part_of_the_friction(time_unit):
    """Heavy ball with η_n and β_n that change, against φ'' + 3H(t)φ' + V'(t, φ) = 0 with H(t) as read: order two.

    In every unit of time: canonical, where V = L stays, and others, where V/L changes with the schedule.
    """
    errors, steps = [], [200, 400, 800]
    for count in steps:
        s = (np.arange(count) + 0.0) / count
        η = (4.0 / count) ** 2 * np.exp(-1.5 * s + 0.5 * np.sin(3 * s))
        β = 1 - (4.0 / count) * (1.5 + np.cos(2 * s))
        history = expansion_of_schedule(η, β, time_unit=time_unit)
        scale = np.broadcast_to(dual_universe(η, β, time_unit).potential_scale, (count,))
        t = history.time[:-1]
        rate, potential = (scipy.interpolate.CubicSpline(t, values) for values in (history.hubble_rate, scale))
        force = lambda t, y: [y[1], -3 * rate(t) * y[1] - potential(t) * y[0] * (1 + y[0] ** 2)]  # noqa: B023, E731
        exact = scipy.integrate.solve_ivp(force, (0, t[-1]), [1.0, 0.0], "DOP853", t, rtol=1e-11, atol=1e-13).y[0]
        x = [exact[0], exact[1]]
        for n in range(1, count - 1):
            x.append(x[n] + β[n] * (x[n] - x[n - 1]) - η[n] * x[n] * (1 + x[n] ** 2))
        errors.append(np.abs(np.array(x) - exact).max())
    assert errors[0] < 1e-2
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(-2.0, abs=0.15)


def test_e_folds_of_a_changing_learning_rate_depend_on_the_unit():
    """Between canonical time and the count of updates they differ by ln(δ_end/δ_start)/3."""
    η = 0.01 * np.exp(-np.linspace(0, 3, 500))
    canonical, updates = (expansion_of_schedule(η, 0.9, time_unit=unit) for unit in ("canonical", "update"))
    difference = canonical.log_scale_factor[-1] - updates.log_scale_factor[-1]
    assert difference == pytest.approx(-3 / 2 / 3, rel=5e-3)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="smaller `time_step`"):
        schedule_of_expansion(PowerLawExpansion(3.0), 0.1, 10, start_time=0.05)
    with pytest.raises(ValueError, match="must expand"):
        schedule_of_expansion(FunctionExpansion(lambda t: -t), 0.1, 10)
    with pytest.raises(ValueError, match="must expand"):
        schedule_of_expansion(PowerLawExpansion(1.0), 0.1, 10, start_time=-0.3)
    with pytest.raises(ValueError, match="allowed: leapfrog, stroboscopic"):
        schedule_of_expansion(DeSitter(), 0.1, 10, scheme="euler")
    with pytest.raises(ValueError, match="one length"):
        expansion_of_schedule([0.1, 0.2], [0.5] * 3)
    with pytest.raises(ValueError, match="updates"):
        expansion_of_schedule(0.1, 0.5)
