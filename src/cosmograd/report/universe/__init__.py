"""The report of a universe: its page, its figures, and its numbers."""

from cosmograd.report.universe.universe_report import write_universe_report
from cosmograd.report.universe.universe_summary import universe_summary

__all__ = ["universe_summary", "write_universe_report"]
