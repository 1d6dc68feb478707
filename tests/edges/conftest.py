"""For tests of whole studies."""

import pytest

import cosmograd.report


@pytest.fixture
def without_report(monkeypatch):
    """As `study_processes.WITHOUT_REPORT`, in this process."""
    monkeypatch.setattr(cosmograd.report, "write_report", lambda *_: None)
