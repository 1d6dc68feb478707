"""Progress of the verbs: the caller's function, or a bar once a call lasts longer than two seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

Report = Callable[[float], None]

_SILENT = 2.0


@contextmanager
def progress_of(what: str, given: Report | None) -> Iterator[Report]:
    """A function that takes the fraction done since its last call. given: the caller's, instead of a bar."""
    if given is not None:
        yield given
        return
    console = Console(stderr=True)
    if not (console.is_terminal or console.is_jupyter):
        yield lambda fraction: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True)
    task, begun = bar.add_task(what, total=1.0), time.monotonic()

    def advance(fraction: float) -> None:
        bar.advance(task, fraction)
        if time.monotonic() - begun > _SILENT:
            bar.start()

    try:
        yield advance
    finally:
        bar.stop()
