r"""Means over correlated series, with errors: batch means over members and blocks.

A series is cut into cells, each a block of consecutive updates of one member; the scatter of the cells' means gives
the error of the mean over all, $s^2 = \sum_c(\bar x_c - \bar x)^2/(c(c-1))$, whatever the correlations within a cell.
Members are independent; blocks of one member count as such when they are long compared to the autocorrelation time.
Sources: batch means, Geyer 1992 (Stat. Sci. 7:473, §3.2); blocking, Flyvbjerg & Petersen 1989 (J. Chem. Phys. 91:461);
integrated autocorrelation time with a self-consistent window, Sokal 1997 (§3).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

# Cells that an error is taken from, where members alone are fewer; its own relative error is then 13 %.
CELLS = 32

# A block holds at least so many autocorrelation times where one member gives several.
TIMES_PER_BLOCK = 10

# Fewer cells than this leave the error itself unknown.
LEAST_CELLS = 8


class ValueWithError(NamedTuple):
    """A value and its standard error."""

    value: Float[np.ndarray, "..."]
    standard_error: Float[np.ndarray, "..."]


def autocorrelation_time(series: Float[np.ndarray, "members updates modes"]) -> Float[np.ndarray, " modes"]:
    r"""$\tau = 1 + 2\sum_{t\geq1}\rho(t)$ in updates, the sum up to the first t ≥ 5τ (Sokal's window); ≥ 1.

    ρ is averaged over members, around the mean of all.
    """
    updates = series.shape[1]
    centred = series - series.mean(axis=(0, 1))
    spectrum = np.fft.rfft(centred, 2 * updates, axis=1)
    power = np.square(np.abs(spectrum)).mean(axis=0)
    covariance = np.fft.irfft(power, axis=0)[:updates] / np.arange(updates, 0, -1)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        times = 2 * np.cumsum(covariance / covariance[0], axis=0) - 1
    beyond = np.arange(updates)[:, None] >= 5 * times
    last = np.where(beyond.any(axis=0), beyond.argmax(axis=0), updates - 1)
    return np.maximum(1.0, times[last, np.arange(series.shape[2])])


def cells_of(series: Float[np.ndarray, "members updates modes"]) -> Float[np.ndarray, "cells length modes"]:
    """The series cut into at least `CELLS` blocks, the first updates left out where they do not divide evenly.

    With so many members each is a cell. With fewer, blocks are as many as keep `TIMES_PER_BLOCK` autocorrelation
    times; `ValueError` where fewer than `LEAST_CELLS` cells come of it.
    """
    members, updates, modes = series.shape
    blocks = -(-CELLS // members)
    if blocks > 1:
        shortest = max(4, int(np.ceil(TIMES_PER_BLOCK * autocorrelation_time(series).max())))
        blocks = min(blocks, updates // shortest)
        if blocks * members < LEAST_CELLS:
            needed = shortest * -(-LEAST_CELLS // members)
            raise ValueError(
                f"too few updates: {members} run(s) of {updates} updates with an autocorrelation time of about "
                f"{shortest / TIMES_PER_BLOCK:.0f} give no error of their mean; record about {needed} updates or more, "
                f"or {CELLS} runs."
            )
    length = updates // blocks
    return series[:, updates - blocks * length :].reshape(members * blocks, length, modes)


def mean_of_cells(cells: Float[np.ndarray, "cells updates *rest"]) -> ValueWithError:
    """Mean over cells and updates."""
    means = cells.mean(axis=1)
    return ValueWithError(means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(len(means)))


def effective_samples(cells: Float[np.ndarray, "cells updates *rest"]) -> Float[np.ndarray, " *rest"]:
    """How many independent samples have the error of the mean: variance over squared standard error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return cells.var(axis=(0, 1)) / mean_of_cells(cells).standard_error ** 2


class Stationarity(NamedTuple):
    """Whether the halves of a record agree: deviations between them in standard errors, and the largest allowed."""

    mean_shift: Float[np.ndarray, " modes"]
    variance_shift: Float[np.ndarray, " modes"]
    allowed: float

    @property
    def stationary(self) -> Bool[np.ndarray, " modes"]:
        """Mode by mode."""
        return (np.abs(self.mean_shift) <= self.allowed) & (np.abs(self.variance_shift) <= self.allowed)

    @property
    def verdict(self) -> str:
        """In words."""
        moving = 1 + np.flatnonzero(~self.stationary)
        if not moving.size:
            return "stationary"
        worst = max(np.abs(self.mean_shift).max(), np.abs(self.variance_shift).max())
        return (
            f"not stationary: the halves of the record differ by {worst:.1f} standard errors ({self.allowed:.1f} are "
            f"allowed) in mode {', '.join(map(str, moving))}; let more updates pass before the record begins"
        )


def check_stationarity(
    positions: Float[np.ndarray, "members updates modes"], false_alarm: float = 1e-3
) -> Stationarity:
    """Mean and variance of the first half of the record against the second, by Student's t over cells.

    A stationary record of all modes together is called not stationary with probability `false_alarm` at most.
    """
    import scipy.stats

    half = positions.shape[1] // 2
    first, second = (cells_of(part) for part in (positions[:, :half], positions[:, -half:]))
    centre = positions.mean(axis=(0, 1))
    shifts = []
    for power in (1, 2):
        early, late = (mean_of_cells((part - centre) ** power) for part in (first, second))
        with np.errstate(divide="ignore", invalid="ignore"):
            shifts.append((late.value - early.value) / np.hypot(early.standard_error, late.standard_error))
    freedom = min(len(first), len(second)) - 1
    allowed = scipy.stats.t.isf(false_alarm / (4 * positions.shape[2]), freedom)
    return Stationarity(shifts[0], shifts[1], float(allowed))
