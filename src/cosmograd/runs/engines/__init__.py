"""Engines: many calls of one function, in this process or on workers; they know nothing of what is computed."""

from cosmograd.runs.engines.dask_engine import DaskEngine
from cosmograd.runs.engines.engine import AbstractEngine, Outcome, Task
from cosmograd.runs.engines.in_process import InProcess

__all__ = ["AbstractEngine", "DaskEngine", "InProcess", "Outcome", "Task"]
