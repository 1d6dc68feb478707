"""Our own command in a fresh process: its time, its memory, its answer."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple


class Cost(NamedTuple):
    """Wall time, and the largest resident set that any one process of the command reached."""

    seconds: float
    peak_bytes: int


def run_measured(arguments: list[str]) -> Cost:
    """Run a command to its end; raise `RuntimeError` with the end of its messages if it fails."""
    start = time.perf_counter()
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        messages = process.stderr.read()
        # wait4 reports this child alone; RUSAGE_CHILDREN would keep the maximum over all children so far.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    elapsed = time.perf_counter() - start
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} failed: {messages.decode(errors='replace')[-2000:]}")
    kibibytes = usage.ru_maxrss / 1024 if sys.platform == "darwin" else usage.ru_maxrss
    return Cost(elapsed, int(kibibytes * 1024))


def cosmograd(*arguments: str) -> list[str]:
    """The command line of the interpreter that runs the benchmarks, else of the PATH."""
    script = Path(sys.executable).parent / "cosmograd"
    return [str(script) if script.exists() else "cosmograd", *arguments]


def printed_json(arguments: list[str]) -> Any:
    """What a command prints to standard output, read as JSON."""
    return json.loads(subprocess.run(arguments, check=True, stdout=subprocess.PIPE).stdout)
