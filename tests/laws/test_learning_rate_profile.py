"""Schedules and Nesterov's method taken for what they are, and not for another momentum."""

import numpy as np
import pytest

from cosmograd.measurement import measure_universe, trajectories
from cosmograd.measurement.learning_rate_profile import hats_of
from cosmograd.measurement.projected_recursion import projected
from cosmograd.measurement.recursion_fit import fit_recursion
from cosmograd.measurement.recursion_models import FREE, FROM_REST, CoupledModes, KnownModes

MASSES, ETA, MOMENTUM = np.array([1.0, 0.4, 0.15]), 0.3, 0.5


def record(rate, updates=80, momentum=MOMENTUM, noise=0.0, ahead=False, members=6, turned=True):
    """Deviations of networks that start from rest, (update, member, output); rate: η at each update.

    turned: along directions that mix all modes, else along the modes.
    """
    rng = np.random.default_rng(20261127)
    d = rng.normal(size=(members, len(MASSES)))
    v, found = np.zeros_like(d), [d]
    for n in range(updates):
        at = d + momentum * v if ahead else d
        v = momentum * v - rate(n) * MASSES * at
        d = d + v
        found.append(d)
    turn = np.linalg.qr(rng.normal(size=(len(MASSES), len(MASSES))))[0] if turned else np.eye(len(MASSES))
    return np.array(found) @ turn.T + noise * rng.normal(size=(updates + 1, members, len(MASSES)))


def measured(outputs, learning_rate=ETA):
    return measure_universe(trajectories(outputs, np.zeros(len(MASSES))), learning_rate)


def test_a_learning_rate_profile_is_part_of_the_recursion():
    """η that follows a piecewise linear profile: nothing is left at the truth, for either kind of modes."""
    hats = hats_of([0, 2, 7, 20], 81)
    profile = 1 + hats @ np.array([-0.6, -0.3, 0.2])
    modes = np.swapaxes(record(lambda n: ETA * profile[n], turned=False), 0, 1)
    K = np.diag(ETA * MASSES)[np.triu_indices(3)]
    known, ρ = KnownModes(eigenvalues=MASSES[None]), np.full(3, ETA)
    for recursion, own in ((CoupledModes(size=3), K), (known, ρ)):
        parameters = np.concatenate([[MOMENTUM], own, [-0.6, -0.3, 0.2]])
        left = [
            np.sqrt(projected(recursion, parameters, modes, np.ones(81), hats, hypothesis).squares)
            for hypothesis in (FROM_REST._replace(profile=True), FROM_REST)
        ]
        assert left[0] < 1e-12
        assert left[1] > 0.1, "with a constant learning rate"


@pytest.mark.parametrize(
    "hypothesis", [FREE, FREE._replace(profile=True), FROM_REST._replace(profile=True, ahead=True)]
)
def test_derivatives_are_those_of_differences(hypothesis):
    """The gradient of ½|e|² is exact though Kaufman's Jacobian is not, for modes that mix and for known ones."""
    rng = np.random.default_rng(3)
    modes, weights = rng.normal(size=(4, 40, 3)), np.linspace(1.0, 0.5, 40)
    hats = hats_of([0, 3, 9, 30], 40)
    recursions = (
        (CoupledModes(size=3, offset=True), [0.3, 0.05, 0.02, 0.2, 0.01, 0.1]),
        (KnownModes(eigenvalues=rng.uniform(1, 2, size=(4, 3))), [0.3, 0.2, 0.1]),
    )
    for recursion, own in recursions:
        parameters = np.array([0.7, *own, 0.1, -0.2, 0.05])
        exact = projected(recursion, parameters, modes, weights, hats, hypothesis).gradient
        steps = 1e-5 * np.eye(len(parameters))
        values = [
            [
                projected(recursion, parameters + s * step, modes, weights, hats, hypothesis, False).squares
                for s in (1, -1)
            ]
            for step in steps
        ]
        differences = np.array([(up - down) / 4e-5 for up, down in values])
        np.testing.assert_allclose(exact, differences, atol=1e-7 * np.abs(differences).max())


def test_an_even_motion_has_a_constant_learning_rate():
    """20 records that differ in their noise alone: χ² of β and of the profile within their 99.9 % ranges."""
    rng = np.random.default_rng(5)
    clean = np.swapaxes(record(lambda n: ETA, 40), 0, 1)
    squares = np.zeros(2)
    for _ in range(20):
        modes = clean + 0.01 * rng.normal(size=clean.shape)
        fit = fit_recursion(CoupledModes(size=3), modes, FROM_REST._replace(profile=True))
        off = fit.profile[:-1] - 1
        squares += (
            (fit.parameters[0] - MOMENTUM) ** 2 / fit.covariance[0, 0],
            off @ np.linalg.solve(fit.profile_covariance[:-1, :-1], off),
        )
    assert 5.9 < squares[0] < 45.3
    assert 32.0 < squares[1] < 99.6


@pytest.mark.parametrize(("share", "noise"), [(0.1, 0.0), (0.1, 3e-2), (0.33, 1e-3), (0.33, 3e-2), (1.0, 1e-3)])
def test_warm_ups_are_no_friction(share, noise):
    found = measured(record(lambda n: ETA * min(1.0, (n + 1) / (80 * share)), noise=noise))
    assert not found.hubble_rate.identifiable
    assert found.hubble_rate.value is None
    assert "changes along the record: " in found.hubble_rate.reason
    assert noise > 0.01 or "all ηλ grow" in found.hubble_rate.reason


def test_what_a_short_warm_up_hides_is_named():
    reason = measured(record(lambda n: ETA * min(1.0, (n + 1) / 8), noise=1e-3)).hubble_rate.reason
    assert "the momentum is 0.5 instead of 0.6" in reason


def test_slow_decays_of_the_learning_rate_do_no_harm():
    β = measured(record(lambda n: ETA * (1 + np.cos(np.pi * n / 200)) / 2, noise=1e-3)).momentum
    assert β.identifiable
    assert β.low <= MOMENTUM <= β.high


@pytest.mark.parametrize(("eta", "noise"), [(0.3, 0.0), (0.1, 1e-3), (0.03, 0.0)])
def test_nesterovs_method_is_told_from_the_heavy_ball(eta, noise):
    found = measured(record(lambda n: eta, max(80, int(6 / eta)), noise=noise, ahead=True), eta)
    assert not found.hubble_rate.identifiable
    words = found.hubble_rate.reason.split("those of Nesterov's method, with the momentum ")
    assert float(words[1].partition(":")[0]) == pytest.approx(MOMENTUM, abs=0.01)


def test_nesterovs_recursion_is_exact():
    modes = np.swapaxes(record(lambda n: ETA, ahead=True), 0, 1)
    fit = fit_recursion(CoupledModes(size=3), modes, FREE._replace(ahead=True))
    assert fit.residual_fraction < 1e-9
    assert fit.parameters[0] == pytest.approx(MOMENTUM, abs=1e-9)


def test_descent_that_grows_is_named():
    """ηλ above two without momentum: the recursion still tells β = 0, and the growth is named with its period."""
    found = measured(record(lambda n: 2.1, 40, momentum=0.0), 2.1)
    assert found.momentum.identifiable
    assert found.momentum.value == pytest.approx(0.0, abs=1e-9)
    assert any("grow" in note and "period of two" in note for note in found.notes)
