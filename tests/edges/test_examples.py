"""Every example runs and asserts its own result; so do the README's pieces of Python."""

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


def test_python_in_the_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pieces = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    assert len(pieces) == 3
    for number, piece in enumerate(pieces):
        script = tmp_path / f"piece_{number}.py"
        script.write_text(piece)
        runpy.run_path(str(script))


def test_files_in_the_readme_are_valid():
    import tomllib

    from training_sweeps import parse_study, study_points

    from cosmograd.experiments.universe.specification import parse

    texts = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    study, sweep, lines, universe = (tomllib.loads(text) for text in texts)
    assert len(study_points(parse_study(study))) == 4
    swept = study | sweep
    assert len(study_points(parse_study(swept, 1800))) == 1800
    crossing = study | lines
    assert len(study_points(parse_study(crossing))) == 5 + 4 - 1
    assert parse(universe).spectrum.values().size == 81


@pytest.mark.parametrize("file", sorted((ROOT / "studies").glob("*.toml")), ids=lambda path: path.stem)
def test_studies_of_the_repository_are_valid(file):
    from training_sweeps import parse_study

    from cosmograd.runs import read_study_file

    parse_study(read_study_file(file).contents)
