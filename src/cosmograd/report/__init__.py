"""Figures, page and numbers of a study, of a universe, of an analogue, and of a measurement."""

from cosmograd.report.analogue import analogue_summary, write_analogue_report
from cosmograd.report.measurement import write_measurement_report
from cosmograd.report.study import key_name, noise_figure, study_summary, swept_keys, write_report
from cosmograd.report.universe import universe_summary, write_universe_report

__all__ = [
    "analogue_summary",
    "key_name",
    "noise_figure",
    "study_summary",
    "swept_keys",
    "universe_summary",
    "write_analogue_report",
    "write_measurement_report",
    "write_report",
    "write_universe_report",
]
