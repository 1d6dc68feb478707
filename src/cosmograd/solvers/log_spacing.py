"""Integers spaced evenly, in the logarithm or not."""

import numpy as np
from jaxtyping import Int


def log_spaced_integers(last: int, count: int) -> np.ndarray:
    """At most `count` distinct integers from 0 to `last`, both included, evenly spaced in log(1 + n).

    Small integers that would coincide are spread, so that exactly min(count, last + 1) are returned.
    """
    if last < 0 or count < 1:
        raise ValueError(f"need last ≥ 0 and count ≥ 1, got last = {last} and count = {count}.")
    if count == 1 or last == 0:
        return np.array([0], dtype=np.int64)
    count = min(count, last + 1)
    spaced = np.rint(np.expm1(np.linspace(0.0, np.log1p(last), count))).astype(np.int64)
    spaced[-1] = last
    return spread_apart(spaced)


def spread_apart(integers: Int[np.ndarray, " count"]) -> Int[np.ndarray, " count"]:
    """Ascending integers moved as little as it takes for all to differ; the largest stays, and so does the smallest.

    Raises `ValueError` where there are not as many integers between the smallest and the largest.
    """
    spread, last, count = integers.copy(), int(integers[-1]), len(integers)
    if count > last - int(integers[0]) + 1:
        raise ValueError(f"there are no {count} different integers from {integers[0]} to {last}.")
    # Walk up so that all differ, then down so that none passes the largest.
    for index in range(1, count):
        spread[index] = max(spread[index], spread[index - 1] + 1)
    for index in range(count - 1, -1, -1):
        spread[index] = min(spread[index], last - (count - 1 - index))
    return spread
