"""Figures, page and numbers of a study."""

from cosmograd.report.study_points import key_name
from cosmograd.report.study_report import write_report
from cosmograd.report.summary import study_summary, swept_keys

__all__ = ["key_name", "study_summary", "swept_keys", "write_report"]
