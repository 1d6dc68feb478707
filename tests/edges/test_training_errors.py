"""Settings of a training run that cannot work are refused before any work is done."""

import jax
import optax
import pytest

from cosmograd.experiments.prediction.run import predict_learning_curve
from cosmograd.learning import choose_mapping, train_ensemble
from cosmograd.learning.datasets import circle
from cosmograd.learning.losses import PseudoHuberLoss, SquaredLoss
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.optimisers import GradientDescent, HeavyBall

pytestmark = pytest.mark.usefixtures("without_type_checks")


NETWORK = Perceptron((2, 4, 1))


def start(members=2, records=(0, 3), snapshots=(), budget=2**30, network=NETWORK):
    return next(
        train_ensemble(
            *(network, circle(4), SquaredLoss(), GradientDescent(0.1), jax.random.key(0), members, records),
            choose_mapping("map"),
            snapshots,
            memory_budget=budget,
        )
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"members": 0}, "`members` must be ≥ 1, got 0"),
        ({"records": ()}, "`record_updates` is empty; record at least one update"),
        ({"records": (3, 3)}, r"`record_updates` must be strictly increasing and ≥ 0, got \[3, 3\]"),
        ({"records": (-1, 3)}, "`record_updates` must be strictly increasing"),
        ({"snapshots": (5, 2)}, r"`snapshot_updates` must be strictly increasing and ≥ 0, got \[5, 2\]"),
        ({"network": Perceptron((2, 4, 3))}, "the network has 3 outputs, but circle has 1 targets"),
        ({"network": Perceptron((5, 4, 1))}, r"takes points of shape \(5,\)"),
    ],
)
def test_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        start(**settings)


def test_a_budget_too_small_for_one_member_says_what_to_lower():
    message = "memory budget of 0 MiB is too small: 1 member.*Raise the budget, or take a smaller network"
    with pytest.raises(ValueError, match=message):
        start(budget=100)


def test_strategies():
    with pytest.raises(ValueError, match="`strategy` is 'threads'; allowed: auto, sharded-map, map, vmap, loop"):
        choose_mapping("threads")
    with pytest.raises(ValueError, match="`vmap_width` must be ≥ 1, got 0"):
        choose_mapping("vmap", vmap_width=0)


def test_automatic_choice_on_two_host_devices():
    assert choose_mapping("auto", members=1).strategy == "map"
    several = choose_mapping("auto", members=8)
    assert (several.strategy, several.devices, several.multiple) == ("sharded-map", 2, 2)
    assert choose_mapping("vmap", 8, 4).multiple == 4


def test_what_decides_the_bits_is_not_the_number_of_devices():
    by_member = {choose_mapping(name, members=8).arithmetic for name in ("auto", "map", "sharded-map", "loop")}
    assert by_member == {"member by member"}
    assert choose_mapping("vmap", 8, 4).arithmetic == "vmap of 4"


@pytest.mark.parametrize(
    ("loss", "optimiser", "message"),
    [
        (PseudoHuberLoss("mean", 0.1), HeavyBall(0.1, 0.9), "`loss` is PseudoHuberLoss, but .* squared loss only"),
        (SquaredLoss, HeavyBall(0.1, 0.9), "`loss` is <class .*SquaredLoss'>, but .*Give SquaredLoss"),
        (SquaredLoss(), optax.sgd(0.1), "`optimiser` is GradientTransformation.*allowed: .*HeavyBall"),
        (SquaredLoss(), 0.1, "`optimiser` is 0.1; allowed: GradientDescent, HeavyBall or Nesterov"),
    ],
)
def test_a_learning_curve_is_predicted_for_what_the_theory_holds_for(loss, optimiser, message):
    with pytest.raises(TypeError, match=message):
        predict_learning_curve(NETWORK, circle(4), loss, optimiser, [0, 10])
