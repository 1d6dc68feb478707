"""The section `[sweep]`, or several of them: what they mean, and what is said where they cannot be meant."""

import copy
import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from study_processes import bits
from training_sweeps import parse_study, study_points

from cosmograd.cli import main
from cosmograd.errors import UserError
from cosmograd.runs import StudyFolder, read_results, read_study_file

VALID = {
    "data": {"kind": "circle", "points": 8},
    "network": {"width": 8},
    "optimiser": {"eta_lambda_max": 0.5},
    "training": {"members": 2, "updates": 5},
}


def points_of(sweep, most_points=10**6):
    contents = copy.deepcopy(VALID) | {"sweep": sweep}
    return study_points(parse_study(contents, most_points))


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


ETA, WIDTH, MOMENTUM = "optimiser.eta_lambda_max", "network.width", "optimiser.momentum"


def labels_of(sweep, **sections):
    contents = copy.deepcopy(VALID) | sections | {"sweep": sweep}
    return [point.labels for point in study_points(parse_study(contents))]


def test_several_blocks_are_the_union_of_their_points_in_order():
    sweep = [{MOMENTUM: [0.9, 0.0]}, {ETA: [0.1, 0.5, 1.0], WIDTH: [8, 16]}, {}]
    points = points_of(sweep)
    assert [point.number for point in points] == list(range(7))
    assert all(tuple(point.labels) == (MOMENTUM, ETA, WIDTH) for point in points)
    assert [tuple(point.labels.values()) for point in points] == [
        # (0.0, 0.5, 8) is in all three blocks
        (0.9, 0.5, 8), (0.0, 0.5, 8), (0.0, 0.1, 8), (0.0, 0.1, 16), (0.0, 0.5, 16), (0.0, 1.0, 8), (0.0, 1.0, 16)
    ]  # fmt: skip
    for point in points:
        sections = point.specification.model_dump()
        assert all(sections[key.partition(".")[0]][key.partition(".")[2]] == point.labels[key] for key in point.labels)


BLOCKS = st.fixed_dictionaries(
    {},
    optional={
        MOMENTUM: st.lists(st.sampled_from([0, 0.0, 0.3, 0.9]), min_size=1, max_size=3, unique=True),
        "network": st.fixed_dictionaries({"width": st.lists(st.sampled_from([4, 8, 9]), min_size=1, unique=True)}),
        "seed": st.just({"first": 0, "last": 3, "count": 2}) | st.just([3, 1]),
        "network.widths": st.just([[8, 8], [4]]),
    },
)


@given(blocks=st.lists(BLOCKS, min_size=1, max_size=4))
def test_the_union_holds_each_blocks_points_once(blocks):
    def specifications(sweep):
        contents = copy.deepcopy(VALID) | {"network": {}, "sweep": sweep}
        points = study_points(parse_study(contents))
        return [point.specification.model_dump_json() for point in points]

    if any({"network", "network.widths"} <= set(block) for block in blocks):
        with pytest.raises(UserError, match="not both"):
            specifications(blocks)
        return
    apart = [text for block in blocks for text in specifications(block)]
    together = specifications(blocks)
    assert together == list(dict.fromkeys(apart))


@pytest.mark.parametrize(
    "sweep",
    [
        {},
        {MOMENTUM: [0.9, 0.5]},
        {"seed": {"first": 0, "last": 8, "count": 5}, WIDTH: [8, 9], "training.members": [2, 3],
         "zip": [[WIDTH, "training.members"]]},
    ],
)  # fmt: skip
def test_a_single_block_is_the_section_itself(sweep):
    section, block = (copy.deepcopy(VALID) | {"sweep": written} for written in (sweep, [sweep]))
    assert parse_study(section) == parse_study(block)
    assert len(parse_study(block).blocks) == 1
    assert study_points(parse_study(section)) == study_points(parse_study(block))


def test_what_a_block_does_not_sweep_is_the_files_own_value_or_the_default_or_nothing():
    rates = [{"optimiser.learning_rate": [0.1, 1]}, {ETA: [0.5], "network.activation": ["relu"]}]
    assert [tuple(labels.values()) for labels in labels_of(rates, optimiser={})] == [
        (0.1, None, "tanh"), (1, None, "tanh"), (None, 0.5, "relu")
    ]  # fmt: skip
    # Defaults that do not count are no values of a point.
    widths = [{"network.widths": [[4], [4, 4]]}, {WIDTH: [4]}]
    assert [tuple(labels.values()) for labels in labels_of(widths, network={})] == [
        ([4], None), ([4, 4], None), (None, 4)
    ]  # fmt: skip
    schedules = [{"optimiser.schedule": ["power-law"], "optimiser.exponent": [0.5, 2.0]}, {MOMENTUM: [0.9]}, {}]
    assert [tuple(labels.values()) for labels in labels_of(schedules)] == [
        ("power-law", 0.5, None), ("power-law", 2.0, None), ("constant", None, 0.9), ("constant", None, 0.0)
    ]  # fmt: skip
    kinds = [{"network.kind": ["model"], "network.file": ["mine.py"]}, {"network.kind": ["perceptron"], WIDTH: [8]}]
    assert [tuple(labels.values()) for labels in labels_of(kinds, network={})] == [
        ("model", "mine.py", None), ("perceptron", None, 8)
    ]  # fmt: skip


def test_the_studys_points_are_confirmed_by_the_sum_of_the_blocks():
    sweep = [{MOMENTUM: [0.1 * n for n in range(10)], "seed": [0, 1, 2]}, {"seed": list(range(300))}, {}]
    with pytest.raises(UserError) as raised:
        points_of(sweep, 256)
    assert (
        "sweep 1: optimiser.momentum 10 × seed 3 = 30, sweep 2: seed 300 = 300, sweep 3: nothing swept = 1, "
        "together 331 points, and up to 256 are allowed."
    ) in str(raised.value)
    assert "--points 331" in str(raised.value)
    with pytest.raises(UserError, match="together 331 points, and 330 are allowed"):
        points_of(sweep, 330)
    assert len(points_of(sweep, 331)) == 327
    assert parse_study(copy.deepcopy(VALID) | {"sweep": sweep}, 331).asked_for == 331


def test_what_was_confirmed_stays_confirmed_where_blocks_overlap(tmp_path):
    """Going on needs no --points, although there are fewer points than were asked for."""
    (tmp_path / "s.toml").write_text(
        '[data]\nkind = "circle"\n[optimiser]\neta_lambda_max = 0.5\n'
        "[[sweep]]\nseed = {first = 1, last = 200, count = 200}\n[[sweep]]\nseed = {first = 1, last = 99, count = 99}\n"
    )
    file, folder = read_study_file(tmp_path / "s.toml"), StudyFolder(tmp_path / "out")
    specification = parse_study(file.contents, 299)
    points = study_points(specification)
    assert len(points) == 200
    folder.begin(file, specification, {}, [{}] * len(points), resume=False)
    folder.release()
    assert parse_study(folder.stored_study().contents, folder.confirmed_points()) == specification
    assert not folder.begin(file, specification, {}, [{}] * len(points), resume=True)
    folder.release()


@pytest.mark.slow
def test_a_study_of_two_blocks(tmp_path, capsys, without_report):
    file = tmp_path / "s.toml"
    file.write_text(
        '[data]\nkind = "circle"\npoints = 6\n[network]\nwidth = 4\n[training]\nmembers = 2\nupdates = 3\n'
        'kernel_snapshots = 2\n[[sweep]]\n"optimiser.learning_rate" = [0.1, 0.2]\n'
        '[[sweep]]\n"optimiser.eta_lambda_max" = [0.5]\nseed = [0, 1]\n'
    )
    main(["study", str(file), "--out", str(tmp_path / "out"), "--json"])
    points = json.loads(capsys.readouterr().out)["points"]
    assert [(point["optimiser.learning_rate"], point[ETA], point["seed"]) for point in points] == [
        (0.1, None, 0), (0.2, None, 0), (None, 0.5, 0), (None, 0.5, 1)
    ]  # fmt: skip
    results = read_results(tmp_path / "out" / "results.nc")
    assert results["failure"].values.tolist() == [""] * 4
    assert results["seed"].dtype.kind == "i"
    np.testing.assert_array_equal(results["optimiser.learning_rate"].values, [0.1, 0.2, np.nan, np.nan])
    np.testing.assert_array_equal(results[ETA].values, [np.nan, np.nan, 0.5, 0.5])
    assert results["base_learning_rate"].values[:2].tolist() == [0.1, 0.2]
    assert results["eta_lambda_max"].values[2:] == pytest.approx(0.5)
    before = bits(tmp_path / "out")
    main(["study", "--out", str(tmp_path / "out"), "--resume"])
    assert "4 of 4 points are already there." in capsys.readouterr().err
    assert bits(tmp_path / "out") == before


MISTAKES_IN_BLOCKS = [
    ([], ["sweep: the list is empty", "[[sweep]]"]),
    ([3], ["sweep: 3 is not allowed", "[[sweep]]"]),
    (3, ["sweep: 3 is not allowed", "[sweep]"]),
    ([{}, [1]], ["sweep 2: [1] is not allowed", "[[sweep]]"]),
    ([{WIDTH: [8]}, {"network.widht": [8]}], ["sweep 2: there is no key 'network.widht'", "'network.width'?"]),
    ([{WIDTH: [8]}, {"network": [8]}], ["sweep 2: there is no key 'network'"]),
    ([{WIDTH: [8]}, {WIDTH: []}], ["sweep 2: network.width: the list is empty"]),
    ([{WIDTH: [8], "network": {"width": [9]}}, {}], ["sweep 1: network.width: this key is swept twice"]),
    ([{WIDTH: {"first": 1, "last": 9}}, {}], ["sweep 1: network.width: this range lacks `count`"]),
    ([{}, {WIDTH: [8], "zip": 3}], ["sweep 2: zip: 3 is not allowed"]),
    ([{}, {WIDTH: [8, 8]}], ["sweep 2: network.width: the value 8 appears twice"]),
    ([{"sweep": [{}]}, {}], ["sweep 1: there is no key 'sweep'"]),
    ([{}, {WIDTH: [8, 0]}], ["sweep 2: network.width: 0 is not allowed"]),
    ([{WIDTH: [0]}, {WIDTH: [0]}], ["sweep 1: network.width: 0 is not allowed"]),
    ([{}, {"optimiser.learning_rate": [0.1]}], ["sweep 2: optimiser: give exactly one"]),
    ([{"optimiser.learning_rate": [0.1]}, {}], ["sweep 1: optimiser: give exactly one"]),
]


@pytest.mark.parametrize(("sweep", "expected"), MISTAKES_IN_BLOCKS, ids=lambda value: str(value)[:60])
def test_mistake_names_its_block(sweep, expected):
    with pytest.raises(UserError) as raised:
        points_of(sweep)
    assert str(raised.value).startswith(expected[0])
    for part in expected:
        assert part in str(raised.value)


def test_mistakes_of_the_file_are_no_blocks():
    contents = copy.deepcopy(VALID) | {"training": {"members": -1}, "sweep": [{WIDTH: [8]}, {WIDTH: [0]}]}
    with pytest.raises(UserError) as raised:
        parse_study(contents)
    assert str(raised.value).startswith("training.members: -1")


ENTRIES = (
    st.lists(st.none() | st.booleans() | st.integers(-1, 20) | st.floats() | st.text(max_size=3)
             | st.lists(st.integers(0, 9), max_size=2), max_size=3)
    | st.fixed_dictionaries({}, optional={"first": st.integers(-1, 9), "last": st.integers(0, 99),
                                          "count": st.integers(0, 9), "spacing": st.just("linear")})
    | st.integers()
)  # fmt: skip
ANY_KEY = st.sampled_from(
    [WIDTH, MOMENTUM, ETA, "optimiser.learning_rate", "network.widths", "network.kind", "data.kind", "data.standardise",
     "seed", "network", "sweep", "name", "training.batch_size", "training.record", "data.points", "data.classes"]
)  # fmt: skip
ANY_BLOCK = st.dictionaries(ANY_KEY, ENTRIES | st.dictionaries(st.text(max_size=2), ENTRIES, max_size=2), max_size=3)


@given(
    sweep=st.lists(
        ANY_BLOCK | st.tuples(ANY_BLOCK, st.lists(st.lists(ANY_KEY, max_size=2), max_size=2)).map(
            lambda made: made[0] | {"zip": made[1]}
        ) | st.integers(),
        max_size=3,
    )
)  # fmt: skip
def test_any_blocks_are_either_valid_or_explained(sweep):
    contents = copy.deepcopy(VALID) | {"sweep": sweep}
    try:
        specification = parse_study(contents)
    except UserError:
        return
    points = study_points(specification)
    assert points
    assert len({tuple(point.labels) for point in points}) == 1


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
    assert "--points 400" in str(raised.value)
    with pytest.raises(UserError, match="399 are allowed"):
        points_of(sweep, 399)
    assert len(points_of(sweep, 400)) == 400


def test_a_sweep_beyond_all_bounds_is_refused_before_its_values_are_made():
    entry = {"first": 0, "last": 2**62, "count": 2**61}
    with pytest.raises(UserError, match="points"):
        points_of({"seed": entry, "data.seed": entry, "optimiser.momentum": [0.0, 0.1]}, 256)


def test_unknown_keys_come_before_the_number_of_points():
    with pytest.raises(UserError, match=r"Did you mean 'network.width'\?"):
        points_of({"network.widht": list(range(1, 1000))}, 256)
