r"""The mean loss of training by minibatches, exactly: linearised networks on N points, and spectra of many points.

**N points.** Residuals $d = f - y$ and velocities v of a linearised network under heavy ball with batches of B, drawn
independently at every update, have $P = E[dd^{\mathsf T}]$, $Q = E[dv^{\mathsf T}]$, $S = E[vv^{\mathsf T}]$ with

$$S' = \beta^2S - \beta(Q^{\mathsf T}G + GQ) + \eta^2\,\tfrac{1}{B^2}\Theta M\Theta, \quad X = \beta Q - PG, \quad
  Q' = X + S', \quad P' = P + X + X^{\mathsf T} + S',$$

$G = \eta\Theta/N$ and $M = s_1\,\mathrm{blockdiag}(P) + s_2P$, where the outputs of one example form one block: with
replacement $s_1 = B/N$, $s_2 = B(B-1)/N^2$, without $s_2 = B(B-1)/(N(N-1))$, $s_1 = B/N - s_2$. The loss is
$\mathrm{tr}\,P/2N$. It holds from the first update on, for any $\eta_n$, $\beta_n$.

**Many points.** One pass over fresh batches of Gaussian features with covariance eigenvalues λ_i and label noise σ²:
$p_i = E[(\theta-\theta^*)_i^2]$, and q, s with the velocities; with $\bar S = \sum_j\lambda_jp_j + \sigma^2$

$$s' = \beta^2s - 2\eta\beta\lambda q + \eta^2\big((1+\tfrac1B)\lambda^2p + \tfrac{\lambda\bar S}{B}\big), \quad
  x = \beta q - \eta\lambda p, \quad q' = x + s', \quad p' = p + 2x + s',$$

loss $\bar S/2$: three numbers per mode, differentiable in everything. Formulas derived afresh; tested by simulation.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float
from scipy.optimize import brentq

from cosmograd.compilation import compiled
from cosmograd.duality.effective_theory import Updates, at_stops, checked_updates, to_stops
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.learning.optimisers.abstract import value_at
from cosmograd.precision import require_float64

# Powers of the map by which its spectral radius is found, and the accuracy at which it is.
_MOST_POWERS, _SETTLED = 4000, 1e-8


class Sampling(NamedTuple):
    """Batches of so many of all points, drawn with or without replacement inside a batch."""

    batch: int
    points: int
    replacement: bool

    @property
    def shares(self) -> tuple[float, float]:
        """s₁ and s₂ over B²."""
        B, N = self.batch, self.points
        if self.replacement:
            return 1 / (B * N), (B - 1) / (B * N**2)
        pair = (B - 1) / (B * N * max(N - 1, 1))
        return 1 / (B * N) - pair, pair


class _Moments(NamedTuple):
    """P, Q and S; they are symmetric but Q."""

    residuals: Array
    mixed: Array
    velocities: Array


def minibatch_mean(
    kernel: Float[ArrayLike, "size size"],
    residuals: Float[ArrayLike, "points outputs"],
    optimiser: AbstractOptimiser,
    batch: int,
    updates: Updates,
    replacement: bool = False,
) -> tuple[Float[np.ndarray, " records"], Float[np.ndarray, " records"]]:
    """Mean loss ½Σ|d|²/N of a linearised network at the asked updates, and that of the mean residuals alone.

    kernel: Θ over flattened outputs, points slowest; residuals: f − y at the start. The loss is the mean over points;
    ValueError for methods that are not heavy ball.
    """
    require_float64("the mean over minibatches")
    d = jnp.asarray(residuals, float)
    points, outputs = d.shape
    shares = jnp.asarray(_checked(batch, points, replacement).shares)
    stops = tuple(int(stop) for stop in checked_updates(updates))
    rates, momenta = _settings(optimiser)
    start = jnp.outer(d.ravel(), d.ravel())
    mean, coherent = _means(jnp.asarray(kernel, float), start, d.ravel(), rates, momenta, shares, outputs, stops)
    return np.asarray(mean) / points, np.asarray(coherent) / points


def _checked(batch: int, points: int, replacement: bool) -> Sampling:
    if batch < 1 or (not replacement and batch > points):
        raise ValueError(f"a batch of {batch} cannot be drawn from {points} points.")
    return Sampling(int(batch), points, replacement)


def _settings(optimiser: AbstractOptimiser) -> tuple[Array, Array]:
    b = np.asarray(optimiser.mode_recursion(jnp.array([0.0, 1.0]), 3)[1])
    if optimiser.decays or b[0] != b[1]:
        raise ValueError(
            f"minibatches are averaged over for gradient descent and heavy ball, with schedules; got {optimiser!r}."
        )
    return jnp.asarray(optimiser.learning_rate, float), jnp.asarray(optimiser.momentum, float)


def _next(moments: _Moments, η: Array, β: Array, kernel: Array, shares: Array, outputs: int) -> _Moments:
    P, Q, S = moments
    points = P.shape[0] // outputs
    G = η / points * kernel
    blocks = P.reshape(points, outputs, points, outputs)
    same = jnp.eye(points)[:, None, :, None]
    M = (shares[0] * blocks * same + shares[1] * blocks).reshape(P.shape)
    QG = Q.T @ G
    S = β**2 * S - β * (QG + QG.T) + η**2 * (kernel @ M @ kernel)
    S = (S + S.T) / 2
    X = β * Q - P @ G
    P = P + X + X.T + S
    return _Moments((P + P.T) / 2, X + S, S)


@compiled
def _means(
    kernel: Array,
    start: Array,
    d_0: Array,
    rates: Array,
    momenta: Array,
    shares: Array,
    outputs: int,
    stops: tuple[int, ...],
) -> tuple[Array, Array]:
    points = start.shape[0] // outputs

    def update(n: Array, state: tuple[_Moments, Array, Array]) -> tuple[_Moments, Array, Array]:
        moments, d, v = state
        η, β = value_at(rates, n), value_at(momenta, n)
        v = β * v - η / points * (kernel @ d)
        return _next(moments, η, β, kernel, shares, outputs), d + v, v

    zero = jnp.zeros_like(start)
    state = (_Moments(start, zero, zero), d_0, jnp.zeros_like(d_0))
    found = at_stops(
        update, state, np.asarray(stops), lambda s: jnp.stack([jnp.trace(s[0].residuals), jnp.sum(s[1] ** 2)]) / 2
    )
    return found[:, 0], found[:, 1]


def mean_square_radius(
    kernel: Float[ArrayLike, "size size"],
    learning_rate: float,
    momentum: float,
    batch: int,
    outputs: int = 1,
    replacement: bool = False,
) -> float:
    """Factor by which the second moments grow in an update in the long run; training is stable where it is below one.

    By powers of the map, which keeps second moments positive; on the range of the kernel.
    """
    require_float64("the mean over minibatches")
    Θ = jnp.asarray(kernel, float)
    sampling = _checked(batch, Θ.shape[0] // outputs, replacement)
    return float(_radius(Θ, jnp.asarray(learning_rate, float), jnp.asarray(momentum, float),
                         jnp.asarray(sampling.shares), outputs))  # fmt: skip


@compiled
def _radius(kernel: Array, η: Array, β: Array, shares: Array, outputs: int) -> Array:
    size = kernel.shape[0]

    def total(moments: _Moments) -> Array:
        return jnp.trace(moments.residuals) + jnp.trace(moments.velocities)

    def power(state: tuple[_Moments, Array, Array, Array]) -> tuple[_Moments, Array, Array, Array]:
        moments, before, _, count = state
        after = _next(_next(moments, η, β, kernel, shares, outputs), η, β, kernel, shares, outputs)
        growth = total(after)
        moments = jax.tree.map(lambda part: part / jnp.where(growth > 0, growth, 1.0), after)
        return moments, jnp.sqrt(growth), before, count + 1

    def goes_on(state: tuple[_Moments, Array, Array, Array]) -> Array:
        _, now, before, count = state
        return (count < _MOST_POWERS) & ~(jnp.abs(now - before) <= _SETTLED * now)

    start = kernel @ kernel / jnp.sum(kernel**2)
    zero = jnp.zeros((size, size))
    state = (_Moments(start, zero, zero), jnp.asarray(0.0), jnp.asarray(-1.0), jnp.asarray(0))
    return jax.lax.while_loop(goes_on, power, state)[1]


def largest_stable_learning_rate(
    kernel: Float[ArrayLike, "size size"],
    momentum: float,
    batch: int,
    outputs: int = 1,
    replacement: bool = False,
    accuracy: float = 1e-4,
) -> float:
    r"""The largest η at which minibatch training is stable in the mean square; at most that of full batches.

    There the noise $C = \eta^2\Theta\,\mathrm{Var}(P)\,\Theta$ that second moments P make keeps just these alive. In
    the modes of Θ, with $g_i = \eta\lambda_i/N$, $\sigma = g_i + g_j$, $\pi = g_ig_j$, the stationary answer to C is

    $$P_{ij} = C_{ij}\Big/\Big[(1-\beta)\sigma + \frac{\beta(\sigma^2 - 2(1+\beta)\pi)}{1-\beta^2} - \pi\Big],$$

    and the spectral radius of P ↦ P, which grows with η, is one. accuracy: relative, of η.
    """
    require_float64("the mean over minibatches")
    Θ = np.asarray(kernel, float)
    sampling = _checked(batch, len(Θ) // outputs, replacement)
    λ, vectors = np.linalg.eigh((Θ + Θ.T) / 2)
    λ = np.where(λ > len(λ) * np.finfo(float).eps * λ[-1], λ, 0.0)
    full = 2 * (1 + momentum) * sampling.points / λ[-1]
    if batch >= sampling.points and not replacement:
        return full
    arrays = (jnp.asarray(λ), jnp.asarray(vectors), jnp.asarray(momentum, float), jnp.asarray(sampling.shares))

    def excess(logarithm: float) -> float:
        gain = float(_gain(*arrays, jnp.asarray(np.exp(logarithm)), outputs))
        return np.log(gain) if gain > 0 else -np.inf

    low, high = np.log(full) - 1.0, np.log(full * (1 - 1e-6))
    if excess(high) < 0:
        return full
    while excess(low) > 0:
        low -= 1.0
    root: Any = brentq(excess, low, high, xtol=accuracy)
    return float(np.exp(root))


@compiled
def _gain(λ: Array, vectors: Array, β: Array, shares: Array, η: Array, outputs: int) -> Array:
    """Spectral radius of the map from second moments to those that their noise keeps alive."""
    size = λ.shape[0]
    points = size // outputs
    g = η * λ / points
    total, product = g[:, None] + g[None], g[:, None] * g[None]
    answer = (1 - β) * total + β * (total**2 - 2 * (1 + β) * product) / (1 - β**2) - product
    known = (λ[:, None] > 0) & (λ[None] > 0)
    factor = jnp.where(known, η**2 * λ[:, None] * λ[None] / jnp.where(known, answer, 1.0), 0.0)
    same = jnp.eye(points)[:, None, :, None]

    def image(P: Array) -> Array:
        blocks = (vectors @ P @ vectors.T).reshape(points, outputs, points, outputs)
        spread = shares[0] * blocks * same + (shares[1] - 1 / points**2) * blocks
        return factor * (vectors.T @ spread.reshape(size, size) @ vectors)

    def power(state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        P, before, _, count = state
        P = image(P)
        growth = jnp.trace(P)
        return (P + P.T) / (2 * jnp.where(growth > 0, growth, 1.0)), growth, before, count + 1

    def goes_on(state: tuple[Array, Array, Array, Array]) -> Array:
        _, now, before, count = state
        return (count < _MOST_POWERS) & ~(jnp.abs(now - before) <= 1e-6 * now)

    start = (jnp.diag(λ) / jnp.sum(λ), jnp.asarray(0.0), jnp.asarray(-1.0), jnp.asarray(0))
    return jax.lax.while_loop(goes_on, power, start)[1]


class SpectrumMean(NamedTuple):
    """loss: at the asked updates; power: p_i at the last."""

    loss: Float[Array, " records"]
    power: Float[Array, " modes"]


def mean_of_spectrum(
    eigenvalues: Float[ArrayLike, " modes"],
    power: Float[ArrayLike, " modes"],
    optimiser: AbstractOptimiser,
    batch: int,
    updates: Updates,
    label_noise: float = 0.0,
) -> SpectrumMean:
    """Mean loss S̄/2 of one pass over fresh batches; eigenvalues: of the features' covariance; power: p_i at the start.

    label_noise: σ², its variance. ValueError for methods that are not heavy ball.
    """
    require_float64("the mean over minibatches")
    if batch < 1:
        raise ValueError(f"`batch` must be ≥ 1, got {batch}.")
    rates, momenta = _settings(optimiser)
    stops = tuple(int(stop) for stop in checked_updates(updates))
    λ, p = (jnp.asarray(x, float) for x in (eigenvalues, power))
    return SpectrumMean(
        *_spectrum(λ, p, rates, momenta, jnp.asarray(batch, float), jnp.asarray(label_noise, float), stops)
    )


@compiled
def _spectrum(
    λ: Array, power: Array, rates: Array, momenta: Array, batch: Array, noise: Array, stops: tuple[int, ...]
) -> tuple[Array, Array]:
    def update(n: Array, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        p, q, s = state
        η, β = value_at(rates, n), value_at(momenta, n)
        total = jnp.sum(λ * p) + noise
        s = β**2 * s - 2 * η * β * λ * q + η**2 * ((1 + 1 / batch) * λ**2 * p + λ * total / batch)
        x = β * q - η * λ * p
        return p + 2 * x + s, x + s, s

    start = (power, jnp.zeros_like(λ), jnp.zeros_like(λ))
    state, losses = to_stops(update, start, np.asarray(stops), lambda s: (jnp.sum(λ * s[0]) + noise) / 2)
    return losses, state[0]
