"""Figures, page and numbers of a study, and of a universe."""

from cosmograd.report.study_points import key_name
from cosmograd.report.study_report import write_report
from cosmograd.report.summary import study_summary, swept_keys
from cosmograd.report.universe_report import write_universe_report
from cosmograd.report.universe_summary import universe_summary

__all__ = [
    "key_name",
    "study_summary",
    "swept_keys",
    "universe_summary",
    "write_report",
    "write_universe_report",
]
