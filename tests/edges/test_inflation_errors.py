"""Backgrounds that are of no use: each says why, and where; no call runs for ever."""

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.cosmology import DeSitter
from cosmograd.cosmology.background import (
    ElapsedEFolds,
    FieldValue,
    HubbleRateValue,
    InflationSettings,
    Model,
    Outcome,
    evolve,
    inflate,
)
from cosmograd.cosmology.field_space import FunctionFieldSpace
from cosmograd.cosmology.perturbations import vacuum_mode
from cosmograd.cosmology.potentials import DoubleQuadraticPotential, FunctionPotential, QuadraticPotential
from cosmograd.cosmology.spectra import InflationError, primordial_spectra


class Family(eqx.Module):
    """V = c + m²φ²/2 − gφ³, and no number below φ = wall."""

    numbers: jax.Array

    def __call__(self, φ):
        c, m2, g, wall = self.numbers
        return jnp.where(φ[0] > wall, c + m2 * φ[0] ** 2 / 2 - g * φ[0] ** 3, jnp.nan)


CASES = {
    "ends": ((0.0, 1e-11, 0.0, -99.0), 17.0, Outcome.ENDED),
    "never ends": ((1e-10, 1e-13, 0.0, -99.0), 17.0, Outcome.NEVER_ENDS),
    "negative at the start": ((-1e-8, 1e-11, 0.0, -99.0), 17.0, Outcome.NEGATIVE_POTENTIAL),
    "never inflates": ((0.0, 1e-11, 0.0, -99.0), 0.5, Outcome.NEVER_INFLATES),
    "not a number on the way": ((0.0, 1e-11, 0.0, 9.0), 17.0, Outcome.NOT_A_NUMBER),
    "not a number at the start": ((0.0, 1e-11, 0.0, 20.0), 17.0, Outcome.NOT_A_NUMBER),
}


@pytest.fixture(scope="module")
def histories():
    """All cases as one batch."""
    settings = InflationSettings(tolerance=1e-7, grid_points=129, max_steps=4096)

    def run(numbers, field):
        velocity = -2 / field
        return inflate(Model(FunctionPotential(Family(numbers))), field[None], velocity[None], settings)

    numbers = jnp.array([case[0] for case in CASES.values()])
    fields = jnp.array([case[1] for case in CASES.values()])
    return eqx.filter_jit(jax.vmap(run))(numbers, fields)


def test_a_history_ends_at_both_its_ends(histories):
    """No polynomial is followed past them: a field of −10¹⁴ at N = 1000 is none."""
    history = jax.tree.map(lambda leaf: leaf[list(CASES).index("ends")], histories)
    total = float(history.e_folds_total)
    inside = np.array([0.0, 1e-9, total - 55, total])
    rounded = np.array([-1e-14, (total - 55) / 3 * 3 + 55, total * (1 + 2e-16)])
    outside = np.array([-1.0, -1e-6, total + 1e-6, total + 1, 1000.0])
    phase = eqx.filter_jit(lambda N: history.phase(N))(np.concatenate([inside, rounded, outside]))
    kept = len(inside) + len(rounded)
    for values in phase:
        assert np.isfinite(values[:kept]).all()
        assert np.isnan(values[kept:]).all()
    continued = eqx.filter_jit(lambda N: history.continued_phase(N))(inside)
    for values, same in zip(phase, continued, strict=True):
        np.testing.assert_allclose(values[: len(inside)], same, rtol=1e-14)


def test_every_outcome_is_told_while_the_others_stand(histories):
    """One batch: a background that fails does not disturb its neighbours."""
    assert [Outcome(int(o)) for o in histories.outcome] == [case[2] for case in CASES.values()]
    reached = dict(zip(CASES, np.asarray(histories.last_field[:, 0]), strict=True))
    assert reached["not a number on the way"] == pytest.approx(9.0, abs=0.1)
    assert float(histories.e_folds_total[0]) == pytest.approx(72.83, abs=0.01)


def test_steps_are_bounded():
    settings = InflationSettings(tolerance=1e-10, grid_points=129, max_steps=32)
    model = Model(QuadraticPotential(6e-6))
    history = eqx.filter_jit(inflate)(model, jnp.array([17.0]), jnp.array([-0.1]), settings)
    assert history.outcome == Outcome.OUT_OF_STEPS
    assert history.steps == 32


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"field": [0.5]}, InflationError, "there is no inflation at the start"),
        ({"velocity": [2.0]}, InflationError, "ε = 2 ≥ 1"),
        ({"field": [np.nan]}, ValueError, "`field` must be 1 finite number"),
        ({"wavenumbers": [1.0, 1.0]}, ValueError, "`wavenumbers` must increase: 1 follows 1, at place 2 of 2"),
        ({"wavenumbers": [0.0, 1.0]}, ValueError, "`wavenumbers` must be finite numbers > 0"),
        ({"wavenumbers": []}, ValueError, "`wavenumbers` must be finite numbers > 0"),
        ({"accuracy": 1e-14}, ValueError, "`accuracy` must lie between 1e-09 and"),
        ({"accuracy": "high"}, ValueError, "in float64, got 'high'"),
        ({"pivot": 55.0}, ValueError, "`pivot` must be a Pivot, got 55.0"),
    ],
)
@pytest.mark.usefixtures("without_type_checks")
def test_requests_that_make_no_sense(arguments, error, message):
    with pytest.raises(error) as raised:
        primordial_spectra(Model(QuadraticPotential(6e-6)), **({"wavenumbers": [1.0]} | arguments))
    assert message in str(raised.value)


@pytest.mark.usefixtures("without_type_checks")
@pytest.mark.parametrize(
    ("metric", "wrong"),
    [
        ([[1.0, 0.5], [0.0, 1.0]], r"is not symmetric: G\[0, 1\] = 0.5, but G\[1, 0\] = 0"),
        ([[1e-9, 5e-10], [0.0, 1e-9]], "is not symmetric"),
        ([[1.0, 0.0], [0.0, -1.0]], "is not positive: its smallest eigenvalue is -1"),
        ([[1.0, 2.0], [2.0, 1.0]], "is not positive: its smallest eigenvalue is -1"),
        ([[1.0, 0.0], [0.0, np.nan]], "holds what is no finite number"),
        ([[1.0]], r"has the shape \(1, 1\) instead of \(2, 2\), for 2 fields"),
    ],
)
def test_a_metric_that_is_none(metric, wrong):
    model = Model(DoubleQuadraticPotential(6e-6, 6e-6), FunctionFieldSpace(lambda φ: jnp.array(metric) + 0 * φ[0]))
    with pytest.raises(
        InflationError, match=f"must be symmetric and positive; at the start, φ = 11, 11 M_Pl, .*{wrong}"
    ):
        primordial_spectra(model, [11.0, 11.0], wavenumbers=[1.0])


@pytest.mark.usefixtures("without_type_checks")
def test_a_metric_by_numpy_is_told_of_jax():
    model = Model(DoubleQuadraticPotential(6e-6, 6e-6), FunctionFieldSpace(lambda φ: np.diag(np.exp(φ))))
    with pytest.raises(InflationError, match=r"the metric of field space calls NumPy .* Use jax.numpy"):
        primordial_spectra(model, [11.0, 11.0], wavenumbers=[1.0])


@pytest.mark.usefixtures("without_type_checks")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"clock": "CosmicTime"}, "`clock` is 'CosmicTime'; allowed: cosmic-time, e-folds"),
        ({"event": FieldValue(1.0, 7)}, "`component` of the event must lie in 0 … 0, got 7"),
        ({"field": 17.0}, "`field` must be an array of 1 number, got 17.0"),
    ],
)
def test_evolutions_that_make_no_sense(arguments, message):
    usual = {"field": np.array([17.0]), "velocity": np.array([-0.1]), "points": np.array([1.0])}
    with pytest.raises(ValueError, match=re.escape(message)):
        evolve(Model(QuadraticPotential(6e-6)), **(usual | arguments))


@pytest.mark.parametrize(
    "make",
    [
        lambda: FunctionPotential(lambda φ: φ[0] + φ[1]),
        lambda: FunctionPotential(3),
        lambda: FunctionPotential(lambda φ: φ[0], 0),
        lambda: ElapsedEFolds(-3.0),
        lambda: vacuum_mode(DeSitter(), 0.0, 1.0, np.array([0.0, 1.0])),
    ],
)
@pytest.mark.usefixtures("without_type_checks")
def test_objects_that_make_no_sense(make):
    with pytest.raises(ValueError, match=r"field that is not there|must be"):
        make()


@pytest.mark.usefixtures("without_type_checks")
@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda φ: 1e-11 * np.sin(φ[0]) ** 2, r"calls NumPy or SciPy on the fields .* import jax\.numpy as jnp"),
        (lambda φ: φ, r"returns an array of shape \(2,\); it must return one number.*as `number_of_fields` says"),
    ],
)
def test_potentials_that_are_no_functions_to_jax(function, message):
    with pytest.raises(ValueError, match=f"the function {message}"):
        FunctionPotential(function, 2)


def test_an_event_at_no_hubble_rate_is_refused():
    with pytest.raises(ValueError, match="`hubble_rate` of the event must be > 0"):
        HubbleRateValue(0.0)
