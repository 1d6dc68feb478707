"""A specification as the text of the file that gives the same results again."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from cosmograd.experiments.experiment import experiment
from cosmograd.results import Result

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def file_text(result: Result) -> str:
    """The file of a result, which names its experiment where the sections do not tell it."""
    named = {"experiment": result.experiment} if experiment(result.experiment).by_name_only else {}
    return toml_text(named | result.specification)


def toml_text(contents: Mapping[str, Any]) -> str:
    """Plain values first, then a table for every section; what was left to its default of None is left out again."""
    plain = {key: value for key, value in contents.items() if not isinstance(value, dict)}
    sections = {key: _given(value) for key, value in contents.items() if isinstance(value, dict)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in _given(plain).items()]
    for name, section in sections.items():
        if section:
            lines += ["", f"[{_key(name)}]", *(f"{_key(key)} = {_value(value)}" for key, value in section.items())]
    return "\n".join(lines) + "\n"


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in _given(value).items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))  # nan, inf, -inf
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # otherwise JSON and TOML write alike
