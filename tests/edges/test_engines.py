"""Engines: the same outcomes in this process and on workers, which may die; nothing of dask reaches the terminal."""

import multiprocessing.process
import os
import socket
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import engine_tasks
import pytest

from cosmograd import _optional
from cosmograd.errors import UserError
from cosmograd.runs.engines import DaskEngine, InProcess, Task


def outcomes_of(engine, folder, names, progress=None):
    tasks = [Task(f"key-{name}", (str(folder), name)) for name in names]
    with closing(engine.run(engine_tasks.task, tasks, progress)) as outcomes:
        return {outcome.key.removeprefix("key-"): outcome for outcome in outcomes}


def test_in_this_process_tasks_come_in_their_order_and_progress_adds_up(tmp_path):
    steps = []
    outcomes = outcomes_of(InProcess(), tmp_path, ["b", "a", "c"], steps.append)
    assert list(outcomes) == ["b", "a", "c"]
    assert {outcome.value[0] for outcome in outcomes.values()} == {os.getpid()}
    assert sum(steps) == pytest.approx(3.0)
    with pytest.raises(ValueError, match="the task's own error"):
        outcomes_of(InProcess(), tmp_path, ["a", "raise"])


@pytest.mark.slow
def test_workers_may_die(tmp_path, capfd):
    """One task kills its worker once, one always; all others are computed, and only the last is given up."""
    steps = []
    names = ["a", "kill-always", "kill-once", "b", "print", "c"]
    with pytest.warns(UserWarning, match="warned by a task"):
        outcomes = outcomes_of(DaskEngine(2), tmp_path, names, steps.append)
    assert sorted(outcomes) == sorted(names)
    assert sum(steps) == pytest.approx(len(names))
    lost = outcomes.pop("kill-always").lost
    assert lost is not None
    assert "the worker's process died" in lost
    assert all(outcome.lost is None for outcome in outcomes.values())
    for process, cores, threads in (outcome.value for outcome in outcomes.values()):
        assert process != os.getpid()
        assert (cores, threads) == (1, "1")
    said = capfd.readouterr()
    assert said.out == ""
    assert set(said.err.splitlines()) == {"printed by a task"}  # twice, if its worker died before it could answer


@pytest.mark.slow
def test_errors_of_dask_as_a_worker_ends_are_not_for_the_terminal(tmp_path, capfd):
    names = ["fall", "wait", "print"]
    with pytest.warns(UserWarning, match="warned by a task"):
        outcomes = outcomes_of(DaskEngine(2), tmp_path, names)
    assert sorted(outcomes) == sorted(names)
    assert not Path(f"/proc/{outcomes['fall'].value[0]}").exists(), "the worker did not end"
    assert set(capfd.readouterr().err.splitlines()) == {"printed by a task"}


@pytest.mark.slow
def test_an_engine_ends_while_a_worker_takes_the_place_of_a_dead_one(tmp_path, monkeypatch):
    """Dask cannot close a cluster one of whose processes is about to be started."""
    start = multiprocessing.process.BaseProcess.start

    def slowly(process):
        time.sleep(1)
        start(process)

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", slowly)
    outcomes = outcomes_of(DaskEngine(1), tmp_path, ["a", "kill-always"])
    assert outcomes["a"].lost is None
    assert outcomes["kill-always"].lost is not None


def test_what_a_task_raises_on_a_worker_is_raised_here(tmp_path):
    with pytest.raises(ValueError, match="the task's own error"):
        outcomes_of(DaskEngine(1), tmp_path, ["raise", "a"])


def test_a_scheduler_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9.*--workers 2"):
        outcomes_of(DaskEngine(scheduler="tcp://127.0.0.1:9"), tmp_path, ["a"])


@pytest.mark.parametrize("says", [b"HTTP/1.1 400 Bad Request\r\n", b""])
def test_a_server_of_another_kind(tmp_path, says):
    """Dask's own client takes the first eight bytes for the length of a message, or waits for them without end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        def answer():
            connection, _ = server.accept()
            with connection, suppress(ConnectionError):
                connection.sendall(says)
                connection.recv(1)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(UserError, match="no dask scheduler answers at"):
            outcomes_of(DaskEngine(scheduler=address), tmp_path, ["a"])
        thread.join()


@pytest.mark.parametrize("address", ["here", "127.0.0.1", "tcp://", "http://a:b", "a:1/2", ""])
def test_no_address_of_a_scheduler(address):
    with pytest.raises(UserError, match=r"an address as `dask scheduler` prints it"):
        DaskEngine(scheduler=address)


def test_without_dask(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(_optional.importlib, "import_module", missing)
    with pytest.raises(UserError, match=r"pip install 'cosmograd\[dask\]'"):
        DaskEngine(2)


def test_nothing_to_do_starts_nothing(tmp_path):
    assert outcomes_of(DaskEngine(scheduler="tcp://127.0.0.1:9"), tmp_path, []) == {}
