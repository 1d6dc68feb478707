"""Integers spaced evenly in the logarithm."""

import numpy as np


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
    # Walk up so that all differ, then down so that none passes `last`.
    for index in range(1, count):
        spaced[index] = max(spaced[index], spaced[index - 1] + 1)
    for index in range(count - 1, -1, -1):
        spaced[index] = min(spaced[index], last - (count - 1 - index))
    return spaced
