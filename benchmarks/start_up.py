"""How long one waits before anything happens."""

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.command_line import cosmograd, run_measured
from benchmarks.measurement import Measurement, at_most

REPEATS = 9
COLD_REPEATS = 3
# potential: largest time of a command, in imports of JAX
SPECTRA = {"quadratic": 5.0, "double-quadratic": 8.0}


def _start_times(*commands: list[str]) -> list[list[float]]:
    """Times of fresh processes, the commands in turn; the first round, which fills the file cache, is not counted."""
    rounds = [[run_measured(command).seconds for command in commands] for _ in range(REPEATS + 1)]
    return [list(times) for times in zip(*rounds[1:], strict=True)]


def start_up() -> Iterator[Measurement]:
    """Importing the package, and asking for help."""
    bare, imported, helped = _start_times(
        [sys.executable, "-c", "pass"],
        [sys.executable, "-c", "import cosmograd"],
        cosmograd("--help"),
    )
    details = {"bare_interpreter_s": round(statistics.median(bare), 3)}
    for name, times, bound in (("import cosmograd", imported, 0.5), ("cosmograd --help", helped, 0.7)):
        yield Measurement(
            f"start-up: {name}",
            statistics.median(times),
            "s",
            at_most(bound, "s"),
            note=f"Median of {REPEATS} fresh processes, interpreter included.",
            details=details | {"range": [round(min(times), 3), round(max(times), 3)]},
        )


@contextmanager
def _programs_in(folder: str) -> Iterator[None]:
    """Commands keep their programs there."""
    before = os.environ.get("COSMOGRAD_CACHE")
    os.environ["COSMOGRAD_CACHE"] = folder
    yield
    del os.environ["COSMOGRAD_CACHE"]
    if before is not None:
        os.environ["COSMOGRAD_CACHE"] = before


def first_spectrum() -> Iterator[Measurement]:
    """Whole commands that compute a spectrum, with programs kept and without, beside importing JAX."""
    alone = [sys.executable, "-c", "import jax"]
    commands = [cosmograd("universe", "--potential", name, "--json") for name in SPECTRA]
    with tempfile.TemporaryDirectory() as folder:
        with _programs_in(f"{folder}/kept"):
            imported, *warm = _start_times(alone, *commands)
        cold = []
        for i in range(COLD_REPEATS):
            with _programs_in(f"{folder}/{i}"):
                cold.append([run_measured(command).seconds for command in (alone, commands[0])])
    for (name, bound), times in zip(SPECTRA.items(), warm, strict=True):
        yield Measurement(
            f"cosmograd universe --potential {name}, beside importing JAX",
            statistics.median(time / jax_alone for time, jax_alone in zip(times, imported, strict=True)),
            "",
            at_most(bound),
            note=f"Median ratio of {REPEATS} fresh processes each, in turn; an earlier command has kept its programs.",
            details={
                "seconds": round(statistics.median(times), 2),
                "import_jax_s": round(statistics.median(imported), 2),
            },
        )
    yield Measurement(
        f"cosmograd universe --potential {next(iter(SPECTRA))} for the first time, beside importing JAX",
        statistics.median(time / jax_alone for jax_alone, time in cold),
        "",
        at_most(9.0),
        note=f"Median ratio of {COLD_REPEATS}, with an empty cache.",
        details={"seconds": round(statistics.median(time for _, time in cold), 2)},
    )


BENCHMARKS = (start_up, first_spectrum)
