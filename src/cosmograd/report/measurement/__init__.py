"""The report of a measurement: its page, its figure, and its numbers."""

from cosmograd.report.measurement.measurement_report import write_measurement_report
from cosmograd.report.measurement.measurement_summary import estimate_in, measurement_summary

__all__ = ["estimate_in", "measurement_summary", "write_measurement_report"]
