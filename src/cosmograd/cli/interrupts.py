"""Ctrl-C that is never lost.

Python raises KeyboardInterrupt wherever it stands; inside a destructor or a callback of the garbage collector the
exception is printed and dropped, and the program goes on. So what was dropped is remembered here, and raised again at
the next step of progress.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_pending = threading.Event()


def raise_if_interrupted() -> None:
    """Raise `KeyboardInterrupt` where an earlier one was dropped."""
    if _pending.is_set():
        raise KeyboardInterrupt


def was_interrupted(error: BaseException) -> bool:
    """Whether Ctrl-C is behind an error: libraries turn one that comes within their compiled code into others."""
    return isinstance(error, KeyboardInterrupt) or (isinstance(error, Exception) and _pending.is_set())


@contextmanager
def interrupts_remembered() -> Iterator[None]:
    """Within the block a Ctrl-C stays pending until the block ends; where others handle the signal, nothing changes."""
    ours = threading.current_thread() is threading.main_thread()
    ours = ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not ours:
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        _pending.set()
        signal.default_int_handler(number, frame)

    usual_hook = sys.unraisablehook

    def quiet(dropped: Any) -> None:
        if dropped.exc_type is not KeyboardInterrupt:
            usual_hook(dropped)

    signal.signal(signal.SIGINT, interrupt)
    sys.unraisablehook = quiet
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.unraisablehook = usual_hook
        _pending.clear()
