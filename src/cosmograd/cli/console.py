"""What the command line prints: strict JSON on standard output; messages and progress on standard error."""

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console

messages = Console(stderr=True, soft_wrap=True, highlight=False)
tables = Console(highlight=False)


def say(text: str) -> None:
    """One message to the user, on standard error."""
    messages.print(text, markup=False)


def print_json(value: Any) -> None:
    """One machine-readable object on standard output; what is not a finite number becomes null."""
    sys.stdout.write(json.dumps(_strict(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy and JAX arrays and scalars
        return _strict(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@contextmanager
def progress_bar(description: str) -> Iterator[Callable[[float], None]]:
    """A bar with the time left; it yields a function that takes the fraction done since its last call."""
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("elapsed"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    with Progress(*columns, console=messages, transient=True) as progress:
        task = progress.add_task(description, total=1.0)
        yield lambda fraction: progress.advance(task, fraction)


def start_jax() -> None:
    """JAX as our own commands use it: float64, and every core of a CPU.

    This is for our own processes only; importing the library changes no setting.
    """
    from cosmograd.host_devices import use_every_core
    from cosmograd.precision import enable_float64

    enable_float64()
    # Where JAX is in use already, in a program that calls `main` itself, its devices stay as they are.
    with suppress(RuntimeError):
        use_every_core()
