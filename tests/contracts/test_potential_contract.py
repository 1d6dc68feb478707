"""What every potential must satisfy: derivatives, finite values, and inflation from its suggested start to an end."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from families import concrete_classes, members

from cosmograd.cosmology import potentials
from cosmograd.cosmology.background import InflationSettings, Model, Outcome, attractor_velocity, inflate, slow_roll_ε
from cosmograd.cosmology.field_space import FlatFieldSpace

every_potential = pytest.mark.parametrize("potential", members(potentials))
SETTINGS = InflationSettings(tolerance=1e-8, grid_points=513)


@every_potential
def test_gradient_by_finite_differences(potential):
    φ = potential.suggested_field()
    assert φ.shape == (potential.fields,)
    gradient, h = np.asarray(jax.grad(potential)(φ)), 1e-4
    for i, step in enumerate(h * np.eye(potential.fields)):
        difference = (potential(φ + step) - potential(φ - step)) / (2 * h)
        # third derivatives of these potentials are below V/(0.02)³ everywhere
        assert gradient[i] == pytest.approx(float(difference), rel=1e-3, abs=1e-7 * float(potential(φ)))


@pytest.mark.parametrize("kind", concrete_classes(potentials))
def test_inflates_from_its_suggested_field_and_ends(kind):
    potential = kind.examples()[0]  # compiling takes seconds, so not every example
    model = Model(potential, FlatFieldSpace(), jnp.zeros(()))
    φ = potential.suggested_field()
    history = eqx.filter_jit(lambda φ: inflate(model, φ, attractor_velocity(model, φ), SETTINGS))(φ)
    assert int(history.outcome) == Outcome.ENDED
    assert 55 < history.e_folds_total < 100
    assert history.friedmann_violation < 1e-6
    end = history.phase(history.e_folds_total)
    assert slow_roll_ε(model, end.field, end.velocity) == pytest.approx(1.0, abs=1e-6)


def test_names_are_unique_and_parameters_say_what_they_mean():
    classes = concrete_classes(potentials)
    names = [each.name for each in classes]
    assert len(set(names)) == len(names)
    for field in (field for each in classes for field in dataclasses.fields(each) if "allowed" in field.metadata):
        assert field.metadata["meaning"]


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_parameters_out_of_range_are_named(value):
    with pytest.raises(ValueError, match="`mass` of the quadratic potential must be a finite number > 0"):
        potentials.QuadraticPotential(value)
