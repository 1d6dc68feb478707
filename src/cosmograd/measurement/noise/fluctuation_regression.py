r"""Mass and friction of a mode from its stationary fluctuations alone: the two-lag regression of Yule and Walker.

$$q_{n+1} = a\,q_n - b\,q_{n-1} - \eta\,\xi_n, \qquad b = \beta_{\rm eff}, \quad 1 + b - a = (\eta\lambda)_{\rm eff}$$

Noise that is new at every update is uncorrelated with both lags, so least squares gives a and b without bias for long
records, whatever its distribution (Yule 1927; Walker 1931; Mann & Wald 1943). It drives both roots of the recursion:
unlike in a noiseless decay, friction and mass are both identifiable, at β = 0 too. In the dictionary's leapfrog scheme
$3H\delta = 2(1-b)/(1+b)$, $m^2\delta^2 = 2(1+b-a)/(1+b)$ and $m^2/H^2 = \tfrac92(1+b-a)(1+b)/(1-b)^2$.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.measurement.noise.block_statistics import ValueWithError, cells_of


class FluctuationOscillator(NamedTuple):
    """Each mode as an oscillator: all per update, free of units; see the module's equations."""

    momentum: ValueWithError
    eta_lambda: ValueWithError
    friction: ValueWithError
    mass_squared: ValueWithError
    mass_over_hubble_squared: ValueWithError


def regress_fluctuations(positions: Float[np.ndarray, "members updates modes"]) -> FluctuationOscillator:
    """Regression of each mode on its two last values, over all members and updates around their common mean.

    Values and standard errors by the delete-one jackknife over cells (`block_statistics`; Efron & Stein 1981), which
    takes out the bias of order 1/length and assumes nothing of the noise's distribution.
    """
    cells = cells_of(positions - positions.mean(axis=(0, 1)))
    later, now, before = cells[:, 2:], cells[:, 1:-1], cells[:, :-2]
    pairs = ((now, now), (now, before), (before, before), (later, now), (later, before))
    products = np.stack([(x * y).sum(axis=1) for x, y in pairs])  # (products, cells, modes)
    whole = _parameters(products.sum(axis=1))
    without = _parameters(products.sum(axis=1, keepdims=True) - products)
    count = len(cells)
    values = count * whole - (count - 1) * without.mean(axis=1)
    errors = np.sqrt((count - 1) * without.var(axis=1))
    return FluctuationOscillator(*map(ValueWithError, values, errors))


def _parameters(products: np.ndarray) -> np.ndarray:
    """What is fitted, in the order of `FluctuationOscillator`, from sums of products."""
    s00, s01, s11, r0, r1 = products
    with np.errstate(divide="ignore", invalid="ignore"):
        determinant = s00 * s11 - s01**2
        a = (r0 * s11 - r1 * s01) / determinant
        b = -(r1 * s00 - r0 * s01) / determinant
        ηλ = 1 + b - a
        return np.stack([b, ηλ, 2 * (1 - b) / (1 + b), 2 * ηλ / (1 + b), 4.5 * ηλ * (1 + b) / (1 - b) ** 2])
