"""The expansion of an inflating background as a given history in cosmic time, for test fields in it."""

import jax
import numpy as np

from cosmograd.cosmology.background.inflation import InflationHistory
from cosmograd.cosmology.expansion import TabulatedExpansion

_ROWS_PER_E_FOLD = 100


def expansion_of_inflation(
    history: InflationHistory, e_folds_before_end: float, hubble_rate: float = 1.0
) -> TabulatedExpansion:
    r"""a(t) from the start of inflation to its end, with a = 1 and H = `hubble_rate` at t = 0.

    $t = \int dN/H$ from the moment that is `e_folds_before_end` before the end: the unit of time is the caller's, by
    the Hubble rate there. Cubic splines of ln a on 100 rows per e-fold: H is exact to some 1e-8 in slow roll.
    Raises ValueError where the history does not hold that moment.
    """
    total = float(history.e_folds_total)
    if not 0 < e_folds_before_end < total:
        raise ValueError(
            f"the history has {total:.4g} e-folds to its end, and t = 0 is to be {e_folds_before_end:g} before it; "
            "take fewer, or start inflation higher up."
        )
    origin = total - e_folds_before_end
    before, after = (max(4, round(_ROWS_PER_E_FOLD * length)) for length in (origin, e_folds_before_end))
    N = np.concatenate([np.linspace(0.0, origin, before), np.linspace(origin, total, after)[1:]])
    nodes, weights = np.polynomial.legendre.leggauss(4)
    widths = np.diff(N)
    inside = N[:-1, None] + widths[:, None] * (nodes + 1) / 2
    log_hubble = np.asarray(
        jax.vmap(lambda n: history.continued_phase(n).log_hubble)(np.append(inside.ravel(), origin))
    )
    inverse = np.exp(log_hubble[-1] - log_hubble[:-1]).reshape(inside.shape) / hubble_rate
    t = np.concatenate([[0.0], np.cumsum(widths / 2 * (inverse @ weights))])
    return TabulatedExpansion.from_scale_factor(t - t[before - 1], np.exp(N - origin))
