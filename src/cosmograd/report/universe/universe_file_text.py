"""A universe's specification as the text of a universe file, or of a command, that gives the same results again."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from cosmograd.report.parts import toml_text
from cosmograd.report.universe.figures import is_test_field, specification


def specification_text(results: xr.Dataset) -> str:
    """TOML for inflation, the command for a test field; empty where the results carry no specification."""
    contents = specification(results)
    if not contents:
        return ""
    return _command(contents) if is_test_field(results) else toml_text(contents)


def _command(contents: Mapping[str, Any]) -> str:
    first, last, mass, accuracy = (repr(contents[key]) for key in _OF_TEST_FIELD)
    return (
        f"cosmograd universe --test-field --mass-over-hubble-squared={mass} "
        f"--wavenumbers {first}:{last}:{contents['count']} --accuracy {accuracy}"
    )


_OF_TEST_FIELD = ("first", "last", "mass_over_hubble_squared", "accuracy")
