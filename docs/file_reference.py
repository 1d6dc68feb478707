"""Write `docs/files.md`, every key of every kind of file, from the sections that files are validated by.

`make docs-reference` runs it; a test compares what it makes with what is committed.
"""

import json
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cosmograd.experiments import Experiment, specified_experiments
from cosmograd.experiments.universe.specification import ModelFile, parameters_of, potentials_by_name
from cosmograd.runs import sweep

PAGE = Path(__file__).resolve().parent / "files.md"

_INTRODUCTION = """\
# Files

<!-- Made by `make docs-reference` from the sections in `cosmograd.experiments`: edit the descriptions there. -->

Files are TOML. A key or a section that is **needed** has no default; where the default is –, the last column says what
holds without the key. Keys that are not known, and values of another type or out of range, are refused with what is
allowed. Where a section has several kinds, its key `kind` says which, and every kind has keys of its own.
"""

_TEST_FIELD = """\
It takes no file: these keys are those of `cosmograd.experiments.spectator`. On the command line they are
`--mass-over-hubble-squared`, `--wavenumbers FIRST:LAST:COUNT` and `--accuracy`.
"""

_POTENTIALS = """\
Wherever a file takes a `potential`, it is a section with the `name` of one of these and their parameters, or with the
`file` of a function of your own. Fields in M_Pl, V in M_Pl⁴, M_Pl = 1.
"""


def reference() -> str:
    """The page."""
    parts = [_INTRODUCTION]
    for kind in sorted(specified_experiments(), key=_place):
        model = kind.specification
        parts.append(f"## {_TITLES.get(kind.name, kind.title.capitalize())}\n\n{_doc(model)}\n")
        if kind.name == "spectator":
            parts.append(_TEST_FIELD)
        if kind.by_name_only:
            parts.append(f'The file begins with `experiment = "{kind.name}"`.\n')
        parts.append(_table(model))
        for name, info in model.model_fields.items():
            parts += _sections(name, info)
        if kind.name == "training":
            parts.append(f"### `[sweep]`\n\n{_of_sweeps()}")
    return "\n".join([*parts, _potentials()])


# Those with a command of another name, which come first; all others follow in the order of the alphabet.
_TITLES = {"training": "Study", "universe": "Universe", "spectator": "Test field", "network_universe": "Analogue"}


def _place(kind: Experiment) -> tuple[int, str]:
    names = list(_TITLES)
    return names.index(kind.name) if kind.name in names else len(names), kind.name


def _sections(name: str, info: FieldInfo) -> Iterator[str]:
    models = _models(info.annotation)
    for model in models:
        kind = f" of kind `{model.model_fields['kind'].default}`" if len(models) > 1 else ""
        yield f"### `[{name}]`{kind}\n\n{_doc(model)}\n"
        yield _table(model)
        for inner, inner_info in model.model_fields.items():
            for nested in _models(inner_info.annotation):
                yield f"#### `{name}.{inner}` as a section\n\n{_doc(nested)}\n"
                yield _table(nested)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The sections that a value may be."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    origin = typing.get_origin(annotation)
    inner = typing.get_args(annotation)
    if origin is typing.Annotated:
        inner = inner[:1]
    elif origin not in (typing.Union, types.UnionType):
        return []
    return [model for each in inner for model in _models(each)]


def _doc(model: type[BaseModel]) -> str:
    return re.sub(r"\s*\n\s*", " ", (model.__doc__ or "").strip()).replace("  ", " ")


def _table(model: type[BaseModel]) -> str:
    rows = ["| key | allowed | default | what it is |", "|---|---|---|---|"]
    for name, info in model.model_fields.items():
        cells = (f"`{name}`", allowed(info), default(info), info.description or "")
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def allowed(info: FieldInfo) -> str:
    """Type and range of a key in words."""
    extra = info.json_schema_extra
    if isinstance(extra, dict) and "allowed" in extra:
        return str(extra["allowed"])
    return _in_words(info.annotation, info.metadata)


def _in_words(annotation: Any, metadata: typing.Sequence[Any] = ()) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        found = [item for each in inner[1:] for item in (each.metadata if isinstance(each, FieldInfo) else [each])]
        return _in_words(inner[0], [*metadata, *found])
    if origin is typing.Literal:
        return ", ".join(f"`{json.dumps(value)}`" for value in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_in_words(each, metadata) for each in inner if each is not type(None)))
    if origin is list:
        return "list of " + re.sub("^(list|section|text|(?:whole )?number)", r"\1s", _in_words(inner[0]))
    if origin is dict or annotation is dict:
        return "section"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    return {bool: "true or false", str: "text", int: "whole number", float: "number"}[annotation] + _range(metadata)


def _range(metadata: typing.Sequence[Any]) -> str:
    signs = {Gt: (">", "gt"), Ge: ("≥", "ge"), Lt: ("<", "lt"), Le: ("≤", "le")}
    bounds = [f"{signs[type(m)][0]} {_number(getattr(m, signs[type(m)][1]))}" for m in metadata if type(m) in signs]
    return f" {', '.join(bounds)}" if bounds else ""


def _number(value: Any) -> str:
    exponents = {2**63: "2⁶³", 10**8: "10⁸", 10**6: "10⁶"}
    return exponents.get(value, f"{value:g}")


def default(info: FieldInfo) -> str:
    """What holds where the key is left out."""
    if info.is_required():
        return "**needed**"
    value = info.default
    if value is None:
        return "–"
    if isinstance(value, BaseModel):
        given = value.model_dump(include=value.model_fields_set)
        return (
            f"`{{{', '.join(f'{key} = {json.dumps(each)}' for key, each in given.items())}}}`"
            if given
            else "its defaults"
        )
    if value == {}:
        return "none"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _of_sweeps() -> str:
    """The text that the module of sweeps begins with."""
    return (sweep.__doc__ or "").strip().split("\n", 1)[1].strip() + "\n"


def _potentials() -> str:
    parts = [
        f"## Potentials\n\n{_POTENTIALS}",
        "| name | parameter | allowed | default | what it is |",
        "|---|---|---|---|---|",
    ]
    for name, kind in potentials_by_name().items():
        declared = {field.name: field for field in fields(kind)}
        for parameter, meaning in parameters_of(kind).items():
            field = declared[parameter]
            value = "**needed**" if field.default is MISSING else f"`{field.default!r}`"
            in_words = field.metadata["allowed"].removeprefix("a finite ")
            parts.append(f"| `{name}` | `{parameter}` | {in_words} | {value} | {meaning} |")
    parts += ["", "### A function of your own", "", _doc(ModelFile), "", _table(ModelFile)]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
