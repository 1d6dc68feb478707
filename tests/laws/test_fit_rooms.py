"""What fills up a fit weighs nothing: the same residuals and derivatives, and none from what was added."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.measurement.fit_problem import fit_problem
from cosmograd.measurement.quantities import QUANTITIES, TimeConvention, entries, quantities_of, quantity_row
from cosmograd.measurement.recursion_models import FREE, FROM_REST, CoupledModes, KnownModes
from cosmograd.measurement.rooms import room_for_modes, room_for_updates

COUPLED = CoupledModes(size=2), np.array([0.4, 0.3, 0.05, 0.2])
KNOWN = KnownModes(eigenvalues=jnp.array([[2.0, 1.0, 0.5, 0.2, 0.1]])), np.array([0.6, 0.1, 0.11, 0.1, 0.09, 0.1])


@pytest.mark.parametrize("hypothesis", [FREE, FROM_REST])
@pytest.mark.parametrize(("model", "parameters"), [COUPLED, KNOWN], ids=["coupled", "known"])
def test_room_changes_neither_residuals_nor_derivatives(model, parameters, hypothesis):
    rng = np.random.default_rng(3)
    modes, weights = rng.normal(size=(3, 21, model.mode_count)), np.linspace(1.0, 0.5, 21)
    problem = fit_problem(model, modes, weights, hypothesis)
    assert problem.modes.shape == (3, 32, 8 if isinstance(model, KnownModes) else 2)

    def roomy(p):
        return problem.model.residuals(p, problem.modes, problem.weights, problem.hypothesis) * problem.scale

    def bare(p):
        return model.residuals(p, jnp.asarray(modes), jnp.asarray(weights), hypothesis)

    full = problem.with_room(parameters)
    count, size = len(parameters), model.mode_count
    for found, expected in zip(
        (roomy(full), jax.jacfwd(roomy)(full)[..., :count]), (bare, jax.jacfwd(bare)), strict=True
    ):
        np.testing.assert_allclose(found[:, :21, :size], expected(jnp.asarray(parameters)), rtol=1e-9, atol=1e-11)
        assert not np.any(found[:, 21:]), "records that are not there"
        assert not np.any(found[:, :, size:]), "modes that are not there"
    assert not np.any(jax.jacfwd(roomy)(full)[..., count:])


def test_a_motion_that_leaves_all_bounds_in_the_room_weighs_nothing():
    """r = −2.6 at β = 0: beyond 1e308 long before the room ends."""
    model, modes = KnownModes(eigenvalues=jnp.ones((1, 1))), np.ones((1, 700, 1))
    weights = (np.arange(700) < 10).astype(float)
    problem = fit_problem(model, modes, weights, FROM_REST)
    left = problem.model.residuals(
        problem.with_room(np.array([0.0, 3.6])), problem.modes, problem.weights, problem.hypothesis
    )
    assert np.isfinite(left).all()
    assert not np.any(left[:, 10:])


def test_quantities_do_not_depend_on_their_room():
    κ, convention = np.array([0.5, 0.1, 0.02, 0.01, 0.003]), TimeConvention("canonical", "leapfrog")
    row = quantities_of(0.6, 0.05, κ, convention)
    bare = quantity_row(jnp.asarray(0.6), jnp.asarray(0.05), jnp.asarray(κ), convention)
    np.testing.assert_allclose(row, bare, rtol=1e-14)
    np.testing.assert_array_equal(entries(row, "eta_lambdas", 5), κ)
    assert len(row) == sum(5 if quantity.by_mode else 1 for quantity in QUANTITIES.values())


def test_rooms_hold_what_they_must():
    assert [room_for_modes(n) for n in (1, 2, 4, 5, 8, 9)] == [4, 4, 4, 8, 8, 16]
    assert [room_for_updates(n) for n in (1, 32, 33, 400)] == [32, 32, 64, 416]
