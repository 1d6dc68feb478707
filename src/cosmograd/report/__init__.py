"""Figures, page and numbers of a study, of a universe, and of a measurement."""

from cosmograd.report.measurement_report import write_measurement_report
from cosmograd.report.measurement_summary import measurement_summary
from cosmograd.report.study_report import write_report
from cosmograd.report.summary import study_summary
from cosmograd.report.swept_keys import key_name, swept_keys
from cosmograd.report.universe_report import write_universe_report
from cosmograd.report.universe_summary import universe_summary

__all__ = [
    "key_name",
    "measurement_summary",
    "study_summary",
    "swept_keys",
    "universe_summary",
    "write_measurement_report",
    "write_report",
    "write_universe_report",
]
