"""A universe's specification as the text of a universe file, or of a command, that gives the same results again."""

import json
from collections.abc import Mapping
from typing import Any

import xarray as xr

from cosmograd.report.universe.figures import is_test_field, specification


def specification_text(results: xr.Dataset) -> str:
    """TOML for inflation, the command for a test field; empty where the results carry no specification."""
    contents = specification(results)
    if not contents:
        return ""
    return _command(contents) if is_test_field(results) else _toml(contents)


def _command(contents: Mapping[str, Any]) -> str:
    first, last, mass, accuracy = (repr(contents[key]) for key in _OF_TEST_FIELD)
    return (
        f"cosmograd universe --test-field --mass-over-hubble-squared={mass} "
        f"--wavenumbers {first}:{last}:{contents['count']} --accuracy {accuracy}"
    )


_OF_TEST_FIELD = ("first", "last", "mass_over_hubble_squared", "accuracy")


def _toml(contents: Mapping[str, Any]) -> str:
    """Plain values first, then a table for every section; what was left to its default of None is left out again."""
    plain = {key: value for key, value in contents.items() if not isinstance(value, dict)}
    sections = {key: _given(value) for key, value in contents.items() if isinstance(value, dict)}
    lines = [f"{key} = {_value(value)}" for key, value in _given(plain).items()]
    for name, section in sections.items():
        if section:
            lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in section.items())]
    return "\n".join(lines) + "\n"


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in _given(value).items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)  # texts, truth values and numbers are written alike
