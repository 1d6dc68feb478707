"""Sweeps on workers that are interrupted, killed, or live elsewhere: no point lost, no process left, the same bits."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from study_processes import COMPILED_ONCE, HEARS, STUDY, bits, command, program

from cosmograd.errors import UserError
from cosmograd.runs import StudyFolder, read_study_file, run_study


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The sweep, computed in one process."""
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "sweep.toml").write_text(STUDY + "seed = [0, 1]\n")
    finished = command("study", folder / "sweep.toml", "--out", folder / "out")
    assert finished.returncode == 0, finished.stderr
    return folder


def processes_of(group):
    """Every process of a process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getpgid(int(entry.name)) == group and "Z" not in (entry / "stat").read_text().split(") ")[1][:1]:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def wait_until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)


def points(out):
    return len(list(out.glob("points/*.nc")))


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_stopped_with_workers_and_resumed(undisturbed, tmp_path, by):
    """Ctrl-C reaches every process of the terminal; SIGKILL the command alone. No process is left."""
    out = tmp_path / "out"
    line = program("study", undisturbed / "sweep.toml", "--out", out, "--workers", "2", before=HEARS)
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        line, env=os.environ | COMPILED_ONCE, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )
    wait_until(lambda: points(out) or process.poll() is not None)
    (os.killpg if by == signal.SIGINT else os.kill)(process.pid, by)
    said = process.communicate(timeout=60)[1]
    wait_until(lambda: not processes_of(process.pid), 20)
    if by == signal.SIGINT:
        assert process.returncode == 130
        assert "continue with --resume" in said
        assert "Traceback" not in said
    assert points(out) < 8
    resumed = command("study", "--out", out, "--resume", "--workers", "1")
    assert resumed.returncode == 0, resumed.stderr
    assert "are already there" in resumed.stderr
    assert bits(out) == bits(undisturbed / "out")


def test_workers_of_a_running_scheduler(undisturbed, tmp_path):
    """One of two workers is killed in the middle; a second command on the folder is refused meanwhile."""
    address = tmp_path / "scheduler.json"
    environment = os.environ | COMPILED_ONCE | {"NPROC": "1"}
    quiet = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    listening = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
    scheduler = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler",
            *listening,
            "--port",
            "0",
            "--scheduler-file",
            str(address),
        ],
        **quiet,
    )
    started = [scheduler]
    try:
        wait_until(address.exists)
        for _ in range(2):
            worker = [
                sys.executable,
                "-m",
                "distributed.cli.dask_worker",
                "--scheduler-file",
                str(address),
                "--nthreads",
                "1",
            ]
            started.append(subprocess.Popen([*worker, "--no-nanny", *listening], **quiet))
        where, out = json.loads(address.read_text())["address"], tmp_path / "out"
        line = program("study", undisturbed / "sweep.toml", "--out", out, "--scheduler", where)
        process = subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        wait_until(lambda: points(out) >= 2 or process.poll() is not None)
        with pytest.raises(UserError, match="another run is at work"):
            run_study(read_study_file(undisturbed / "sweep.toml"), StudyFolder(out), resume=True)
        started[1].kill()
        said = process.communicate(timeout=240)[1]
        assert process.returncode == 0, said
        assert bits(out) == bits(undisturbed / "out")
        gone = command("study", undisturbed / "sweep.toml", "--out", tmp_path / "other", "--scheduler", "127.0.0.1:9")
        assert gone.returncode == 1
        assert not (tmp_path / "other").exists()
    finally:
        for each in started:
            each.kill()
            each.wait()
