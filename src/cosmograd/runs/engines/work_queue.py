"""Tasks in the order in which several workers do well to take them."""

from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class WorkQueue(Generic[Item]):
    """Neighbouring items share what has been compiled and built, so each worker goes on within an entry of its own.

    An entry is a run of neighbouring items. A worker without items takes over the later half of the longest entry left.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        """All items wait, in one entry that nobody works on."""
        first = deque(items)
        self.waiting = len(first)
        self._entries: list[deque[Item]] = [first]
        self._idle: list[deque[Item]] = [first]

    def begin(self) -> deque[Item]:
        """An entry with items left that nobody works on; there must be items waiting."""
        while self._idle:
            entry = self._idle.pop()
            if entry:
                return entry
        longest = max(self._entries, key=len)
        later: deque[Item] = deque()
        for _ in range((len(longest) + 1) // 2):
            later.appendleft(longest.pop())
        self._entries = [entry for entry in (*self._entries, later) if entry]
        return later

    def take(self, entry: deque[Item], most: int) -> list[Item]:
        """The next items of the entry."""
        taken = [entry.popleft() for _ in range(min(most, len(entry)))]
        self.waiting -= len(taken)
        return taken

    def end(self, entry: deque[Item]) -> None:
        """Nobody works on the entry now."""
        self._idle.append(entry)
