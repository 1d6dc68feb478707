"""What every built-in dataset must do: those exported functions that can be called without arguments."""

import inspect

import numpy as np
import pytest

from cosmograd.learning import datasets
from cosmograd.learning.datasets import Dataset


def built_in() -> list:
    exported = [getattr(datasets, name) for name in datasets.__all__]
    functions = [item for item in exported if inspect.isfunction(item)]
    return [
        function
        for function in functions
        if all(p.default is not p.empty for p in inspect.signature(function).parameters.values())
    ]


every_dataset = pytest.mark.parametrize("make", built_in(), ids=lambda make: make.__name__)


def test_the_family_is_found():
    assert {"circle", "digits"} <= {make.__name__ for make in built_in()}


@every_dataset
def test_arrays_are_finite_float64_with_one_row_per_point(make):
    data = make(points=20, probe_points=7)
    assert isinstance(data, Dataset)
    for array in (data.inputs, data.targets, data.probe_inputs, data.probe_targets):
        assert array.dtype == np.float64
        assert np.isfinite(array).all()
    assert len(data.inputs) == len(data.targets) == 20
    assert len(data.probe_inputs) == len(data.probe_targets) == 7
    assert data.targets.ndim == data.probe_targets.ndim == 2
    assert data.name == make.__name__


@every_dataset
def test_same_call_same_bits(make):
    first, second = make(points=20, probe_points=7), make(points=20, probe_points=7)
    for name in ("inputs", "targets", "probe_inputs", "probe_targets"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


@every_dataset
def test_probe_points_are_unseen_and_come_last(make):
    data = make(points=20, probe_points=7)
    assert (data.all_inputs[:20] == data.inputs).all()
    assert (data.all_inputs[20:] == data.probe_inputs).all()
    assert (data.all_targets[20:] == data.probe_targets).all()
    distances = np.abs(data.inputs[:, None] - data.probe_inputs[None]).max(axis=-1)
    assert distances.min() > 0


@every_dataset
def test_probe_points_do_not_change_the_training_points(make):
    alone, accompanied = make(points=20), make(points=20, probe_points=7)
    assert len(alone.probe_inputs) == 0
    assert (alone.inputs == accompanied.inputs).all()
    assert (alone.targets == accompanied.targets).all()


@every_dataset
def test_nothing_to_train_on_is_refused(make):
    with pytest.raises(ValueError, match="points"):
        make(points=0)
