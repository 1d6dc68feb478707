"""How many devices JAX makes of a CPU: on request, here, and nowhere else.

Ensembles spread their members over devices. XLA's pool of threads is as large as the cores it sees or the devices it
was asked for, whichever is more; with a single thread, some matrix products are summed in another order than with two
or more. Two devices at the least therefore keep the bits of a machine whatever the number of cores it lends.
"""

import os

import jax

_LEAST = 2


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def several_threads() -> bool:
    """Whether XLA's pool of a CPU has more than one thread, which decides the last bits of some matrix products."""
    named = os.environ.get("NPROC", "")
    return jax.local_device_count() > 1 or (int(named) if named.isdecimal() else usable_cores()) > 1


def use_every_core() -> None:
    """Let JAX make one device of each usable core of a CPU, and two at the least.

    The command line calls this for its own process; a program that imports cosmograd calls it itself, before the first
    use of JAX, if its ensembles are to use all cores and its results to have the same bits on one core as on many.
    Where `XLA_FLAGS` sets the number of devices already, nothing is changed. Raises `RuntimeError` when JAX has been
    used.
    """
    if "host_platform_device_count" in os.environ.get("XLA_FLAGS", ""):
        return
    jax.config.update("jax_num_cpu_devices", max(usable_cores(), _LEAST))
