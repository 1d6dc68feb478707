"""Whole studies run as their users run them."""

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """All of them are slow."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True, scope="module")
def compiled_as_usual():
    """Processes do without the flags that this one is compiled with, those of a module's fixtures too."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.delenv("XLA_FLAGS", raising=False)
        yield
