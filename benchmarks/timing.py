"""Times that can be compared: compilation apart, competitors in turn, medians of ratios.

Other work on the machine slows whatever runs at that moment. So competitors take turns within one run, in an order
that is reversed from round to round, and are compared round by round; the median over rounds is reported.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

Competitor = Callable[[], Any]


def seconds(call: Competitor) -> float:
    """Wall time of one call, its arrays computed."""
    start = time.perf_counter()
    jax.block_until_ready(call())
    return time.perf_counter() - start


class Race(NamedTuple):
    """first_calls: seconds of each competitor's first call, compilation included; times: (rounds,) for each."""

    first_calls: dict[str, float]
    times: dict[str, np.ndarray]

    def median(self, name: str) -> float:
        """Median time of a competitor."""
        return float(np.median(self.times[name]))

    def best(self, name: str) -> float:
        """Shortest time of a competitor."""
        return float(self.times[name].min())

    def compilation(self, name: str) -> float:
        """First call less a later one: tracing and compiling."""
        return max(0.0, self.first_calls[name] - self.median(name))

    def speed_ratio(self, fast: str, slow: str) -> float:
        """How many times faster `fast` is than `slow`: median over rounds of the ratio within a round."""
        return float(np.median(self.times[slow] / self.times[fast]))

    def speed_ratio_range(self, fast: str, slow: str) -> list[float]:
        """Smallest and largest ratio of the rounds."""
        ratios = self.times[slow] / self.times[fast]
        return [round(float(ratios.min()), 3), round(float(ratios.max()), 3)]


def race(
    competitors: Mapping[str, Competitor],
    rounds: int,
    best_of: Mapping[str, int] | None = None,
    median_of: Mapping[str, int] | None = None,
) -> Race:
    """Time competitors in turn: A B C, C B A, A B C, …

    A short call may be made several times in a row, and its time in a round be the best of these (`best_of`: for a
    yardstick, which asks what the machine can do) or their median (`median_of`: for everything else).
    """
    best, median = best_of or {}, median_of or {}
    first_calls = {name: seconds(call) for name, call in competitors.items()}
    times = {name: np.empty(rounds) for name in competitors}
    for i in range(rounds):
        order = list(competitors) if i % 2 == 0 else list(competitors)[::-1]
        for name in order:
            calls = max(best.get(name, 1), median.get(name, 1))
            in_a_row = [seconds(competitors[name]) for _ in range(calls)]
            times[name][i] = min(in_a_row) if name in best else np.median(in_a_row)
    return Race(first_calls, times)
