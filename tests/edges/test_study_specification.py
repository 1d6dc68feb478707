"""Study files: every mistake names the key, the value and what is allowed; nothing a user writes makes us crash."""

import copy
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from training_sweeps import TRAINING, parse_study, study_points

from cosmograd.errors import UserError
from cosmograd.runs import default_study_file, read_study_file, sources_from

VALID = {
    "data": {"kind": "circle", "points": 8},
    "network": {"width": 8},
    "optimiser": {"eta_lambda_max": 0.5},
    "training": {"members": 2, "updates": 5},
}


def changed(**keys):
    contents = copy.deepcopy(VALID)
    for dotted, value in keys.items():
        section, _, key = dotted.partition("__")
        if key:
            contents.setdefault(section, {})[key] = value
        else:
            contents[section] = value
    return contents


MISTAKES = [
    (changed(optimiser__eta_lambda_maks=0.5), ["optimiser.eta_lambda_maks", "Did you mean 'eta_lambda_max'?"]),
    (changed(optimizer={"momentum": 0.5}), ["optimizer", "Did you mean 'optimiser'?"]),
    (changed(network__widht=4), ["network.widht", "Did you mean 'width'?"]),
    (changed(network__file="mine.py"), ["network.file", "goes with network.kind = 'model'"]),
    (changed(optimiser={"learning_rate": -0.5}), ["optimiser.learning_rate", "-0.5", "greater than 0"]),
    (changed(optimiser={"learning_rate": 0}), ["optimiser.learning_rate", "0", "greater than 0"]),
    (changed(optimiser={"learning_rate": float("nan")}), ["optimiser.learning_rate", "nan", "finite"]),
    (changed(optimiser={"learning_rate": float("inf")}), ["optimiser.learning_rate", "inf", "finite"]),
    (changed(optimiser={}), ["optimiser", "exactly one of `learning_rate` and `eta_lambda_max`"]),
    (changed(optimiser__learning_rate=0.1), ["optimiser", "exactly one of"]),
    (changed(optimiser__momentum=1.0), ["optimiser.momentum", "1.0", "less than 1"]),
    (changed(optimiser__momentum=-0.1), ["optimiser.momentum", "-0.1", "greater than or equal to 0"]),
    (changed(optimiser__eta_lambda_max="0.5"), ["optimiser.eta_lambda_max", "'0.5'", "a number"]),
    (changed(network__width=0), ["network.width", "0", "greater than or equal to 1"]),
    (changed(network={"widths": [8, 0]}), ["network.widths.1", "0"]),
    (changed(network__widths=[8]), ["network", "not both"]),
    (changed(network__activation="tahn"), ["network.activation", "'tahn'", "Did you mean 'tanh'?"]),
    (changed(network__weight_scale=0.0), ["network.weight_scale", "greater than 0"]),
    (changed(data__kind="circel"), ["data.kind", "'circel'", "Did you mean 'circle'?"]),
    (changed(data={"points": 8}), ["data.kind", "circle, digits, table"]),
    (changed(data__points=2.5), ["data.points", "2.5", "whole number"]),
    (changed(data__points=True), ["data.points", "True"]),
    (changed(data={"kind": "digits", "classes": [3, 11]}), ["data.classes.1", "11"]),
    (changed(data="circle"), ["data", "'circle'", "[data]"]),
    (changed(training__record="al"), ["training.record", "'al'", "all, log"]),
    (changed(training__record=0), ["training.record", "0"]),
    (changed(training__record=50), ["`record` = 50", "`updates` = 5"]),
    (changed(training__members=0), ["training.members", "0"]),
    (changed(training__vmap_width=4), ["`vmap_width`", 'strategy = "vmap"']),
    (changed(training__batch_size=0), ["training.batch_size", "0", "greater than or equal to 1"]),
    (changed(training__sampling="shuffled-epochs"), ["`sampling` belongs to `batch_size`", "all points"]),
    (
        changed(training__sampling="shuffled", training__batch_size=4),
        ["training.sampling", "with-replacement, without-replacement, shuffled-epochs", "Did you mean"],
    ),
    (changed(noise={"updates": 100}), ["`noise` is that of minibatches: set `training.batch_size`"]),
    (changed(noise={"updates": 49}, training__batch_size=4), ["`noise.updates` = 49", "50 or more, or 0"]),
    (changed(noise={"updates": 100, "modes": 0}), ["noise.modes", "0", "greater than or equal to 1"]),
    (
        changed(noise={"updates": 100}, training__batch_size=4, optimiser__method="nesterov"),
        ["`noise` needs heavy ball or gradient descent with a constant schedule", "change `optimiser.method`"],
    ),
    (
        changed(noise={"updates": 100}, training__batch_size=4, optimiser__schedule="cosine"),
        ["`noise` needs heavy ball or gradient descent with a constant schedule"],
    ),
    (
        changed(noise={"updates": 100}, training__batch_size=4, loss={"kind": "pseudo-huber"}),
        ["`noise` needs the squared loss", "set `loss.kind`"],
    ),
    (changed(optimiser__exponent=2.0), ["exponent", "power-law"]),
    (changed(optimiser={"eta_lambda_max": 0.5, "method": "gradient-descent", "momentum": 0.5}), ["heavy-ball"]),
    (changed(seed=-1), ["seed", "-1"]),
    (changed(sweep={"network.widht": [1, 2]}), ["'network.widht'", "Did you mean 'network.width'?"]),
    (changed(sweep={"network.width": 8}), ["sweep.network.width", "8", "list"]),
    (changed(sweep={"network.width": []}), ["sweep.network.width", "the list is empty"]),
    (changed(sweep={"network.width": [8, 8]}), ["sweep.network.width", "twice"]),
    (changed(sweep={"network.width": [8, -1]}), ["network.width", "-1"]),
    (changed(sweep={"network.width": [8, 0]}), ["sweep: network.width: 0", "greater than or equal to 1"]),
    (changed(sweep={"network.width": [8], "network": {"width": [16]}}), ["sweep.network.width", "swept twice"]),
    (changed(sweep=3), ["sweep", "3"]),
    (changed(seed=2**63), ["seed", str(2**63), "less than"]),
    (changed(training__updates=10**9), ["training.updates", "less than or equal to 100000000"]),
]


@pytest.mark.parametrize(("contents", "expected"), MISTAKES, ids=lambda value: str(value)[:60])
def test_mistake_is_explained(contents, expected):
    with pytest.raises(UserError) as raised:
        parse_study(contents)
    for part in expected:
        assert part in str(raised.value)


def test_all_mistakes_are_listed_at_once():
    with pytest.raises(UserError) as raised:
        parse_study(changed(network__width=0, optimiser__momentum=2.0, training__members=-1))
    assert len(str(raised.value).splitlines()) == 3


def test_missing_sections_are_named():
    with pytest.raises(UserError, match="optimiser: this key is needed"):
        parse_study({"data": {"kind": "circle"}})


def test_sweep_is_the_product_of_its_keys_the_last_fastest():
    contents = changed(sweep={"network": {"width": [8, 16]}, "optimiser.eta_lambda_max": [0.1, 0.5]})
    del contents["optimiser"]["eta_lambda_max"]
    points = study_points(parse_study(contents))
    assert [tuple(point.labels.values()) for point in points] == [(8, 0.1), (8, 0.5), (16, 0.1), (16, 0.5)]
    assert [point.specification.network.width for point in points] == [8, 8, 16, 16]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(
    ["name", "seed", "data", "network", "loss", "optimiser", "training", "sweep", "kind", "points", "width", "widths",
     "network.width", "optimiser.momentum", "momentum", "learning_rate", "record", "schedule", "exponent", "file"]
)  # fmt: skip


@given(sections=st.dictionaries(KEYS, VALUES | st.dictionaries(KEYS, VALUES, max_size=4), max_size=5))
def test_anything_is_either_valid_or_explained(sections):
    contents = copy.deepcopy(VALID) | sections
    try:
        specification = parse_study(contents)
    except UserError:
        return
    assert study_points(specification)


@pytest.mark.parametrize("name", [None, "duality.toml", "duality-small.toml", "theory-table.toml"])
def test_studies_that_are_shipped_fit_into_their_memory_budget(name):
    folder = Path(__file__).parents[2] / "studies"
    file = default_study_file() if name is None else read_study_file(folder / name)
    sources, passed = sources_from(file.base), set()
    for point in study_points(parse_study(file.contents, most_points=10_000)):
        kind = TRAINING.checked_alike(point.specification)
        if kind not in passed:
            passed.add(kind)
            TRAINING.check(point.specification, sources)
    assert passed
