"""The report of a measurement: its page and its figures."""

from cosmograd.report.measurement.measurement_report import write_measurement_report

__all__ = ["write_measurement_report"]
