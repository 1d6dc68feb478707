"""Backgrounds that are of no use: each says why, and where; no call runs for ever."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.cosmology.background import InflationSettings, Model, Outcome, inflate
from cosmograd.cosmology.potentials import FunctionPotential, QuadraticPotential
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


def test_every_outcome_is_told_while_the_others_stand():
    """One batch: a background that fails does not disturb its neighbours."""
    settings = InflationSettings(tolerance=1e-7, grid_points=129, max_steps=4096)

    def run(numbers, field):
        velocity = -2 / field
        return inflate(Model(FunctionPotential(Family(numbers))), field[None], velocity[None], settings)

    numbers = jnp.array([case[0] for case in CASES.values()])
    fields = jnp.array([case[1] for case in CASES.values()])
    histories = eqx.filter_jit(jax.vmap(run))(numbers, fields)
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
    ],
)
def test_requests_that_make_no_sense(arguments, error, message):
    with pytest.raises(error) as raised:
        primordial_spectra(Model(QuadraticPotential(6e-6)), **({"wavenumbers": [1.0]} | arguments))
    assert message in str(raised.value)
