"""Tasks on workers of dask.distributed: a local cluster of processes, or a scheduler that is running somewhere.

Results stay with the tasks, which write them to files that this process can see; only small records come back. So a
worker may die at any time: its task is begun anew by another. A task under which workers keep dying is given up.
"""

import os
import queue
import re
import signal
import socket
import tempfile
import threading
import time
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from cosmograd._optional import import_optional
from cosmograd.errors import UserError, reason
from cosmograd.host_devices import usable_cores
from cosmograd.runs.engines.dask_logs import SILENCE, silence_dask
from cosmograd.runs.engines.engine import AbstractEngine, Notify, Outcome, Progress, Task
from cosmograd.runs.engines.work_queue import WorkQueue
from cosmograd.runs.engines.worker_process import call_in_worker

# Seconds: to wait for a scheduler to answer, for a worker to start; between two looks at the workers, and at Ctrl-C.
_PATIENCE, _STARTS_WITHIN, _BETWEEN_LOOKS, _HEARTBEAT = 5.0, 30.0, 1.0, 0.5

# Bytes of the message that a scheduler greets with, at most.
_LONGEST_GREETING = 2**20

# Seconds that a call of a worker should take, for the scheduler's own milliseconds not to count.
_SHORTEST_CALL = 0.3

# XLA and BLAS read these before they start.
_ONE_THREAD = {"NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

# A task that the worker died under is tried again so many times, among others and then alone.
_RETRIES = 1

_ADDRESS = re.compile(r"([a-z]+://)?(\[[0-9a-fA-F:]+\]|[^\s:/]+):[0-9]{1,5}")


class DaskEngine(AbstractEngine):
    """Spreads the tasks over dask workers; each of their threads works on one call at a time."""

    def __init__(self, workers: int | None = None, scheduler: str | None = None) -> None:
        """A local cluster of `workers` processes, one for each core by default; or the `scheduler` at an address.

        Local workers are spawned, compute on one core each, listen on this machine alone, and end with the run.
        Raises `UserError` where dask is not installed.
        """
        if workers is not None and scheduler is not None:
            raise UserError("give either `workers` or `scheduler`: a running scheduler has workers of its own.")
        if workers is not None and workers < 1:
            raise UserError(f"`workers` must be ≥ 1, got {workers}.")
        if scheduler is not None and not _ADDRESS.fullmatch(scheduler):
            raise UserError(
                f"`scheduler` is {scheduler!r}; it must be an address as `dask scheduler` prints it, for example "
                "tcp://127.0.0.1:8786."
            )
        import_optional("distributed", "dask", "computing on workers")
        self.workers = workers
        self.scheduler = scheduler

    def run(
        self,
        function: Callable[..., Any],
        tasks: Sequence[Task],
        progress: Progress | None = None,
        notify: Notify | None = None,
    ) -> Generator[Outcome, None, None]:
        """See `AbstractEngine.run`; `UserError` where no scheduler answers."""
        if not tasks:
            return
        with ExitStack() as stack:
            stack.enter_context(_quiet_logs())
            if self.scheduler is None:
                notify = None  # workers that are missing are being started
                client = stack.enter_context(_local_cluster(min(self.workers or usable_cores(), len(tasks))))
            else:
                client = stack.enter_context(_connected(self.scheduler))
            yield from _Run(client, function, progress or (lambda _: None), notify or (lambda _: None)).outcomes(tasks)


class _Run:
    """The tasks of one run that are under way."""

    def __init__(self, client: Any, function: Callable[..., Any], progress: Progress, notify: Notify) -> None:
        self.client, self.function, self.progress, self.notify = client, function, progress, notify
        self.name = uuid.uuid4().hex
        self.done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.under_way: dict[Any, tuple[list[Task], deque[Task]]] = {}  # with the entry that they are from
        self.threads, self.looked = 0, -float("inf")
        self.seconds_of_a_task = float("inf")
        self.asked_for_workers = False

    def outcomes(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """All of them; those that were under way when workers kept dying are tried once more, each alone."""
        doubtful: list[Task] = []
        try:
            for task, outcome in self._finished(tasks, alone=False):
                if outcome.lost:
                    doubtful.append(task)
                else:
                    self.progress(1.0)
                    yield outcome
            for _, outcome in self._finished(doubtful, alone=True):
                self.progress(1.0)
                yield outcome
        finally:
            self.client.cancel(list(self.under_way), force=True)
            self.under_way.clear()

    def _finished(self, tasks: Sequence[Task], alone: bool) -> Iterator[tuple[Task, Outcome]]:
        """Tasks with their outcomes as they finish."""
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker

        work = WorkQueue(tasks)
        while work.waiting or self.under_way:
            while work.waiting and len(self.under_way) < (1 if alone else self._room()):
                entry = work.begin()
                taken = work.take(entry, 1 if alone else self._at_a_time(work.waiting))
                self.under_way[self._submitted(taken, "alone" if alone else "shared")] = taken, entry
            future = self._next()
            if future is None:
                continue
            called, entry = self.under_way.pop(future)
            work.end(entry)
            try:
                answer = future.result()
            except KilledWorker:
                outcomes = [Outcome(task.key, lost=_WORKERS_DIED) for task in called]
            except FutureCancelledError as error:
                raise UserError(_SCHEDULER_LOST) from error
            else:
                outcomes = [Outcome(task.key, value) for task, value in zip(called, answer.values, strict=True)]
                self.seconds_of_a_task = answer.seconds / len(called)
                for text in answer.warnings:
                    warnings.warn(text, stacklevel=1)
            future.release()
            yield from zip(called, outcomes, strict=True)

    def _at_a_time(self, waiting: int) -> int:
        """Tasks of a few milliseconds go to a worker in one call, yet few enough for all to end together."""
        wanted = max(1, int(_SHORTEST_CALL / max(self.seconds_of_a_task, 1e-3)))
        return min(wanted, -(-waiting // (2 * self._room())))

    def _submitted(self, tasks: list[Task], how: str) -> Any:
        """At most one call for each thread is with the workers, so that a dying one takes no other call with it."""
        key = f"cosmograd-{how}-{self.name}-{tasks[0].key}"
        calls = [task.arguments for task in tasks]
        future = self.client.submit(call_in_worker, self.function, calls, key=key, pure=False)
        future.add_done_callback(self.done.put)
        return future

    def _next(self) -> Any:
        try:
            return self.done.get(timeout=_HEARTBEAT)
        except queue.Empty:
            self.progress(0.0)
            self._room()
            return None

    def _room(self) -> int:
        """Threads of all workers; tasks wait at the scheduler, one at a time, where there are none yet."""
        if time.monotonic() - self.looked > _BETWEEN_LOOKS:
            try:
                self.threads, self.looked = sum(self.client.nthreads().values()), time.monotonic()
            except OSError as error:
                raise UserError(_SCHEDULER_LOST) from error
            if not self.threads and not self.asked_for_workers:
                self.asked_for_workers = True
                address = self.client.scheduler.address
                self.notify(f"Waiting for workers. Start some: dask worker {address} --nthreads 1")
        return max(1, self.threads)


_SCHEDULER_LOST = (
    "the connection to dask's scheduler is lost. Finished points are kept; check that it runs, and continue with "
    "--resume."
)
_WORKERS_DIED = (
    "the worker's process died whenever it computed this, alone at last as well; perhaps there is not enough "
    "memory, or the model itself ends the process."
)


@contextmanager
def _local_cluster(workers: int) -> Iterator[Any]:
    """A client of so many processes of our own."""
    import dask.config
    from distributed import Client, LocalCluster

    from cosmograd.runs.engines.local_worker import LocalWorker

    settings = {
        "distributed.worker.multiprocessing-method": "spawn",  # forked after JAX has run, they would hang
        "distributed.scheduler.worker-ttl": None,  # compiling may keep a worker from answering for minutes
        # Silent from its first line on: `silence_logs` ends when the worker begins to close, perhaps while it starts.
        "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED": "critical",
    }
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="cosmograd-", ignore_cleanup_errors=True))
        with dask.config.set(settings), _deaf_to_interrupts():
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    dashboard_address=_NOBODY,
                    worker_dashboard_address=_NOBODY,
                    scheduler_kwargs={"dashboard": False, "allowed_failures": _RETRIES},
                    memory_limit=0,  # the study's own budget holds
                    env=_ONE_THREAD | _compiled_once(Path(scratch) / "compiled"),
                    local_directory=scratch,
                    silence_logs=SILENCE,
                )
            )
            client = stack.enter_context(Client(cluster, set_as_default=False))
        client.register_plugin(LocalWorker(os.getpid()))  # two studies at a time begin at different cores
        try:
            yield client
        finally:
            # Dask cannot close a cluster while it starts a worker in the place of a dead one.
            with suppress(TimeoutError):
                client.wait_for_workers(workers, timeout=_STARTS_WITHIN)


def _compiled_once(folder: Path) -> dict[str, str]:
    """What one worker has compiled the others read back, which changes no bit; a folder of the user's own stays."""
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return {}
    return {
        "JAX_COMPILATION_CACHE_DIR": str(folder),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


# An address for the pages of scheduler and workers: where nobody outside this machine can reach them.
_NOBODY = "127.0.0.1:0"


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Threads and processes begun inside the block, and all that these begin, do not hear Ctrl-C.

    The terminal sends it to every process; it is for this one to end the workers. This one hears what came meanwhile
    when the block ends: a cluster that is interrupted while it starts cannot be closed.
    """
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(usual):
        yield
        return
    heard: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, frame)))
    masks = hasattr(signal, "pthread_sigmask")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else set()
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, usual)
    if heard:
        usual(*heard[0])


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """A client of a scheduler that is running."""
    from distributed import Client

    try:
        _require_greeting(address)
        with _deaf_to_interrupts():
            client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"no dask scheduler answers at {address} ({reason(error)}). Start one with `dask scheduler` and give the "
            "address that it prints, or let this command start workers of its own: --workers 2"
        ) from error
    with client:
        yield client


def _require_greeting(address: str) -> None:
    """Raise `OSError` unless what listens there greets like a scheduler: with the length of its message, 8 bytes.

    Dask's client waits for ever for a server of another kind, or takes what that says for the length of a message.
    """
    scheme, _, place = address.rpartition("://")
    if scheme not in ("", "tcp"):
        return
    host, _, port = place.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), _PATIENCE) as connection:
        greeting = connection.recv(8, socket.MSG_WAITALL)
    if not 0 < int.from_bytes(greeting, "little") < _LONGEST_GREETING:
        raise OSError("the process that listens there is no scheduler")


@contextmanager
def _quiet_logs() -> Iterator[None]:
    before = silence_dask()
    try:
        yield
    finally:
        for logger, level in before.items():
            logger.setLevel(level)
