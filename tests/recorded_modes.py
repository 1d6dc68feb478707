"""Recorded trainings with known parameters, for tests of measurements."""

import numpy as np


def record(rng, members, updates, size, momentum, eta_lambdas, noise=0.0, scatter=0.0, rest=False):
    """Outputs (updates, members, size) about targets of zero; what each member has differs by `scatter`, relative.

    Modes lie along random orthogonal directions; the networks start at rest, or with a kick of the same size.
    """
    modes = len(eta_lambdas)
    directions = np.linalg.qr(rng.normal(size=(size, modes)))[0]
    κ = np.asarray(eta_lambdas) * (1 + scatter * rng.normal(size=(members, modes)))
    β = 1 - (1 - momentum) * (1 + scatter * rng.normal(size=(members, 1)))
    d = np.empty((updates, members, modes))
    d[0] = np.sqrt(size) * rng.normal(size=(members, modes))
    d[1] = (1 - κ) * d[0] + (0.0 if rest else 1.0) * κ * rng.normal(size=(members, modes)) * np.sqrt(size)
    for n in range(1, updates - 1):
        d[n + 1] = (1 + β - κ) * d[n] - β * d[n - 1]
    outputs = d @ directions.T
    return outputs + noise * rng.normal(size=outputs.shape), directions
