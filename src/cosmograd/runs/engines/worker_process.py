"""What happens inside a worker's process: JAX as the command line uses it, and one computation at a time."""

import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any, NamedTuple, TextIO

from cosmograd.host_devices import use_every_core
from cosmograd.precision import enable_float64

# A worker with several threads still computes one task at a time: the number of BLAS threads belongs to the process,
# and memory budgets are for one.
_one_at_a_time = threading.Lock()

_stderr_of_tasks: TextIO | None = None  # where `sys.stderr` itself is nobody's


class WorkerAnswer(NamedTuple):
    """What every call returned, the warnings that came with them, and the seconds that they took together."""

    values: list[Any]
    warnings: tuple[str, ...]
    seconds: float


def call_in_worker(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> WorkerAnswer:
    """function(*arguments, None) for the arguments of all calls.

    What it prints goes to standard error, as standard output is not the worker's.
    """
    import dask.config

    stderr = _stderr_of_tasks or sys.stderr

    # Left to itself, xarray asks for a client of the cluster inside the task, which is in the way when all is closed.
    with (
        _one_at_a_time,
        dask.config.set(scheduler="synchronous"),
        redirect_stdout(stderr),
        redirect_stderr(stderr),
        _warnings_collected() as texts,
    ):
        enable_float64()
        # Two devices at the least keep the bits of a machine, see `host_devices`; where JAX is in use already, as in
        # the second task, they stay as they are.
        with suppress(RuntimeError):
            use_every_core()
        start = time.monotonic()
        values = [function(*arguments, None) for arguments in calls]
        return WorkerAnswer(values, tuple(dict.fromkeys(texts)), time.monotonic() - start)


@contextmanager
def _warnings_collected() -> Iterator[list[str]]:
    texts: list[str] = []

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        texts.append(str(message))

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield texts


def leave_stderr_to_tasks() -> None:
    """From now on only what tasks print comes to standard error.

    A worker that is told to close while it starts ends by an error of dask's, whose traceback the interpreter prints.
    """
    global _stderr_of_tasks
    if _stderr_of_tasks is None:
        _stderr_of_tasks, sys.stderr = sys.stderr, open(os.devnull, "w")  # noqa: SIM115  (as long as the process)


def hold_to_one_core(number: int) -> None:
    """Let this thread, and those that it starts, run on one core, so that workers do not take turns on all of them."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[number % len(cores)]})
