"""Optimisers that have no modes are refused with the reason, the evidence and what to do."""

import re

import jax
import numpy as np
import optax
import pytest

from cosmograd.learning.optimisers import CorrectedHeavyBall, HeavyBall, NoModesError, as_optimiser

pytestmark = pytest.mark.usefixtures("without_type_checks")


def by_rank(parameters):
    return jax.tree.map(lambda leaf: leaf.ndim > 1, parameters)


RESTARTS = optax.sgdr_schedule(
    [{"init_value": 0.0, "peak_value": 0.1, "warmup_steps": 3, "decay_steps": 8, "end_value": 0.0}] * 3
)


@pytest.mark.parametrize(
    ("transformation", "evidence", "likeness"),
    [
        (optax.adam(0.1), "not linear in the gradient: .* steps 1 times larger", "like Adam.*ScaleByAdamState"),
        (optax.rmsprop(0.1, momentum=0.9), "not linear in the gradient: .* 1 times larger", "like Adam, RMSProp"),
        (optax.lion(0.1), "not linear in the gradient: .* 1 times smaller", "like Lion, signSGD"),
        (optax.sign_sgd(0.1), "not linear in the gradient: .* 1 times smaller", "signSGD"),
        (optax.chain(optax.clip(1.0), optax.sgd(0.1)), "not linear in the gradient", "clipping by value"),
        (optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.1)), "not linear", "normalising by the norm"),
        (optax.lars(0.1), r"depend on where the parameters are, by \d", "trust ratio"),
        (
            optax.chain(optax.add_noise(0.1, 0.5, key=1), optax.sgd(0.1)),
            r"adds noise: .* steps of \d",
            "Leave the noise",
        ),
        (optax.chain(optax.centralize(), optax.sgd(0.1)), r"mixes parameters: .* by \d", "centred"),
        (optax.chain(optax.masked(optax.scale(0.5), by_rank), optax.sgd(0.1)), "treats parameters differently", "mask"),
        (
            optax.chain(optax.trace(0.9), optax.trace(0.5), optax.scale(-0.1)),
            "more than one earlier",
            "several momenta",
        ),
        (optax.MultiSteps(optax.sgd(0.1), 4), r"misses its steps by \d", "accumulated"),
        (optax.sgd(0.1, momentum=0.9, accumulator_dtype="bfloat16"), "memory in bfloat16", "`accumulator_dtype`"),
        (optax.sgd(RESTARTS, momentum=0.9), "learning rate is zero at update 8", "small positive number"),
        (optax.sgd(0.1, momentum=1.0), "never forgets: its momentum is 1", "between −1 and 1"),
        (optax.scale(0.1), "climbs the loss: .* learning rate is -0.1", "scale_by_learning_rate"),
        (optax.set_to_zero(), "makes no step", "learning rate"),
        (optax.polyak_sgd(), r"needs more than the gradient .*\(value\)", "Use optax.sgd"),
        (optax.lbfgs(), "needs more than the gradient .*value_fn", "line searches"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_transformations_without_modes(transformation, evidence, likeness):
    with pytest.raises(NoModesError, match=evidence) as caught:
        as_optimiser(transformation, updates=20)
    assert re.search(likeness, str(caught.value)), str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_schedule_needs_the_length_of_the_run():
    with pytest.raises(ValueError, match=r"counts its updates.*Give the length of the run"):
        as_optimiser(optax.sgd(optax.cosine_decay_schedule(0.1, 100)))
    for updates in (0, -3, 2.5, True):
        with pytest.raises(ValueError, match="`updates` must be a whole number ≥ 1"):
            as_optimiser(optax.sgd(0.1), updates=updates)


def test_settings_of_each_layer_need_the_parameters():
    by_name = optax.masked(optax.sgd(0.5), {"w": True, "b": False})
    with pytest.raises(ValueError, match=r"fails when it is run: .* pass them as `parameters`"):
        as_optimiser(by_name)
    with pytest.raises(NoModesError, match=r"treats parameters differently.*\['w'\]"):
        as_optimiser(by_name, parameters={"w": np.ones((4, 4)), "b": np.ones(4)})
    with pytest.raises(ValueError, match="`parameters` must be a tree of arrays with at least 12 numbers"):
        as_optimiser(by_name, parameters={"w": np.ones(3), "b": np.ones(4)})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (optax.sgd, "sgd is a function that makes an optimiser. Call it with its settings"),
        (HeavyBall, "HeavyBall is a class. Make one of it"),
        (0.1, r"the number 0.1. For gradient descent take optax.sgd\(0.1\)"),
        ("adam", "must be an Optax transformation.*got str"),
        (None, "must be an Optax transformation.*got NoneType"),
    ],
)
def test_what_is_no_transformation(given, message):
    with pytest.raises(ValueError, match=message):
        as_optimiser(given)


def of_library(module, name):
    return type(name, (), {"__module__": module})


def test_torch_optimisers_are_answered_with_their_equivalent():
    """By their names alone: torch need not be installed."""
    sgd = of_library("torch.optim.sgd", "SGD")()
    sgd.defaults = {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-4, "dampening": 0}
    with pytest.raises(
        ValueError, match=r"optax.sgd\(0.05, momentum=0.9, nesterov=True\).*`weight_decay` must be left"
    ):
        as_optimiser(sgd)
    with pytest.raises(ValueError, match=r"torch.optim.Adam is no optimiser of JAX. Take an Optax transformation"):
        as_optimiser(of_library("torch.optim.adam", "Adam")())
    with pytest.raises(ValueError, match="the Keras optimiser SGD cannot be read"):
        as_optimiser(of_library("keras.src.optimizers.sgd", "SGD")())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ((-0.1,), "`learning_rate` must be ≥ 0, and > 0 at some update"),
        (([0.0, 0.0],), "`learning_rate` must be ≥ 0, and > 0 at some update"),
        ((0.1, 1.0), "a constant `momentum` must lie between −1 and 1"),
        ((0.1, [0.5, np.inf]), "`momentum` must be finite"),
        ((0.1, 0.5, "x"), "`correction` must be a finite number"),
    ],
)
def test_settings_of_a_corrected_heavy_ball(settings, message):
    with pytest.raises(ValueError, match=message):
        CorrectedHeavyBall(*settings)
