"""Whole studies run as their users run them."""

import pytest


@pytest.fixture(autouse=True)
def compiled_as_usual(monkeypatch):
    """Without the flags that the other tests are compiled with."""
    monkeypatch.delenv("XLA_FLAGS", raising=False)
