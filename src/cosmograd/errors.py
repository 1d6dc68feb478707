"""What goes wrong by the user's hand, as opposed to ours."""

from collections.abc import Iterable
from typing import SupportsFloat


def reason(error: BaseException) -> str:
    """What another library's error says, to stand within a sentence of ours; its kind where it says nothing."""
    return str(error).strip().rstrip(".") or type(error).__name__


class UserError(ValueError):
    """The request cannot be met as given; the message says what was given, what is allowed and how to fix it."""


def in_digits(numbers: Iterable[SupportsFloat]) -> str:
    """Six digits of each."""
    return ", ".join(f"{float(number):.6g}" for number in numbers)
