"""What the tests of engines let be computed; in a module of its own, for workers import it."""

import os
import signal
import time
import warnings
from pathlib import Path


def close_with_an_error():
    """Let this worker of dask's end as one does that is told to close while it still starts: by an error of dask's."""
    from distributed import get_worker

    worker = get_worker()

    usual = worker.close

    async def close(**_):
        worker.close = usual
        raise RuntimeError("dask's own error")

    def end():
        worker.nanny = None  # which is not told, and starts another worker
        worker.close = close
        worker._event_finished.set()

    worker.loop.add_callback(worker.loop.call_later, 0.5, end)  # the answer is given by then


def task(folder: str, name: str, progress):
    """Does what its name says, and returns what tells processes apart."""
    done = Path(folder) / name
    if name.startswith("kill") and not (name == "kill-once" and done.exists()):
        done.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "fall":
        close_with_an_error()
    if name == "wait":
        time.sleep(3)
    if name == "raise":
        raise ValueError("this is the task's own error")
    if name == "print":
        print("printed by a task")  # noqa: T201
        warnings.warn("warned by a task", stacklevel=1)
    if progress is not None:
        progress(0.25)
    return os.getpid(), len(os.sched_getaffinity(0)), os.environ.get("NPROC")
