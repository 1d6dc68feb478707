"""The command line as a process of its own, and the small study that is run by it."""

import os
import subprocess
import sys
from pathlib import Path

# Programs compiled by one process are read back by the next; this saves time and changes no bit.
COMPILED_ONCE = {
    "JAX_COMPILATION_CACHE_DIR": str(Path(__file__).resolve().parents[1] / ".pytest_cache" / "jax"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}

STUDY = """
name = "small"
[data]
kind = "circle"
points = 10
probe_points = 4
[network]
width = 12
[optimiser]
eta_lambda_max = 0.5
momentum = 0.3
[training]
members = 5
updates = 30
kernel_snapshots = 5
precision = "float32"
[sweep]
"optimiser.eta_lambda_max" = [0.1, 0.3, 0.6, 1.5]
"""


# Seconds after which a process is taken for hung, however slow the machine.
_HUNG = 1800

# What these tests are about is done when the report begins; drawing it takes longer than all the rest.
WITHOUT_REPORT = "import cosmograd.report; cosmograd.report.write_report = lambda *_: None"

# A shell starts what runs in the background deaf to Ctrl-C.
HEARS = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n{WITHOUT_REPORT}"


def program(*arguments, before=WITHOUT_REPORT):
    """The command line as a process of its own; `before` is run first in it."""
    return [sys.executable, "-c", f"{before}\nfrom cosmograd.cli import main\nmain({[str(a) for a in arguments]!r})"]


def command(*arguments, before=WITHOUT_REPORT, env=None):
    """Run the command line to its end."""
    environment = (os.environ if env is None else env) | COMPILED_ONCE
    line = program(*arguments, before=before)
    return subprocess.run(line, capture_output=True, text=True, timeout=_HUNG, env=environment, check=False)


def bits(folder):
    """The bytes of the combined results and of every point."""
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.nc"))}
