"""Thousands of small programs, each run for milliseconds: XLA is asked to translate them, not to optimise them.

A seventh to a third less processor time, the longest trainings included. The older emitters are those that the
library itself asks for (`cosmograd.compilation`). The processes that tests of whole studies start, in `endurance`, do
without these flags.
"""

import os
import subprocess
import sys

_QUICKER = (
    "--xla_cpu_use_fusion_emitters=false",
    "--xla_backend_optimization_level=0",
    "--xla_llvm_disable_expensive_passes=true",
    "--xla_cpu_parallel_codegen_split_count=1",
)


def use_quicker_compilation() -> None:
    """For this process and those that it starts, before JAX's first use; what `XLA_FLAGS` says already stands.

    XLA stops a process whose flags it does not know, hence the try in another one; without effect where it does.
    """
    given = os.environ.get("XLA_FLAGS", "")
    missing = [flag for flag in _QUICKER if flag.partition("=")[0] not in given]
    if not missing:
        return
    flags = " ".join([given, *missing]).strip()
    attempt = [sys.executable, "-c", "import jax; jax.numpy.zeros(1)"]
    if subprocess.run(attempt, env=os.environ | {"XLA_FLAGS": flags}, capture_output=True, check=False).returncode == 0:
        os.environ["XLA_FLAGS"] = flags
