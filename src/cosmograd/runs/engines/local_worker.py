"""What a worker of a local cluster does first; in a module of its own, for it needs dask to be there."""

import os
import signal
import threading
from typing import Any

from distributed import WorkerPlugin

from cosmograd.runs.engines.dask_logs import silence_dask
from cosmograd.runs.engines.worker_process import hold_to_one_core, leave_stderr_to_tasks


class LocalWorker(WorkerPlugin):
    """Sets up every worker of a cluster, also one that takes the place of a dead one."""

    name = "cosmograd-local-worker"

    def __init__(self, offset: int) -> None:
        """Workers take the cores in turn, from the one with the number `offset` on."""
        self.offset = offset

    def setup(self, worker: Any) -> None:
        """Called in the worker's process before its first task."""
        # Ctrl-C is for the command that started the worker. Until here it is blocked, but XLA's threads unblock it.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.dup2(2, 1)  # standard output is not the worker's, whatever a user's model prints
        leave_stderr_to_tasks()
        silence_dask()
        hold_to_one_core(self.offset + int(worker.name))
