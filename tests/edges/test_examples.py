"""Every example runs and asserts its own result; so do the pieces of Python and TOML in README and docs."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from study_processes import COMPILED_ONCE

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_example(script):
    if "use_every_core" in script.read_text():  # which is for a process that has not used JAX yet
        subprocess.run([sys.executable, script], env=os.environ | COMPILED_ONCE, check=True)
    else:
        runpy.run_path(str(script), run_name="__main__")


TEXTS = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))


def pieces_of(language, name):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / name).read_text(), flags=re.DOTALL)


@pytest.mark.parametrize(("name", "expected"), [("README.md", 1), ("docs/python.md", 2), ("docs/studies.md", 1)])
@pytest.mark.usefixtures("without_type_checks")
def test_python_in_the_texts(tmp_path, monkeypatch, name, expected):
    monkeypatch.chdir(tmp_path)
    pieces = pieces_of("python", name)
    assert len(pieces) == expected
    for number, piece in enumerate(pieces):
        script = tmp_path / f"piece_{number}.py"
        script.write_text(piece)
        runpy.run_path(str(script))


def test_files_in_the_texts_are_valid():
    import tomllib

    from training_sweeps import parse_study, study_points

    from cosmograd.experiments.universe.specification import parse

    study, sweep, lines = (tomllib.loads(text) for text in pieces_of("toml", "docs/studies.md"))
    (universe,) = (tomllib.loads(text) for text in pieces_of("toml", "docs/universes.md"))
    assert len(study_points(parse_study(study))) == 4
    swept = study | sweep
    assert len(study_points(parse_study(swept, 1800))) == 1800
    crossing = study | lines
    assert len(study_points(parse_study(crossing))) == 5 + 4 - 1
    assert parse(universe).spectrum.values().size == 81


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(text):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text.read_text())
    assert [link for link in links if not (text.parent / link).exists()] == []


@pytest.mark.parametrize("file", sorted((ROOT / "studies").glob("*.toml")), ids=lambda path: path.stem)
def test_studies_of_the_repository_are_valid(file):
    from training_sweeps import parse_study

    from cosmograd.runs import read_study_file

    parse_study(read_study_file(file).contents)
