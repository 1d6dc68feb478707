r"""In which regime a mode is learned, and when.

A mode of a squared loss obeys $d_{n+1} = a\,d_n - b\,d_{n-1}$ (`AbstractOptimiser.mode_recursion`). Its regime is read
off the roots of $r^2 - ar + b = 0$, that is off the real map and not off its continuous limit. For heavy ball:

| regime | range | roots |
|---|---|---|
| light | ηλ < (1−√β)² | real, positive: overdamped, slow roll |
| critical | ηλ = (1−√β)² | equal (in the continuum: m = 3H/2) |
| underdamped | up to (1+√β)² | a complex pair: oscillates while it decays |
| period-two | up to 2(1+β) | real, negative: flips sign at every update, no continuum dual |
| unstable | above 2(1+β) | larger than one in modulus: the linear theory diverges |
"""

from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import ArrayLike, Bool, Float

from cosmograd.duality.oscillators_of_modes import mode_oscillators
from cosmograd.learning.optimisers import AbstractOptimiser

Regime = Literal["light", "critical", "underdamped", "period-two", "unstable"]
REGIMES: tuple[str, ...] = get_args(Regime)

# Roots count as equal, and as no larger than one, to this accuracy: what round-off leaves of an exact coincidence.
_COINCIDENCE = 1e-12

_LEARNED = np.exp(-1.0)


def recursion_regimes(a: Any, b: Any) -> np.ndarray:
    """Name of the regime for each recursion d_{n+1} = a d_n − b d_{n−1}; `a` and `b` broadcast."""
    a, b = np.broadcast_arrays(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    # Stable means |b| ≤ 1 and |a| ≤ 1 + b (the Schur–Cohn conditions).
    unstable = ~((np.abs(b) <= 1 + _COINCIDENCE) & (np.abs(a) <= 1 + b + _COINCIDENCE))
    a, b = np.where(unstable, 0.0, a), np.where(unstable, 0.0, b)  # nothing else is asked of these, nor overflows
    discriminant = a * a - 4 * b
    equal = np.abs(discriminant) <= _COINCIDENCE * np.maximum(a * a, 4 * np.abs(b)) + _COINCIDENCE**2
    critical = equal & (a >= -_COINCIDENCE)
    return np.select(
        [unstable, critical, discriminant < 0, (a < 0) | (b < 0)],
        ["unstable", "critical", "underdamped", "period-two"],
        "light",
    )


def mode_regimes(eigenvalues: Float[ArrayLike, " modes"], optimiser: AbstractOptimiser, update: int = 0) -> np.ndarray:
    """Regime of each mode under the optimiser at `update`, as text; eigenvalues are those of the loss's Hessian."""
    a, b = optimiser.mode_recursion(np.asarray(eigenvalues, dtype=np.float64), update)
    return recursion_regimes(a, b)


def continuum_regimes(
    eigenvalues: Float[ArrayLike, " modes"], optimiser: AbstractOptimiser, update: int = 0
) -> np.ndarray:
    r"""What the second-order effective theory takes each mode for: m against half its friction, blind to the step.

    For heavy ball that is m against 3H/2. It knows no period-two and no unstable modes; where its answer differs from
    `mode_regimes`, the analogy fails.
    """
    friction, mass_squared = mode_oscillators(eigenvalues, optimiser, update)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 4 * mass_squared / friction**2
    critical = np.abs(ratio - 1) <= 1e-9
    return np.select([critical, ratio > 1], ["critical", "underdamped"], "light")


def continuum_critical_eta_lambda(optimiser: AbstractOptimiser, update: int = 0) -> float:
    r"""The ηλ at which the second-order effective theory is critically damped: $(1-\beta)^2/2(1+\beta)$ for heavy ball.

    Where $2(1+b-a)(1+b) = (1-b)^2$, quadratic in ηλ as a and b are linear.
    """
    _, b_0, da, db = _linear_coefficients(optimiser, update)
    dc, rest = db - da, 1 - b_0  # 1 + b − a = dc · ηλ
    square, linear = 2 * dc * db - db**2, 2 * dc * (1 + b_0) + 2 * rest * db
    return 2 * rest**2 / (linear + (linear**2 + 4 * square * rest**2) ** 0.5)


def _linear_coefficients(optimiser: AbstractOptimiser, update: int) -> tuple[float, float, float, float]:
    """a and b at ηλ = 0, and their slopes in ηλ."""
    η = float(optimiser.learning_rate_at(update))
    a_0, b_0 = (float(x) for x in optimiser.mode_recursion(0.0, update))
    a_1, b_1 = (float(x) for x in optimiser.mode_recursion(1.0 / η, update))
    return a_0, b_0, a_1 - a_0, b_1 - b_0


def largest_stable_eta_lambda(optimiser: AbstractOptimiser, update: int = 0) -> float:
    r"""The ηλ at which the first root passes −1: $2(1+\beta)$ for heavy ball, $2(1+\beta)/(1+2\beta)$ for Nesterov.

    Both a and b are linear in ηλ; the limit is where 1 + a + b = 0.
    """
    a_0, b_0, da, db = _linear_coefficients(optimiser, update)
    return -(1 + a_0 + b_0) / (da + db)


def largest_stable_eigenvalue(optimiser: AbstractOptimiser, run: int = 1, first: int = 0) -> float:
    """The largest λ of the loss's Hessian that no update of a `run` amplifies; under a schedule, of the worst one.

    first: the update from which on they count.
    """
    import jax
    import jax.numpy as jnp

    def limit(update: jax.Array) -> jax.Array:
        η = optimiser.learning_rate_at(update)
        (a_0, b_0), (a_1, b_1) = (optimiser.mode_recursion(λ, update) for λ in (jnp.zeros_like(η), 1 / η))
        still = η == 0  # as at the first update of a warm-up
        return jnp.where(still, jnp.inf, -(1 + a_0 + b_0) / (a_1 - a_0 + b_1 - b_0) / η)

    return float(jax.vmap(limit)(jnp.arange(first, run)).min())


def regime_boundaries(optimiser: AbstractOptimiser, update: int = 0) -> Float[np.ndarray, " 3"]:
    r"""The ηλ at which modes turn critical, period-two and unstable, in this order.

    Equal roots mean $a^2 = 4b$, quadratic in ηλ: $(1\mp\sqrt\beta)^2$ for heavy ball, $((1-\beta)/(1+\beta))^2$ and 1
    for Nesterov. Between the two solutions modes are underdamped; at β = 0 both are 1.
    """
    a_0, b_0, da, db = _linear_coefficients(optimiser, update)
    middle = -(a_0 * da - 2 * db) / da**2
    half_width = max(middle**2 - (a_0**2 - 4 * b_0) / da**2, 0.0) ** 0.5
    stable = largest_stable_eta_lambda(optimiser, update)
    return np.array([middle - half_width, middle + half_width, stable])


def updates_to_learn(
    eigenvalues: Float[ArrayLike, " modes"], optimiser: AbstractOptimiser, run: int | None = None
) -> Float[np.ndarray, " modes"]:
    r"""The smallest n after which a mode stays within 1/e of its start, NaN when it never does.

    Exact at fixed kernel, from the mode's own recursion started from rest; with weight decay for a mode that settles at
    zero, as where the target is what decay alone leads to. A schedule ends with the `run`, a number of
    updates: there it is the time after which the mode stays learned to the run's end.
    """
    λ = np.atleast_1d(np.asarray(eigenvalues, dtype=np.float64))
    if not optimiser.constant:
        if run is None:
            raise ValueError("under a schedule `updates_to_learn` needs `run`, the number of updates that it lasts.")
        return _within_run(λ, optimiser, run)
    a, b = (np.broadcast_to(np.asarray(x, dtype=np.float64), λ.shape) for x in optimiser.mode_recursion(λ, 0))
    first = 1 - _first_step(optimiser, λ)
    regimes = recursion_regimes(a, b)
    times = np.full(λ.shape, np.nan)
    # A complex pair has |r|² = b; its root may round to one.
    radius = np.where(regimes == "underdamped", b, _spectral_radius(a, b))
    grows_or_stays = (regimes == "unstable") | ~((λ > 0) | optimiser.decays) | (radius >= 1)
    oscillating = (regimes == "underdamped") & ~grows_or_stays
    settling = ~grows_or_stays & ~oscillating
    if settling.any():
        times[settling] = _by_doubling(a[settling], b[settling], first[settling])
    for index in np.flatnonzero(oscillating):
        times[index] = _by_envelope(float(a[index]), float(b[index]), float(first[index]))
    return times


def _within_run(λ: np.ndarray, optimiser: AbstractOptimiser, run: int) -> np.ndarray:
    """One pass through the run, which remembers when each mode was last above 1/e (or not a number)."""
    import jax
    import jax.numpy as jnp

    transformation = optimiser.transformation()
    eigenvalues = jnp.asarray(λ)

    def update(n: jax.Array, carry: Any) -> Any:
        d, memory, last_above = carry
        step, memory = transformation.update(eigenvalues * d, memory, d)  # pyright: ignore[reportArgumentType]
        d = d + jnp.asarray(step)
        unlearned = ~(jnp.abs(d) <= _LEARNED)
        return d, memory, jnp.where(unlearned, n + 1, last_above)

    start = jnp.ones_like(eigenvalues)
    last_above = jnp.zeros(eigenvalues.shape, dtype=int)
    _, _, last_above = jax.lax.fori_loop(0, run, update, (start, transformation.init(start), last_above))
    last_above = np.asarray(last_above)
    return np.where(last_above < run, last_above + 1.0, np.nan)


def _first_step(optimiser: AbstractOptimiser, λ: np.ndarray) -> np.ndarray:
    """How far the very first update goes, from rest, for modes that start at 1 and settle at 0."""
    import jax.numpy as jnp

    transformation = optimiser.transformation()
    start = jnp.ones_like(jnp.asarray(λ))
    step, _ = transformation.update(jnp.asarray(λ), transformation.init(start), start)
    return -np.asarray(step)


def _spectral_radius(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        root = np.sqrt((a * a - 4 * b).astype(complex))
    return np.maximum(np.abs(a + root), np.abs(a - root)) / 2


def _above(deviation: np.ndarray) -> Bool[np.ndarray, " modes"]:
    return np.abs(deviation) > _LEARNED


def _by_doubling(a: np.ndarray, b: np.ndarray, first: np.ndarray) -> np.ndarray:
    """For modes that, once learned, stay so: 1 + the largest n with |d_n| > 1/e, by powers 2^k of the recursion."""
    step = np.stack([np.stack([a, -b], axis=-1), np.stack([np.ones_like(a), np.zeros_like(a)], axis=-1)], axis=-2)
    state = np.stack([first, np.ones_like(first)], axis=-1)  # (d_{n+1}, d_n) at n = 0
    powers = [step]
    for _ in range(62):
        powers.append(powers[-1] @ powers[-1])
    updates = np.zeros(a.shape)
    for exponent in range(62, -1, -1):
        ahead = np.einsum("mij,mj->mi", powers[exponent], state)
        stays_above = _above(ahead[:, 1])
        state = np.where(stays_above[:, None], ahead, state)
        updates = updates + np.where(stays_above, 2.0**exponent, 0.0)
    return np.where(updates < 2.0**62, updates + 1, np.nan)


def _by_envelope(a: float, b: float, first: float) -> float:
    """For a complex pair ρe^{±iϑ}: d_n = Re(C ρⁿ e^{inϑ}); search back from where the envelope |C|ρⁿ is 1/e."""
    ρ, decay = b**0.5, -np.log(b) / 2  # ln(1/ρ); the root itself may round to one
    ϑ = np.arctan2(np.sqrt(4 * b - a * a), a)
    amplitude = 1 - 1j * (first - a / 2) / (ρ * np.sin(ϑ))
    end = max(0, int(np.ceil(np.log(abs(amplitude) * np.e) / decay)))
    # Peaks of |cos| come every π/ϑ or, seen stroboscopically, every π/(π − ϑ) updates.
    window = int(min(end, 1_000_000, 64 + 4 * np.pi / ϑ + 4 * np.pi / (np.pi - ϑ)))
    n = np.arange(end - window, end + 1)
    deviation = np.real(amplitude * np.exp(-n * decay + 1j * n * ϑ))
    late = np.flatnonzero(_above(deviation))
    return float(n[late[-1]] + 1) if late.size else float(n[0])
