"""Linear trainings with a common kernel and white noise on the outputs, against the Cramér–Rao bound.

Declared before looking: seeds 20261202 + the repeat, 400 repeats, noise of 10⁻⁴ of the start.
"""

import time
from typing import Any

import numpy as np

from cosmograd.measurement import FROM_REST, CoupledModes, measure_universe, trajectories
from cosmograd.measurement.learning_rate_profile import PROFILE_PARAMETERS, hats_of, knots_of_motion
from cosmograd.measurement.projected_recursion import projected
from cosmograd.measurement.recursion_fit import inverse_of_curvature

SEED, REPEATS, NOISE = 20261202, 400, 1e-4
SIZE, MEMBERS, UPDATES, MOMENTUM, ETA = 8, 6, 100, 0.8, 0.1


def measure() -> dict[str, Any]:
    """Coverage, median width over that of the bound, and seconds for all repeats."""
    rng = np.random.default_rng(SEED)
    turn = np.linalg.qr(rng.normal(size=(SIZE, SIZE)))[0]
    kernel = (turn * np.geomspace(0.4, 0.01, SIZE)) @ turn.T
    hits, widths, bounds, exact = [], [], [], []
    start = time.perf_counter()
    for repeat in range(REPEATS):
        clean, noisy = _record(kernel, SEED + repeat)
        found = measure_universe(trajectories(noisy, np.zeros(SIZE), updates=np.arange(UPDATES + 1)), ETA).momentum
        if found.identifiable and found.low is not None and found.high is not None:
            hits.append(found.low <= MOMENTUM <= found.high)
            widths.append(found.high - found.low)
    seconds = time.perf_counter() - start
    for repeat in range(5):
        clean, _ = _record(kernel, SEED + repeat)
        bounds.append(_bound(clean, kernel))
        found = measure_universe(trajectories(clean, np.zeros(SIZE), updates=np.arange(UPDATES + 1)), ETA).momentum
        exact.append(abs((found.value or 0.0) - MOMENTUM))
    return {
        "repeats": REPEATS,
        "identifiable": len(hits) / REPEATS,
        "covered": float(np.mean(hits)),
        "median_width_over_bound": float(np.median(widths) / (2 * 1.959964 * np.mean(bounds))),
        "seconds": seconds,
        "largest_error_without_noise": max(exact),
    }


def _record(kernel: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    before = d = rng.normal(size=(MEMBERS, SIZE))
    outputs = []
    for _ in range(UPDATES + 1):
        outputs.append(d)
        before, d = d, d + MOMENTUM * (d - before) - d @ kernel
    clean = np.stack(outputs)
    return clean, clean + NOISE * rng.normal(size=clean.shape)


def _bound(clean: np.ndarray, kernel: np.ndarray) -> float:
    """Of the standard error of β, with the starts and the symmetric kernel unknown, from rest."""
    modes = np.swapaxes(clean, 0, 1)
    parameters = np.concatenate([[MOMENTUM], kernel[np.triu_indices(SIZE)], np.zeros(PROFILE_PARAMETERS)])
    hats = hats_of(knots_of_motion(modes), UPDATES + 1)
    at = projected(CoupledModes(size=SIZE), parameters, modes, np.ones(UPDATES + 1), hats, FROM_REST)
    own = at.curvature[:-PROFILE_PARAMETERS, :-PROFILE_PARAMETERS]
    return float(NOISE * np.sqrt(inverse_of_curvature(own)[0, 0]))
