"""The reference of files: every key that is read, as the sections that read it declare it."""

import runpy
from pathlib import Path

import pytest
from annotated_types import Ge, Le

from cosmograd.experiments import specified_experiments
from cosmograd.experiments.network_universe.specification import Specification as AnalogueSpecification
from cosmograd.experiments.training.specification import Specification as StudySpecification
from cosmograd.experiments.universe.specification import ModelFile, Specification as UniverseSpecification

DOCS = Path(__file__).resolve().parents[2] / "docs"
FILES = tuple(kind.specification for kind in specified_experiments())


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(DOCS / "file_reference.py"))


def test_the_committed_page_is_what_the_sections_say(script):
    page = (DOCS / "files.md").read_text(encoding="utf-8")
    assert page == script["reference"](), "make docs-reference"


def test_every_key_is_described_in_one_sentence(script):
    sections = {ModelFile, *FILES}
    for model in FILES:
        for info in model.model_fields.values():
            for section in script["_models"](info.annotation):
                sections |= {
                    section,
                    *(m for f in section.model_fields.values() for m in script["_models"](f.annotation)),
                }
    assert len(sections) > 25
    for section in sections:
        assert section.__doc__
        for key, info in section.model_fields.items():
            where = f"{section.__name__}.{key}"
            assert info.description, where
            assert info.description.endswith("."), where
            assert ". " not in info.description, where


@pytest.mark.parametrize(
    ("model", "key", "allowed", "default"),
    [
        (StudySpecification, "seed", "whole number ≥ 0, < 2⁶³", "`0`"),
        (StudySpecification, "optimiser", "section", "**needed**"),
        (UniverseSpecification, "accuracy", "number from 1e-09 to 0.01", "`1e-05`"),
        (AnalogueSpecification, "training", "section", "**needed**"),
    ],
)
def test_types_ranges_and_defaults_in_words(script, model, key, allowed, default):
    info = model.model_fields[key]
    assert (script["allowed"](info), script["default"](info)) == (allowed, default)


def test_ranges_are_those_of_the_sections(script):
    in_words = script["_in_words"]
    assert in_words(int, [Ge(2), Le(10**6)]) == "whole number ≥ 2, ≤ 10⁶"
    assert in_words(list[list[float]]) == "list of lists of numbers"
    assert in_words(str | list[str] | None) == "text or list of texts"
