"""Thousands of small programs compile in little more than half the time by XLA's older emitters.

See `cosmograd.compilation`. Tests of whole studies, in `endurance`, do without them.
"""

import os
import subprocess
import sys

_QUICKER = "--xla_cpu_use_fusion_emitters=false"


def use_quicker_compilation() -> None:
    """For this process and those that it starts, before JAX's first use; without effect where XLA lacks the flag.

    XLA stops a process whose flags it does not know, hence the try in another one.
    """
    given = os.environ.get("XLA_FLAGS", "")
    if _QUICKER in given:
        return
    flags = f"{given} {_QUICKER}".strip()
    attempt = [sys.executable, "-c", "import jax; jax.numpy.zeros(1)"]
    if subprocess.run(attempt, env=os.environ | {"XLA_FLAGS": flags}, capture_output=True, check=False).returncode == 0:
        os.environ["XLA_FLAGS"] = flags
