"""Engines: many calls of one function, in this process or on workers; they know nothing of what is computed."""

from cosmograd.execution.dask_engine import DaskEngine
from cosmograd.execution.engine import AbstractEngine, Outcome, Task
from cosmograd.execution.in_process import InProcess

__all__ = ["AbstractEngine", "DaskEngine", "InProcess", "Outcome", "Task"]
