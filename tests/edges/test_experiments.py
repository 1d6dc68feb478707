"""The contract of experiments, for every one of them, and the files of the examples."""

import tomllib
from pathlib import Path

import pytest

from cosmograd.errors import UserError
from cosmograd.experiments import experiment, experiment_of, specified_experiments
from cosmograd.results import quantities_by_name

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SHOWN = [
    found.name for found in specified_experiments() if found.name != "training"
]  # whose figures and page are of studies


@pytest.mark.parametrize("name", SHOWN)
def test_figures_need_declared_quantities(name):
    found = experiment(name)
    declared = quantities_by_name(found.quantities)
    names = [rule.name for rule in (*found.figures, *found.animations)]
    assert len(set(names)) == len(names)
    for rule in found.figures:
        assert set(rule.needs) <= set(declared), rule.name
    assert found.meaning.endswith(".")
    assert callable(found.page)
    assert callable(found.summary)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_examples_are_valid_files(file):
    found, contents = experiment_of(tomllib.loads(file.read_text(encoding="utf-8")))
    contents.pop("sweep", None)
    found.parse(contents)


def test_files_that_could_be_of_several_experiments_say_which():
    with pytest.raises(UserError, match=r'write experiment = "…" at its top, one of .*universe'):
        experiment_of({"colour": "red"})
    with pytest.raises(UserError, match=r"no experiment 'univers'; there are .*universe"):
        experiment_of({"experiment": "univers"})
    # Sections that others have as well do not change what these files were before.
    assert experiment_of({"data": {}, "optimiser": {}, "network": {}})[0].name == "training"
    assert experiment_of({"potential": {}})[0].name == "universe"
    assert all(found.specification.__doc__ for found in specified_experiments())
