"""What the benchmarks of sweeps let be computed; in a module of its own, for workers import it."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from cosmograd.runs.point_files import write_point
from cosmograd.runs.point_tasks import compute_point


class Timed(NamedTuple):
    """Which process worked on a task, from when to when on the machine's clock, and its processor time."""

    process: int
    start: float
    end: float
    processor: float


def trivial_point(path: str, number: int, pause: float, progress: Callable[[float], None] | None) -> int:
    """Next to nothing, but its file is written."""
    del progress
    time.sleep(pause)
    write_point(Path(path), xr.Dataset({"value": ("place", number + np.arange(8.0))}, {"place": np.arange(8)}))
    return os.getpid()


def timed_point(arguments: tuple[Any, ...], progress: Callable[[float], None] | None) -> Timed:
    """A real point, with its times; raises if it fails."""
    start, processor = time.time(), time.process_time()
    failure = compute_point(*arguments, progress=progress)
    if failure is not None:
        raise RuntimeError(failure.reason)
    return Timed(os.getpid(), start, time.time(), time.process_time() - processor)
