"""What every way of drawing minibatches must do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from families import concrete_classes, members

from cosmograd.learning import batches

KEY, POINTS, UPDATES = jax.random.key(12), 7, 60
every_way = pytest.mark.parametrize("way", members(batches))


def drawn(way, points=POINTS, updates=UPDATES, first=0, key=KEY) -> np.ndarray:
    """The rows of updates one after the other, each handing on to the next, compiled."""

    def one(state, update):
        rows, state = way.draw(key, update, points, state)
        return state, rows

    start = jnp.asarray(first)
    run = jax.jit(lambda: jax.lax.scan(one, way.begin(key, start, points), start + jnp.arange(updates))[1])
    return np.asarray(run())


def test_the_family_is_found():
    assert len(concrete_classes(batches)) == len(batches.SAMPLING_NAMES)


@every_way
def test_rows_are_those_of_points(way):
    way.check_points(max(POINTS, way.size))
    rows = drawn(way)
    assert rows.shape == (UPDATES, way.size)
    assert rows.dtype == np.int32
    assert rows.min() >= 0
    assert rows.max() < POINTS


@every_way
def test_a_run_may_be_cut_anywhere(way):
    """The rows of an update are the same whatever came before it in this process, and whether compiled or not."""
    whole = drawn(way)
    for first in (1, 11, 35):
        assert (drawn(way, updates=9, first=first) == whole[first : first + 9]).all()
    for update in (0, 3, 59):
        assert (np.asarray(way.indices(KEY, update, POINTS)) == whole[update]).all()


@every_way
def test_key_decides(way):
    rows = drawn(way)
    assert (drawn(way) == rows).all()
    assert (drawn(way, key=jax.random.key(13)) != rows).any()


@every_way
def test_every_point_is_as_likely_at_every_place(way):
    """Binomial counts of each row at each place of the batch over independent keys, within 4.5 deviations."""
    repeats = 4000
    keys = jax.random.split(jax.random.key(14), repeats)
    for update in (0, 4):
        rows = np.asarray(jax.jit(jax.vmap(lambda key, n=update: way.indices(key, n, POINTS)))(keys))
        counts = np.stack([(rows == point).sum(axis=0) for point in range(POINTS)])
        deviation = np.sqrt(repeats / POINTS * (1 - 1 / POINTS))
        assert np.abs(counts - repeats / POINTS).max() < 4.5 * deviation


@every_way
def test_members_together_draw_as_they_do_alone(way):
    keys = jax.random.split(jax.random.key(15), 3)
    together = jax.vmap(lambda key: way.indices(key, 5, POINTS))(keys)
    alone = jnp.stack([way.indices(key, 5, POINTS) for key in keys])
    assert (together == alone).all()


@pytest.mark.parametrize("size", [0, -1, 2.0, True])
@pytest.mark.parametrize("name", batches.SAMPLING_NAMES)
def test_sizes_that_are_none(name, size, without_type_checks):
    with pytest.raises(ValueError, match=f"the batch size must be a whole number ≥ 1, got {size}"):
        batches.batches_named(name, size)


def test_names(without_type_checks):
    with pytest.raises(ValueError, match="`sampling` is 'bootstrap'; allowed: with-replacement, without-replacement"):
        batches.batches_named("bootstrap", 4)


@pytest.mark.parametrize("name", batches.SAMPLING_NAMES[1:])
def test_different_examples_need_as_many_points(name):
    with pytest.raises(ValueError, match=rf"the batch size is 8, but there are 7 points; {name} batches.*at most 7"):
        batches.batches_named(name, 8).check_points(7)
    batches.batches_named("with-replacement", 8).check_points(7)


def test_epochs_too_long_to_count():
    with pytest.raises(ValueError, match="take a batch size that divides the number of points"):
        batches.ShuffledEpochs(65537).check_points(2**17)
