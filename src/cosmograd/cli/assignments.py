"""What `--set` takes: a dotted key of a file, and a value as TOML has it."""

import tomllib
from collections.abc import Sequence
from typing import Any

from cosmograd.errors import UserError


def assigned(texts: Sequence[str] | None, example: str) -> dict[str, Any]:
    """Values by key of several KEY=VALUE, each key once."""
    values: dict[str, Any] = {}
    for text in texts or ():
        key, value = assignment(text, example)
        if key in values:
            raise UserError(f"--set gives `{key}` twice: {values[key]!r} and {value!r}. Leave one out.")
        values[key] = value
    return values


def assignment(text: str, example: str) -> tuple[str, Any]:
    """Key and value of KEY=VALUE; what is neither TOML nor a number is a text. `example`: shown where it is neither."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UserError(f"--set takes KEY=VALUE, for example --set {example}; got {text!r}.")
    try:
        return key.strip(), tomllib.loads(f"value = {value.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        try:
            return key.strip(), float(value)
        except ValueError:
            return key.strip(), value.strip()
