"""The report of a study: its page, its figures, and its numbers."""

from cosmograd.report.study.figures import noise_figure
from cosmograd.report.study.study_report import write_report
from cosmograd.report.study.study_summary import study_summary
from cosmograd.report.study.swept_keys import key_name, swept_keys

__all__ = ["key_name", "noise_figure", "study_summary", "swept_keys", "write_report"]
