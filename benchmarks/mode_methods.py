"""Forms in which a mode can be followed through horizon crossing, at equal steps, against exact Hankel functions.

Power-law inflation, a ∝ t^(1/ε), has constant ε: R'' + (3 − ε)R' + x²R = 0 in e-folds, whose vacuum is
y^ν H_ν(y), with y = x/(1 − ε) and ν = 3/2 + ε/(1 − ε). Every form takes the same steps of Runge-Kutta's classical
method over a thousand values of ε; the one that the library uses is the covariance relative to de Sitter space.
"""

from collections.abc import Callable, Iterator
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import hankel1

from benchmarks.measurement import Measurement
from benchmarks.timing import race
from cosmograd.compilation import compiled
from cosmograd.cosmology.spectra import Resolution
from cosmograd.precision import enable_float64
from cosmograd.solvers import stage_chain

prepare = enable_float64

MODES = 1000
ε = np.linspace(0.005, 0.02, MODES)
ACCURACIES = (1e-5, 1e-7)

State = tuple[jax.Array, ...]


def _exact(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """R and dR/dN at k/aH = x."""
    s, ν = 1 - ε, 1.5 + ε / (1 - ε)
    y = x / s
    return y**ν * hankel1(ν, y), -x * y**ν * hankel1(ν - 1, y)


def _covariance(R: np.ndarray, change: np.ndarray, x: np.ndarray) -> State:
    products = (np.abs(R) ** 2 / (1 + x**2), -np.real(R.conj() * change) / x**2, np.abs(change) ** 2 / x**4)
    return tuple(map(jnp.asarray, products))


def _covariance_rate(state: State, x2: jax.Array) -> State:
    α, β, γ = state
    s, d = 1 - ε, 2 * (1 - ε) - (3 - ε)
    return 2 * x2 / (1 + x2) * (s * α - β), α + x2 * (α - γ) + d * β, 2 * (β + d * γ)


def _riccati(R: np.ndarray, change: np.ndarray, _: np.ndarray) -> State:
    return jnp.log(np.abs(R) ** 2), jnp.divide(change, R)


def _riccati_rate(state: State, x2: jax.Array) -> State:
    _, w = state
    return 2 * w.real, -(w**2) - (3 - ε) * w - x2


def _amplitude(R: np.ndarray, change: np.ndarray, x: np.ndarray) -> State:
    return tuple(
        map(
            jnp.asarray,
            (np.log(np.abs(R) ** 2), 2 * np.real(change / R), np.log(np.abs(np.imag(change / R)) * np.abs(R) ** 2)),
        )
    )


def _amplitude_rate(state: State, x2: jax.Array) -> State:
    """The last is the logarithm of the Wronskian, which falls as e^{−(3−ε)N}."""
    size, d, wronskian = state
    return d, -(d**2) / 2 - (3 - ε) * d + 2 * jnp.exp(2 * (wronskian - size)) - 2 * x2, jnp.full_like(size, -3.0) + ε


def _oscillating(R: np.ndarray, change: np.ndarray, _: np.ndarray) -> State:
    return jnp.asarray(R), jnp.asarray(change)


def _oscillating_rate(state: State, x2: jax.Array) -> State:
    R, change = state
    return change, -jnp.multiply(3 - ε, change) - x2 * R


# Each: variables at the start, their rate, and |R|² at the end, where k/aH = x.
FORMS: dict[str, tuple[Callable, Callable, Callable]] = {
    "covariance relative to de Sitter": (_covariance, _covariance_rate, lambda y, x: (1 + x**2) * y[0]),
    "Riccati": (_riccati, _riccati_rate, lambda y, x: jnp.exp(y[0])),
    "amplitude (Ermakov)": (_amplitude, _amplitude_rate, lambda y, x: jnp.exp(y[0])),
    "oscillating": (_oscillating, _oscillating_rate, lambda y, x: jnp.abs(y[0]) ** 2),
}


def _solver(form: str, ends: np.ndarray) -> Callable[[], jax.Array]:
    """|R|² at the last of the ends, in e-folds from horizon crossing."""
    variables, rate, power = FORMS[form]
    first, last = (np.exp(-(1 - ε) * n) for n in ends[[0, -1]])
    start = variables(*_exact(first), first)
    grid, widths = jnp.asarray(ends), jnp.asarray(np.diff(ends))

    @compiled
    def solve(start: State) -> jax.Array:
        def slope(state: State, step: jax.Array, node: jax.Array) -> State:
            n = grid[step] + node / 2 * widths[step]
            return rate(state, jnp.exp(-2 * (1 - ε) * n))

        return power(stage_chain(slope, lambda step: widths[step], start, len(widths))[0], last)

    return lambda: solve(start)


def forms_at_equal_steps() -> Iterator[Measurement]:
    """Largest relative error of |R|² in each form, and what it costs."""
    for accuracy in ACCURACIES:
        settings = Resolution.for_accuracy(accuracy).modes
        ends = settings.step_ends()
        exact = np.abs(_exact(np.exp(-(1 - ε) * ends[-1]))[0]) ** 2
        solvers = {form: _solver(form, ends) for form in FORMS}
        times = race(solvers, rounds=5, median_of=dict.fromkeys(solvers, 10))
        for form, solve in solvers.items():
            yield Measurement(
                f"{form}: error of |R|², {len(ends) - 1} steps (those for {accuracy:g})",
                float(np.max(np.abs(np.asarray(solve()) / exact - 1))),
                note=f"{MODES} modes of power-law inflation, ε from 0.005 to 0.02, from k/aH = {settings.start:g}.",
                details={"run_s": round(times.median(form), 5)},
            )


def adaptive_oscillating() -> Iterator[Measurement]:
    """The plain way: Diffrax follows each mode as it oscillates, adaptively."""
    ends = Resolution.for_accuracy(ACCURACIES[0]).modes.step_ends()
    first, last = (np.exp(-(1 - ε) * n) for n in ends[[0, -1]])
    R, change = _exact(first)
    scale = np.abs(R)
    start = jnp.asarray(np.stack([np.real(R), np.imag(R), np.real(change), np.imag(change)]).T / scale[:, None])

    def follow(y0: jax.Array, ε: jax.Array) -> jax.Array:
        def rate(n: Any, y: jax.Array, args: Any) -> jax.Array:
            del args
            force = (3 - ε) * y[2:] + jnp.exp(-2 * (1 - ε) * n) * y[:2]
            return jnp.concatenate([y[2:], -force])

        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(rate), diffrax.Tsit5(), ends[0], ends[-1], None, y0,
            stepsize_controller=diffrax.PIDController(rtol=1e-6, atol=1e-9),
        )  # fmt: skip
        assert solution.ys is not None
        return jnp.sum(solution.ys[-1][:2] ** 2)

    together = compiled(lambda y0: jax.vmap(follow)(y0, jnp.asarray(ε)))
    exact = np.abs(_exact(last)[0]) ** 2
    times = race({"diffrax": lambda: together(start)}, rounds=3, median_of={"diffrax": 5})
    yield Measurement(
        "oscillating, Diffrax's Tsit5 at rtol 1e-6, vmap: error of |R|²",
        float(np.max(np.abs(np.asarray(together(start)) * scale**2 / exact - 1))),
        note=f"The same {MODES} modes and stretch as the first steps above.",
        details={"run_s": round(times.median("diffrax"), 5)},
    )


BENCHMARKS = (forms_at_equal_steps, adaptive_oscillating)
