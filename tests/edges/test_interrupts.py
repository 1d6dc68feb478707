"""Ctrl-C in places where Python loses it, or where a library turns it into another error."""

import os
import signal

import pytest

from cosmograd.cli import application, main, program
from cosmograd.cli.interrupts import raise_if_interrupted


@pytest.fixture(autouse=True)
def ctrl_c_is_heard():
    """Shells start what runs in the background deaf to Ctrl-C, and the tests with it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class InterruptedWhenDestroyed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_dropped_by_python_is_raised_at_the_next_step(monkeypatch, capsys):
    def work(_):
        InterruptedWhenDestroyed()  # the exception is dropped here, as in a callback of the garbage collector
        raise_if_interrupted()
        raise AssertionError("lost")

    monkeypatch.setattr(application, "app", work)
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 130
    assert capsys.readouterr().err == "Interrupted.\n"
    raise_if_interrupted()  # nothing is left of it


def test_the_program_ends_at_once(monkeypatch):
    """Not by way of the interpreter's end, which crashes beside XLA's threads."""
    left = []
    monkeypatch.setattr(os, "_exit", left.append)

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(application, "app", interrupted)
    program()
    assert left == [130]


def test_an_interrupt_turned_into_another_error_is_still_one(monkeypatch, capsys):
    def work(_):
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt as error:
            raise SystemError("returned a result with an exception set") from error

    monkeypatch.setattr(application, "app", work)
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 130
    assert capsys.readouterr().err == "Interrupted.\n"
