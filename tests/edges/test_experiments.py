"""The contract of experiments, for every one of them, and the files of the examples."""

import tomllib
from pathlib import Path

import pytest

import cosmograd
from cosmograd.cli.application import app
from cosmograd.errors import UserError
from cosmograd.experiments import experiment, experiment_names, experiment_of, specified_experiments
from cosmograd.experiments.toml_text import file_text
from cosmograd.results import Result, quantities_by_name

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


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_files_that_pages_print_are_of_their_experiment(file):
    found, contents = experiment_of(tomllib.loads(file.read_text(encoding="utf-8")))
    contents.pop("sweep", None)
    specification = found.parse(contents)
    printed = file_text(Result(found.name, {}, {"specification": specification.model_dump_json()}))
    again, contents = experiment_of(tomllib.loads(printed))
    assert again.name == found.name
    assert found.parse(contents) == specification


def test_the_file_of_a_background_is_not_read_as_a_universe():
    printed = file_text(Result("background", {}, {"specification": '{"potential": {"name": "quadratic"}}'}))
    assert experiment_of(tomllib.loads(printed))[0].name == "background"


def test_experiments_say_what_computes_them():
    commands = {name: experiment(name).command for name in experiment_names()}
    for name, command in commands.items():
        program, sub, *_ = command.replace("cosmograd.", "cosmograd ").split()
        assert program == "cosmograd"
        if command.endswith(" in Python"):
            assert callable(getattr(cosmograd, sub)), name
        else:
            assert callable(app[sub].default_command), name


def test_files_that_could_be_of_several_experiments_say_which():
    with pytest.raises(UserError, match=r'write experiment = "…" at its top, one of .*universe'):
        experiment_of({"colour": "red"})
    with pytest.raises(UserError, match=r"no experiment 'univers'; there are .*universe"):
        experiment_of({"experiment": "univers"})
    # Sections that others have as well do not change what these files were before.
    assert experiment_of({"data": {}, "optimiser": {}, "network": {}})[0].name == "training"
    assert experiment_of({"potential": {}})[0].name == "universe"
    assert all(found.specification.__doc__ for found in specified_experiments())
