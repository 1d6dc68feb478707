"""The report of an analogue: its page, its figures, its animation, and its numbers."""

from cosmograd.report.analogue.analogue_report import write_analogue_report
from cosmograd.report.analogue.analogue_summary import analogue_summary

__all__ = ["analogue_summary", "write_analogue_report"]
