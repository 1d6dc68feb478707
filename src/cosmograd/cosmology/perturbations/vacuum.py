r"""The adiabatic vacuum of a mode deep inside the horizon.

In conformal time a mode obeys $v'' + (k^2 - U)v = 0$ with $U = z''/z$. The vacuum's power is the asymptotic series of
Gel'fand and Dikii (1975),

$$2k|v|^2 = 1 + \frac{U}{2k^2} + \frac{3U^2 - U''}{8k^4} + \frac{10U^3 - 10UU'' - 5U'^2 + U''''}{32k^6} + \dots,$$

which ends after the first term in de Sitter space ($U = 2/\tau^2$): Bunch and Davies.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


class Vacuum(NamedTuple):
    """power: $2k|v|^2$; slope: its derivative by N over itself; last_term: size of the last term of the series kept."""

    power: Float[Array, " modes"]
    slope: Float[Array, " modes"]
    last_term: Float[Array, " modes"]


def adiabatic_vacuum(
    rate_of_log_aH: Float[Array, "nodes modes"],
    rate_of_log_z: Float[Array, "nodes modes"],
    log_x: Float[Array, "nodes modes"],
    derivative: Float[np.ndarray, "nodes nodes"],
) -> Vacuum:
    r"""The series at the first of some nodes in N, from $s = (\ln aH)'$, $(\ln z)'$ and $\ln(k/aH)$ on all of them.

    U is $(aH)^2q$ with $q = \zeta^2 + s\zeta + \zeta'$, $\zeta = (\ln z)'$; each derivative by conformal time of
    $(aH)^pr$ is $(aH)^{p+1}(p\,s\,r + r')$. Derivatives by N come from `derivative`.
    """
    s, ζ = rate_of_log_aH, rate_of_log_z
    d = jnp.asarray(derivative)
    u = [ζ**2 + s * ζ + d @ ζ]  # U and its derivatives by conformal time, in units of powers of aH
    for p in range(2, 6):
        u.append(p * s * u[-1] + d @ u[-1])
    terms = (
        u[0] / 2,
        (3 * u[0] ** 2 - u[2]) / 8,
        (10 * u[0] ** 3 - 10 * u[0] * u[2] - 5 * u[1] ** 2 + u[4]) / 32,
    )
    y = jnp.exp(-2 * log_x[0])  # (aH/k)², which grows as y′ = 2sy
    power = sum((term[0] * y**p for p, term in enumerate(terms, 1)), jnp.ones_like(y))
    changes = ((d[0] @ term + 2 * p * s[0] * term[0]) * y**p for p, term in enumerate(terms, 1))
    change = sum(changes, jnp.zeros_like(y))
    return Vacuum(power, change / power, jnp.abs(terms[-1][0] * y**3))
