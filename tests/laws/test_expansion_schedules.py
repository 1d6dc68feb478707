"""Laws of schedules as expansion histories: de Sitter, power laws, Nesterov's coasting universe, round trips."""

import jax.numpy as jnp
import numpy as np
import pytest
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
