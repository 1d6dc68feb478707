"""Tasks in the order in which several workers do well to take them."""

from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Lanes(Generic[Item]):
    """Neighbours share what has been compiled and built, so each worker goes on from where it is, in a lane of its own.

    A worker without tasks takes over the later half of the longest lane that is left.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        """All items wait, in one lane that nobody works on."""
        first = deque(items)
        self.waiting = len(first)
        self._lanes: list[deque[Item]] = [first]
        self._idle: list[deque[Item]] = [first]

    def begin(self) -> deque[Item]:
        """A lane with items left that nobody works on; there must be items waiting."""
        while self._idle:
            lane = self._idle.pop()
            if lane:
                return lane
        longest = max(self._lanes, key=len)
        later: deque[Item] = deque()
        for _ in range((len(longest) + 1) // 2):
            later.appendleft(longest.pop())
        self._lanes = [lane for lane in (*self._lanes, later) if lane]
        return later

    def take(self, lane: deque[Item], most: int) -> list[Item]:
        """The next items of the lane."""
        taken = [lane.popleft() for _ in range(min(most, len(lane)))]
        self.waiting -= len(taken)
        return taken

    def end(self, lane: deque[Item]) -> None:
        """Nobody works on the lane now."""
        self._idle.append(lane)
