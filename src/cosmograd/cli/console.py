"""What the command line prints: strict JSON on standard output; messages and progress on standard error."""

import json
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any

from rich.console import Console

from cosmograd.cli.interrupts import raise_if_interrupted

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


def plain_number(value: float, digits: int = 3) -> str:
    """A number for a table in the terminal; – where it does not exist."""
    if math.isnan(value):
        return "–"
    return ("∞" if value > 0 else "−∞") if math.isinf(value) else f"{value:.{digits}g}"


# Seconds between two lines of progress where no bar can be drawn.
_BETWEEN_LINES = 15.0


class Advance:
    """Called with the fraction done since the last call; raises where Ctrl-C was pressed meanwhile."""

    def __init__(self, description: str, show: Callable[["Advance", float], None]) -> None:
        self._description, self._show = description, show
        self._start, self._points, self._there = time.monotonic(), (0, 0, 0), 0
        self.done = 0.0

    def __call__(self, fraction: float) -> None:
        """Take another `fraction` of all the work as done."""
        raise_if_interrupted()
        self.done += fraction
        self._show(self, fraction)

    def points(self, done: tuple[int, int, int]) -> None:
        """Points finished, of all, and how many of them failed; what was there at the first call was done before."""
        if not self._points[1]:
            self._there = done[0]
        self._points = done
        self._show(self, 0.0)

    @property
    def text(self) -> str:
        """What is done, with the points and their rate where there are several."""
        done, of, failed = self._points
        if of < 2:
            return self._description
        text = f"{self._description}: {done} of {of} points"
        text += f", {failed} failed" if failed else ""
        per_second = (done - self._there) / self.elapsed
        if per_second:
            rate, unit = next((per_second * s, u) for s, u in _RATES if per_second * s >= 1 or u == "hour")
            text += f", {rate:.2g} per {unit}" if rate < 10 else f", {rate:.0f} per {unit}"
        return text

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return max(time.monotonic() - self._start, 1e-9)


_RATES = ((1.0, "second"), (60.0, "minute"), (3600.0, "hour"))


@contextmanager
def progress_bar(description: str) -> Iterator[Advance]:
    """A bar with the time left; it yields a function that takes the fraction done since its last call.

    Where standard error is no terminal, a line now and then stands for the bar.
    """
    if not messages.is_terminal:
        yield _lines_of_progress(description)
        return
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
        yield Advance(description, lambda by, fraction: progress.update(task, advance=fraction, description=by.text))


def _lines_of_progress(description: str) -> Advance:
    last = time.monotonic()

    def show(advance: Advance, _: float) -> None:
        nonlocal last
        now, done = time.monotonic(), advance.done
        if now - last >= _BETWEEN_LINES and 0 < done < 1:
            last = now
            left = round(advance.elapsed * (1 - done) / done)
            what = advance.text if advance.text != description else f"{description}: {done:.0%}"
            say(f"{what}, about {left // 60}:{left % 60:02d} left")

    return Advance(description, show)


@contextmanager
def only_json_on_standard_output() -> Iterator[None]:
    """Whatever is printed inside the block, by a user's model for example, goes to standard error."""
    with redirect_stdout(sys.stderr):
        yield


@contextmanager
def warnings_as_messages() -> Iterator[None]:
    """Warnings inside the block are said once each, without the line of source that raised them."""
    said = set()

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        del category
        if str(message) not in said:
            said.add(str(message))
            say(f"Warning: {message}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def whole_number(_: Any, tokens: Sequence[Any]) -> int:
    """For cyclopts: a whole number, and nothing that would have to be rounded."""
    text = tokens[0].value
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def start_jax() -> None:
    """JAX as our own commands use it: float64, every core of a CPU, and programs that earlier commands compiled.

    This is for our own processes only; importing the library changes no setting.
    """
    from cosmograd.compilation_cache import keep_compiled_programs
    from cosmograd.host_devices import use_every_core
    from cosmograd.precision import enable_float64

    enable_float64()
    keep_compiled_programs()
    # Where JAX is in use already, in a program that calls `main` itself, its devices stay as they are.
    with suppress(RuntimeError):
        use_every_core()
