"""Minibatches: what their draws are distributed like, and that training by them is unbiased and keeps its bits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.learning import (
    TrainingPoints,
    batch_gradient,
    batch_keys,
    choose_mapping,
    full_gradient,
    member_keys,
    train_ensemble,
    training,
)
from cosmograd.learning.batches import ShuffledEpochs, WithoutReplacement, WithReplacement
from cosmograd.learning.datasets import circle
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.optimisers import HeavyBall

KEY = jax.random.key(77)
NETWORK, DATA, OPTIMISER = Perceptron((2, 6, 1)), circle(8, 3), HeavyBall(0.2, 0.5)
INPUTS, TARGETS, ALL_INPUTS = (jnp.asarray(array) for array in (DATA.inputs, DATA.targets, DATA.all_inputs))
WAYS = (WithReplacement(3), WithoutReplacement(3), ShuffledEpochs(3))
every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: type(way).__name__)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 3, 4, 8])
def test_epochs_pass_once_through_all_examples(size):
    """Also where the size does not divide the number of points: the stream of rows is cut without a gap."""
    way = ShuffledEpochs(size)
    rows = np.concatenate([np.asarray(way.indices(KEY, n, 8)) for n in range(3 * 8)])
    epochs = rows.reshape(-1, 8)
    assert (np.sort(epochs) == np.arange(8)).all()
    assert len({tuple(epoch) for epoch in epochs}) == len(epochs)  # each in an order of its own


def test_batches_without_replacement_hold_different_examples():
    rows = np.stack([np.asarray(WithoutReplacement(5).indices(KEY, n, 8)) for n in range(20)])
    assert all(len(set(batch)) == 5 for batch in rows.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("normalisation", ["mean", "sum"])
@every_way
def test_gradient_of_a_batch_is_unbiased_with_the_covariance_of_its_draws(way, normalisation):
    """Over independent keys: mean and covariance of the batch gradient, along a random direction, against theory."""
    loss, repeats, points = SquaredLoss(normalisation), 20000, TrainingPoints(INPUTS, TARGETS)
    θ = NETWORK.initialise(KEY)
    direction = NETWORK.initialise(jax.random.key(78))

    def along(gradient):
        return sum(map(jnp.vdot, jax.tree.leaves(gradient), jax.tree.leaves(direction)))

    def estimate(key):
        value, gradient, _ = batch_gradient(NETWORK, loss, θ, points, way, key, 2, way.begin(key, 2, 8))
        return value, along(gradient)

    values, slopes = (np.asarray(x) for x in jax.jit(jax.vmap(estimate))(jax.random.split(KEY, repeats)))
    value, gradient = full_gradient(NETWORK, loss, θ, points)
    scale = 8 / loss.divisor(8)
    each = [TrainingPoints(INPUTS[i : i + 1], TARGETS[i : i + 1]) for i in range(8)]
    single = [float(along(full_gradient(NETWORK, SquaredLoss("sum"), θ, point)[1])) for point in each]
    variance = scale**2 * np.var(single) / 3
    # The batch of update 2 in epochs of 8 is cut by the epoch's end: two examples of one order, one of the next.
    expected = {
        "WithReplacement": variance,
        "WithoutReplacement": variance * 5 / 7,
        "ShuffledEpochs": variance / 3 * (2 * 6 / 7 + 1),
    }[type(way).__name__]
    assert abs(slopes.mean() - along(gradient)) < 4.5 * np.sqrt(expected / repeats)
    assert abs(values.mean() - value) < 4.5 * values.std() / np.sqrt(repeats)
    squares = (slopes - slopes.mean()) ** 2
    assert abs(squares.mean() - expected) < 4.5 * squares.std() / np.sqrt(repeats)


def run(way, strategy="map", members=3, precision="float64", width=None):
    mapping = choose_mapping(strategy, members, width)
    records = (0, 1, 4, 9, 20)
    chunks = list(
        train_ensemble(
            *(NETWORK, DATA, SquaredLoss(), OPTIMISER, KEY, members, records, mapping), precision=precision, batches=way
        )
    )
    return np.concatenate([chunk.outputs for chunk in chunks])


@every_way
def test_against_a_simple_loop(way):
    """The rows of each member's key and update, the mean over them, the textbook rule."""
    outputs = run(way)
    for member in (0, 2):
        θ = NETWORK.initialise(member_keys(KEY, np.array([member]))[0])
        key, step = batch_keys(KEY, np.array([member]))[0], jax.tree.map(jnp.zeros_like, θ)
        gradient = jax.jit(jax.grad(lambda θ, x, y: jnp.sum((NETWORK.apply(θ, x) - y) ** 2) / 2 / 3))
        for n in range(20):
            rows = np.asarray(way.indices(key, n, 8))
            g = gradient(θ, INPUTS[rows], TARGETS[rows])
            step = jax.tree.map(lambda s, g: 0.5 * s - 0.2 * g, step, g)
            θ = jax.tree.map(jnp.add, θ, step)
        np.testing.assert_allclose(outputs[member, -1], NETWORK.apply(θ, ALL_INPUTS), rtol=0, atol=1e-13)


@pytest.mark.slow
@every_way
def test_same_bits_however_members_are_mapped_and_updates_split(way, monkeypatch):
    reference = run(way)
    assert run(way, "sharded-map").tobytes() == reference.tobytes()
    assert run(way, members=1).tobytes() == reference[:1].tobytes()
    np.testing.assert_allclose(run(way, "vmap", width=3), reference, rtol=0, atol=1e-13)
    parameters = 25
    monkeypatch.setattr(training, "_OPERATIONS_PER_CALL", 3 * 6 * 8 * parameters * 3)
    assert run(way).tobytes() == reference.tobytes()


def test_members_draw_their_own_batches_from_the_same_start():
    """A network that starts alike in every member is trained apart by its batches, and only by them."""
    from cosmograd.learning.networks import LinearisedNetwork

    same = LinearisedNetwork(NETWORK, NETWORK.initialise(KEY))

    def last(way):
        args = (same, DATA, SquaredLoss(), OPTIMISER, KEY, 2, (0, 5), choose_mapping("map"))
        return next(train_ensemble(*args, batches=way)).outputs[:, -1]

    assert (last(None)[0] == last(None)[1]).all()
    assert (last(WithReplacement(3))[0] != last(WithReplacement(3))[1]).all()


def test_a_batch_of_everything_is_the_full_gradient():
    """Up to the order of the sum."""
    np.testing.assert_allclose(run(WithoutReplacement(8)), run(None), rtol=0, atol=1e-13)
