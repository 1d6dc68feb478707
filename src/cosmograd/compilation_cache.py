"""Compiled programs kept between commands.

JAX keeps what XLA has compiled, by program, options and versions, and reads it back with the same bits. The folder is
one of this processor's model, whose machine code others may not run, in the user's cache; the programs that were used
least recently go when it grows too large. `COSMOGRAD_CACHE` names another folder, or is `off`.
"""

import hashlib
import os
import platform
from contextlib import suppress
from pathlib import Path

import jax
import platformdirs

from cosmograd.compilation_store import keep_programs_in

_VARIABLE = "COSMOGRAD_CACHE"
_OFF = ("off", "0", "no", "false")
_LARGEST = 512 * 2**20


def cache_folder() -> Path | None:
    """Where compiled programs are kept: None where the user keeps none, or has JAX keep them elsewhere already."""
    chosen = os.environ.get(_VARIABLE, "").strip()
    if chosen.lower() in _OFF or getattr(jax.config, "jax_compilation_cache_dir", None):
        return None
    folder = Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("cosmograd"))
    return folder / "compiled" / hashlib.sha256(_processor().encode()).hexdigest()[:16]


def keep_compiled_programs() -> None:
    """Read back what earlier commands compiled, and keep what this one compiles; nothing where no folder can be made.

    For processes of our own, before the first use of JAX.
    """
    folder = cache_folder()
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            return
        for name, value in {
            "jax_compilation_cache_dir": str(folder),
            "jax_compilation_cache_max_size": _LARGEST,
            "jax_persistent_cache_min_compile_time_secs": 0.0,
            "jax_persistent_cache_min_entry_size_bytes": -1,
        }.items():
            jax.config.update(name, value)
        keep_programs_in(folder / "traced")


def _processor() -> str:
    """Model and instructions of the processor."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0].splitlines()
        kept = [line for line in lines if line.startswith(("model name", "flags", "Features", "CPU part"))]
        if kept:
            return "\n".join(kept)
    return f"{platform.machine()} {platform.processor()}"
