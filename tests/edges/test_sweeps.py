"""The section `[sweep]`: what it means, and what is said where it cannot be meant."""

import copy
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmograd.errors import UserError
from cosmograd.studies import parse_study, study_points

VALID = {
    "data": {"kind": "circle", "points": 8},
    "network": {"width": 8},
    "optimiser": {"eta_lambda_max": 0.5},
    "training": {"members": 2, "updates": 5},
}


def points_of(sweep, most_points=10**6):
    contents = copy.deepcopy(VALID) | {"sweep": sweep}
    return study_points(parse_study(contents, most_points), contents)


def values_of(sweep, key):
    return [point.labels[key] for point in points_of(sweep)]


def test_a_range_is_even_in_the_logarithm_and_holds_both_ends():
    values = values_of(
        {"optimiser": {"eta_lambda_max": {"first": 0.05, "last": 1.5, "count": 12}}}, "optimiser.eta_lambda_max"
    )
    assert len(values) == 12
    assert (values[0], values[-1]) == (0.05, 1.5)
    ratios = [after / before for before, after in itertools.pairwise(values)]
    assert ratios == pytest.approx([30 ** (1 / 11)] * 11, rel=1e-12)


def test_a_linear_range():
    sweep = {"optimiser.momentum": {"first": 0.0, "last": 0.9, "count": 10, "spacing": "linear"}}
    assert values_of(sweep, "optimiser.momentum") == pytest.approx([0.1 * n for n in range(10)])


def test_ranges_of_whole_numbers():
    assert values_of({"network.width": {"first": 16, "last": 1024, "count": 7}}, "network.width") == [
        16, 32, 64, 128, 256, 512, 1024
    ]  # fmt: skip
    assert values_of({"network.width": {"first": 1, "last": 6, "count": 6}}, "network.width") == [1, 2, 3, 4, 5, 6]
    assert values_of({"seed": {"first": 0, "last": 8, "count": 5}}, "seed") == [0, 2, 4, 6, 8]
    descending = values_of({"training.members": {"first": 32.0, "last": 2, "count": 5}}, "training.members")
    assert descending == [32, 16, 8, 4, 2]
    assert all(type(value) is int for value in descending)


@given(
    first=st.integers(1, 10**6),
    length=st.integers(1, 10**6),
    part=st.floats(0, 1),
    spacing=st.sampled_from(["log", "linear"]),
)
def test_whole_numbers_of_a_range_are_distinct_and_near_their_places(first, length, part, spacing):
    count = 2 + round(part * (min(length, 60) - 1))
    entry = {"first": first, "last": first + length, "count": count, "spacing": spacing}
    values = values_of({"network.width": entry}, "network.width")
    assert values == sorted(set(values))
    assert (len(values), values[0], values[-1]) == (count, first, first + length)
    step = length / (count - 1)
    if spacing == "linear":
        assert values == pytest.approx([first + step * n for n in range(count)], abs=1.0)


def test_zipped_keys_advance_together_and_multiply_with_the_rest():
    sweep = {
        "network.width": [8, 8, 16],
        "seed": [0, 1],
        "training.members": [2, 4, 4],
        "zip": [["training.members", "network.width"]],
    }
    assert [tuple(point.labels.values()) for point in points_of(sweep)] == [
        (8, 2, 0), (8, 2, 1), (8, 4, 0), (8, 4, 1), (16, 4, 0), (16, 4, 1)
    ]  # fmt: skip
    assert [point.specification.training.members for point in points_of(sweep)] == [2, 2, 4, 4, 4, 4]


def test_a_range_may_be_zipped_with_a_list():
    sweep = {
        "network": {"width": {"first": 8, "last": 32, "count": 3}},
        "training": {"members": [4, 3, 2]},
        "zip": [["network.width", "training.members"]],
    }
    assert [tuple(point.labels.values()) for point in points_of(sweep)] == [(8, 4), (16, 3), (32, 2)]


ETA, WIDTH = "optimiser.eta_lambda_max", "network.width"
MISTAKES = [
    ({WIDTH: {"first": 1, "last": 9}}, ["sweep.network.width", "lacks `count`"]),
    ({WIDTH: {"last": 9, "count": 2}}, ["lacks `first`"]),
    ({WIDTH: {"first": 1, "last": 9, "cout": 2}}, ["no 'cout'", "Did you mean 'count'?"]),
    ({WIDTH: {"first": 1, "last": 9, "count": 1}}, ["`count` = 1", "whole number from 2"]),
    ({WIDTH: {"first": 1, "last": 9, "count": 2.0}}, ["`count` = 2.0"]),
    ({WIDTH: {"first": 1, "last": 9, "count": True}}, ["`count` = True"]),
    ({WIDTH: {"first": 1.5, "last": 9, "count": 2}}, ["`first` = 1.5", "a whole number"]),
    ({WIDTH: {"first": "1", "last": 9, "count": 2}}, ["`first` = '1'", "a number"]),
    ({WIDTH: {"first": 10**400, "last": 9, "count": 2}}, ["`first`", "a number"]),
    ({ETA: {"first": math.nan, "last": 9.0, "count": 2}}, ["`first` = nan"]),
    ({ETA: {"first": 0.1, "last": math.inf, "count": 2}}, ["`last` = inf"]),
    ({ETA: {"first": 0.0, "last": 9.0, "count": 2}}, ["no logarithm", 'spacing = "linear"']),
    ({ETA: {"first": 0.1, "last": 0.1, "count": 2}}, ["both 0.1"]),
    ({ETA: {"first": 0.1, "last": 1.0, "count": 2, "spacing": "even"}}, ["'even'", "log, linear"]),
    ({ETA: {"first": -0.1, "last": 1.0, "count": 3, "spacing": "linear"}}, ["sweep: optimiser.eta_lambda_max: -0.1"]),
    ({WIDTH: {"first": 1, "last": 4, "count": 9}}, ["there are 4 whole numbers from 1 to 4, not 9"]),
    ({"network.activation": {"first": 1, "last": 4, "count": 2}}, ["takes no numbers", "list of its values"]),
    ({"network.widht": {"first": 1, "last": 4, "count": 2}}, ["'network.widht'", "Did you mean 'network.width'?"]),
    ({WIDTH: [8, 16], "zip": ["network.width"]}, ["sweep.zip", '[["network.width", "training.members"]]']),
    ({WIDTH: [8, 16], "zip": [["network.width"]]}, ["sweep.zip"]),
    ({WIDTH: [8, 16], "zip": [[["network.width"], 3]]}, ["sweep.zip"]),
    ({WIDTH: [8, 16], "zip": 3}, ["sweep.zip: 3"]),
    ({WIDTH: [8, 16], "zip": [["network.width", "training.member"]]}, ["'training.member' is not swept"]),
    ({WIDTH: [8, 16], "seed": [0], "zip": [["network.width", "seed"]]}, ["network.width has 2, seed has 1"]),
    ({WIDTH: [8, 16], "seed": [0, 1], "zip": [["network.width", "seed"], ["seed", WIDTH]]}, ["appears twice"]),
    ({WIDTH: [8, 16], "zip": [["network.width", "network.width"]]}, ["appears twice"]),
    ({WIDTH: [8, 8], "seed": [1, 1], "zip": [["network.width", "seed"]]}, ["sweep.zip: the row (8, 1) appears twice"]),
    ({"network.widths": [[8, 8], [8, 8]]}, ["the value [8, 8] appears twice"]),
    ({ETA: [1, 1.0]}, ["appears twice"]),
]  # fmt: skip


@pytest.mark.parametrize(("sweep", "expected"), MISTAKES, ids=lambda value: str(value)[:60])
def test_mistake_is_explained(sweep, expected):
    with pytest.raises(UserError) as raised:
        points_of(sweep)
    for part in expected:
        assert part in str(raised.value)


def test_more_points_than_confirmed_are_refused_with_their_factors():
    sweep = {
        "network.width": [8, 16, 32, 64],
        "training.members": [2, 3, 4, 5],
        "seed": {"first": 0, "last": 99, "count": 100},
        "zip": [["network.width", "training.members"]],
    }
    with pytest.raises(UserError) as raised:
        points_of(sweep, 256)
    assert "network.width with training.members 4 × seed 100 = 400 points" in str(raised.value)
    assert "cosmograd study FILE --points 400" in str(raised.value)
    with pytest.raises(UserError, match="399 are confirmed"):
        points_of(sweep, 399)
    assert len(points_of(sweep, 400)) == 400


def test_a_sweep_beyond_all_bounds_is_refused_before_its_values_are_made():
    entry = {"first": 0, "last": 2**62, "count": 2**61}
    with pytest.raises(UserError, match="points"):
        points_of({"seed": entry, "data.seed": entry, "optimiser.momentum": [0.0, 0.1]}, 256)


def test_unknown_keys_come_before_the_number_of_points():
    with pytest.raises(UserError, match=r"Did you mean 'network.width'\?"):
        points_of({"network.widht": list(range(1, 1000))}, 256)
