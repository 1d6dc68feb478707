r"""Motion of modes that decouple under heavy ball, per unit of its starting amplitudes, and how it changes with the
masses.

In the eigenbasis of K every mode obeys a recursion of its own,

$$d_{n+1} = d_n + \beta(d_n - d_{n-1}) - s_n\kappa\,g_n, \qquad g_n = d_n + a\beta(d_n - d_{n-1}),$$

with κ = ηλ, a learning-rate profile $s_n$ (one for constant learning rates), and a = 1 for Nesterov's method, 0 for
heavy ball. A change of K moves mode i by $z_{n+1} = z_n + \dots - s_n\,\delta K_{ij}\,g^{(j)}_n$: the same recursion
with a source, from $z_0 = 0$. For a network that was at rest before its first record the first amplitude is $d_0$; a
kick is what $d_1$ has beside. Both are solutions of a banded triangular system.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float

# A response beyond this has diverged; it is cut, so that a trial step is rejected and not fatal.
_LARGEST = 1e6


class Motion(NamedTuple):
    """What all modes share: β, the learning-rate profile at each update, whether the gradient is taken ahead (a)."""

    momentum: float
    profile: Float[np.ndarray, " updates"]
    ahead: bool = False


def mode_responses(
    motion: Motion, eta_lambda: float, kick: bool, offset: bool
) -> tuple[Float[np.ndarray, "updates amplitudes"], Float[np.ndarray, "updates amplitudes"]]:
    """Motion of one mode for each unit amplitude (d₀, kick, end), and the points g at which its gradient is taken."""
    β, s, ahead = motion
    source = np.zeros((len(s), 1 + kick))
    start = np.zeros_like(source)
    start[0, 0] = 1.0
    source[0, 0] = -s[0] * eta_lambda
    if kick:
        source[0, 1] = 1.0
    d = _followed(motion, eta_lambda, start, source)
    g = d + (ahead * β) * np.diff(d, axis=0, prepend=d[:1])
    if offset:
        d = np.concatenate([d, np.ones((len(s), 1))], axis=1)
        g = np.concatenate([g, np.zeros((len(s), 1))], axis=1)
    return d, g


def responses_to_sources(
    motion: Motion, eta_lambda: float, sources: Float[np.ndarray, "updates sources"]
) -> Float[np.ndarray, "updates sources"]:
    """What is added to d by sources added to d_{n+1} at every update n, from zero."""
    return _followed(motion, eta_lambda, np.zeros_like(sources), sources)


def _followed(motion: Motion, κ: float, start: np.ndarray, source: np.ndarray) -> np.ndarray:
    """d from d₀ = start[0] and d₁ = d₀ + source[0] on; source[n] is added to d_{n+1}, the force at n ≥ 1 besides."""
    β, s, ahead = motion
    given = np.empty_like(source)
    given[0], given[1], given[2:] = start[0], start[0] + source[0], source[1:-1]
    # Rows d_{n+1} − first d_n + second d_{n−1} = source, below the two that are given.
    bands = np.zeros((3, len(s)))
    bands[0] = 1.0
    bands[1, 1:-1] = κ * (1 + ahead * β) * s[1:-1] - (1 + β)
    bands[2, :-2] = β - κ * ahead * β * s[1:-1]
    with np.errstate(over="ignore", invalid="ignore"):
        (solve,) = scipy.linalg.get_lapack_funcs(("tbtrs",), (bands, given))
        d, _ = solve(bands, given, uplo="L", diag="U")  # forward alone: what diverges is cut below
        return np.where(np.abs(d) < _LARGEST, d, _LARGEST)
