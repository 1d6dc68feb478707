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
    """Without the flags that the other tests are compiled with, for the fixtures of a module too."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.delenv("XLA_FLAGS", raising=False)
        yield
