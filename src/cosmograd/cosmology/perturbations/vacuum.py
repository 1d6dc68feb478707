r"""The adiabatic vacuum of a mode deep inside the horizon.

In conformal time a mode obeys $v'' + (k^2 - U)v = 0$ with $U = z''/z$. The vacuum's power is the asymptotic series of
Gel'fand and Dikii (1975),

$$2k|v|^2 = 1 + \frac{U}{2k^2} + \frac{3U^2 - U''}{8k^4} + \frac{10U^3 - 10UU'' - 5U'^2 + U''''}{32k^6} + \dots,$$

which ends after the first term in de Sitter space ($U = 2/\tau^2$): Bunch and Davies.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.solvers import derivative_at_samples

TERMS = 3


class Vacuum(NamedTuple):
    """power: $2k|v|^2$; slope: its derivative by N over itself; last_term: size of the last term of the series kept."""

    power: Float[Array, "*kinds modes"]
    slope: Float[Array, "*kinds modes"]
    last_term: Float[Array, "*kinds modes"]


def vacuum_coefficients(
    rate_of_log_aH: Float[Array, "grid *kinds"], potential: Float[Array, "grid *kinds"], width: Float[Array, ""]
) -> tuple[Float[Array, "terms grid *kinds"], Float[Array, "terms grid *kinds"]]:
    r"""Coefficients $T_p$ of the series in powers of $(aH/k)^2$, and their derivatives by N, on an equidistant grid.

    potential: q, with $U = (aH)^2q$; from $s = (\ln aH)'$, each derivative by conformal time of $(aH)^pr$ is
    $(aH)^{p+1}(p\,s\,r + r')$.
    """
    s = rate_of_log_aH
    u = [potential]  # U and its derivatives, in units of powers of aH
    for p in range(2, 6):
        u.append(p * s * u[-1] + derivative_at_samples(u[-1], width))
    terms = (
        u[0] / 2,
        (3 * u[0] ** 2 - u[2]) / 8,
        (10 * u[0] ** 3 - 10 * u[0] * u[2] - 5 * u[1] ** 2 + u[4]) / 32,
    )
    along_grid = jnp.stack(terms, axis=1)
    return jnp.stack(terms), jnp.moveaxis(derivative_at_samples(along_grid, width), 1, 0)


def adiabatic_vacuum(
    coefficients: Float[Array, "terms *kinds modes"],
    changes: Float[Array, "terms *kinds modes"],
    rate_of_log_aH: Float[Array, " modes"],
    log_x: Float[Array, " modes"],
) -> Vacuum:
    """The series at ln(k/aH) = `log_x`, from its coefficients and their derivatives by N there."""
    y = jnp.exp(-2 * log_x)  # (aH/k)², which grows as y′ = 2sy
    power, change, term = jnp.ones(()), jnp.zeros(()), jnp.zeros(())
    for p in range(1, TERMS + 1):
        term = coefficients[p - 1] * y**p
        power = power + term
        change = change + (changes[p - 1] + 2 * p * rate_of_log_aH * coefficients[p - 1]) * y**p
    return Vacuum(power, change / power, jnp.abs(term))
