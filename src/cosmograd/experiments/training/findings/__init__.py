"""A study in numbers, and its page."""

from cosmograd.experiments.training.findings.page import page
from cosmograd.experiments.training.findings.summary import summary

__all__ = ["KIND", "page", "summary"]

KIND = "study"
