"""Adaptive integration: accuracy that follows the tolerance, and an end in every case."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.solvers import adaptive_steps


def oscillator(y):
    return jnp.stack([y[1], -y[0]])


def never(y):
    return jnp.zeros((), dtype=bool)


@pytest.mark.parametrize("tolerance", [1e-5, 1e-8, 1e-11])
def test_error_follows_the_tolerance(tolerance):
    path = jax.jit(lambda y: adaptive_steps(oscillator, y, tolerance, never, 20.0, 4096))(jnp.array([1.0, 0.0]))
    used = slice(0, int(path.count) + 1)
    assert path.times[used][-1] >= 20
    assert (np.diff(path.times[used]) > 0).all()
    error = np.abs(path.states[used, 0] - np.cos(path.times[used])).max()
    assert error < 20 * tolerance * int(path.count)  # at worst every step's error adds up
    assert not path.stopped
    assert not path.rejected


def test_stops_after_the_step_that_meets_the_condition():
    path = adaptive_steps(lambda y: jnp.ones_like(y), jnp.zeros(1), 1e-8, lambda y: y[0] > 3, 100.0, 512)
    last = int(path.count)
    assert path.stopped
    assert path.states[last, 0] > 3 > path.states[last - 1, 0]
    assert (path.states[last:] == path.states[last]).all()
    assert (path.times[last:] == path.times[last]).all()


def test_a_singularity_or_nan_ends_the_integration():
    blow_up = adaptive_steps(lambda y: y**2, jnp.ones(1), 1e-8, never, 10.0, 4096)
    assert float(blow_up.times[-1]) == pytest.approx(1.0, abs=1e-6)
    assert blow_up.rejected | (blow_up.count == 4096)
    wall = adaptive_steps(lambda y: jnp.where(y < 0.5, 1.0, jnp.nan), jnp.zeros(1), 1e-8, never, 10.0, 512)
    assert wall.rejected
    assert wall.times[-1] <= 0.5
    few = adaptive_steps(oscillator, jnp.array([1.0, 0.0]), 1e-10, never, 1e6, 16)
    assert few.count == 16
