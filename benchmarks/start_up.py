"""How long one waits before anything happens."""

import statistics
import sys
from collections.abc import Iterator

from benchmarks.command_line import cosmograd, run_measured
from benchmarks.measurement import Measurement, at_most

REPEATS = 9


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


BENCHMARKS = (start_up,)
