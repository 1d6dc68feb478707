"""Whether 95 % intervals hold the truth in 95 % of cases: 400 synthetic ensembles each, seeds declared here."""

import numpy as np
from recorded_modes import record

from cosmograd.duality import dual_universe, mass_squared
from cosmograd.measurement import measure_universe, trajectories

ETA = 0.05


def covered(estimate, truth):
    return estimate.identifiable and estimate.low <= truth <= estimate.high


def coverage(seed, repeats, intervals, members, scatter, noise):
    """Share of 95 % intervals of H and of the masses that hold the truth, of those that are identifiable."""
    rng, β, κ = np.random.default_rng(seed), 0.6, np.array([0.3, 0.06])
    truth = dual_universe(ETA, β, "update")
    masses = np.asarray(mass_squared(κ / ETA, ETA, β, "update"))
    hits = []
    for _ in range(repeats):
        outputs, _ = record(rng, members, 60, 6, β, κ, noise, scatter)
        found = measure_universe(trajectories(outputs, np.zeros(6)), ETA, time_unit="update", intervals=intervals)
        if len(found.masses_squared) != 2:
            continue
        hits.append(
            [covered(found.hubble_rate, truth.hubble_rate)]
            + [covered(e, m) for e, m in zip(found.masses_squared, masses, strict=True)]
        )
    assert len(hits) > 0.95 * repeats
    return np.mean(hits, axis=0)


def test_intervals_of_the_curvature_cover_under_white_noise():
    """400 repeats: 95 % has a standard error of 1.1 %, so that 92 to 98 % is a band of 2.75 of them."""
    shares = coverage(20261126, 400, "curvature", members=4, scatter=0.0, noise=0.05)
    assert ((shares >= 0.92) & (shares <= 0.98)).all(), shares


def test_intervals_of_the_bootstrap_cover_where_members_scatter():
    shares = coverage(20261127, 400, "bootstrap", members=8, scatter=0.05, noise=0.02)
    assert ((shares >= 0.92) & (shares <= 0.98)).all(), shares
