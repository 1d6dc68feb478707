"""Power spectra: a background with a thousand wavenumbers, beside a plain loop of SciPy; a thousand potentials."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp

import cosmograd
from benchmarks.measurement import Measurement, at_most
from benchmarks.timing import race
from cosmograd.cosmology.background import Model, attractor_velocity
from cosmograd.cosmology.potentials import QuadraticPotential
from cosmograd.cosmology.spectra import EFoldsBeforeEnd, PrimordialSpectra, Resolution, spectra

MASS, FIELD, PIVOT = 6e-6, 17.0, EFoldsBeforeEnd(55.0)
WAVENUMBERS = 1000
SCIPY_MODES = 5
# accuracy: largest time for background and modes, in seconds
TARGETS = {1e-5: 0.01, 1e-7: 0.03}


def prepare() -> None:
    """Theory needs float64."""
    cosmograd.enable_float64()


def _spectra(mass: jax.Array, wavenumbers: int, resolution: Resolution) -> PrimordialSpectra:
    model = Model(QuadraticPotential(mass))
    field = jnp.array([FIELD])
    log_k = jnp.linspace(np.log(1e-2), np.log(1e2), wavenumbers)
    return spectra(model, field, attractor_velocity(model, field), PIVOT, log_k, resolution)


def _scipy_loop(tolerance: float) -> np.ndarray:
    """Background, then one mode after another as it oscillates, from k/aH = 100: what a short script would do."""

    def background(n: float, y: np.ndarray) -> list[float]:
        φ, v = y
        return [v, -(3 - v**2 / 2) * (v + 2 / φ)]

    def end(n: float, y: np.ndarray) -> float:
        return y[1] ** 2 / 2 - 1

    end.terminal = True  # pyright: ignore[reportFunctionMemberAccess]
    start = [FIELD, -2 / FIELD]
    solution = solve_ivp(
        background,
        (0, 100),
        start,
        "DOP853",
        dense_output=True,
        events=end,
        rtol=1e-3 * tolerance,
        atol=1e-3 * tolerance,
    )
    total, dense = solution.t[-1], solution.sol

    def local(n: float) -> tuple[float, float, float]:
        φ, v = dense(n)
        ε = v**2 / 2
        return ε, -2 * (3 - ε) * (1 + 2 / φ / v), n + np.log(MASS**2 * φ**2 / 2 / (3 - ε)) / 2

    grid = np.linspace(0, total, 2000)
    log_aH = np.array([local(n)[2] for n in grid])
    powers = []
    for log_k in local(total - 55)[2] + np.linspace(np.log(1e-2), np.log(1e2), SCIPY_MODES):
        first, last = np.interp(log_k - np.log(np.array([100.0, 3e-3])), log_aH, grid)

        def mode(n: float, y: np.ndarray, log_k: float = log_k) -> list[float]:
            ε, change, log_aH = local(n)
            friction, k2 = 3 - ε + change, np.exp(2 * (log_k - log_aH))
            return [y[2], y[3], -friction * y[2] - k2 * y[0], -friction * y[3] - k2 * y[1]]

        ε, change, _ = local(first)
        size = np.exp(-first) / np.sqrt(2 * 2 * ε)
        y0 = [size, 0.0, -size * (1 + change / 2), -100.0 * size]
        y = solve_ivp(mode, (first, last), y0, "DOP853", rtol=tolerance, atol=tolerance * size * 1e-3).y[:, -1]
        powers.append(np.exp(2 * log_k) * (y[0] ** 2 + y[1] ** 2) / (2 * np.pi**2))
    return np.array(powers)


def background_and_modes() -> Iterator[Measurement]:
    """One potential, a thousand wavenumbers over four decades, scalar and tensor, at two accuracies."""
    for accuracy, bound in TARGETS.items():
        resolution = Resolution.for_accuracy(accuracy)
        compiled = cosmograd.compiled(lambda mass, r=resolution: _spectra(mass, WAVENUMBERS, r))
        mass = jnp.array(MASS)
        result = race(
            {"cosmograd": lambda f=compiled, m=mass: f(m).scalar_power, "scipy": lambda a=accuracy: _scipy_loop(a)},
            rounds=7,
            median_of={"cosmograd": 20},
        )
        scipy_total = result.median("scipy") * WAVENUMBERS / SCIPY_MODES
        what = f"background and {WAVENUMBERS} wavenumbers at {accuracy:g}"
        details = {
            "estimated_error": float(compiled(mass).achieved_accuracy),
            "scipy_dop853_loop_s": round(scipy_total, 1),
            "times_faster": round(scipy_total / result.median("cosmograd")),
        }
        yield Measurement(
            what,
            result.median("cosmograd"),
            "s",
            at_most(bound, "s"),
            note=f"Scalar and tensor power. SciPy's loop: {SCIPY_MODES} scalar modes timed, scaled to {WAVENUMBERS}.",
            details=details,
        )
        yield Measurement(
            f"compiling the same at {accuracy:g}", result.compilation("cosmograd"), "s", at_most(3.0, "s")
        )


def many_potentials() -> Iterator[Measurement]:
    """A thousand different potentials with a hundred wavenumbers each, in one call."""
    masses, resolution = jnp.linspace(5e-6, 7e-6, 1000), Resolution.for_accuracy(1e-5)
    on_cpu = jax.default_backend() == "cpu"
    batch = 16 if on_cpu else 1000  # on a CPU what fits into its caches, on an accelerator all of them

    def powers(mass: jax.Array) -> jax.Array:
        return _spectra(mass, 100, resolution).scalar_power

    together = jax.jit(lambda m: jax.lax.map(powers, m, batch_size=batch))
    result = race({"batch": lambda: together(masses)}, rounds=3)
    assert bool(jnp.isfinite(together(masses)).all())
    yield Measurement(
        "1000 potentials × 100 wavenumbers at 1e-05, one call",
        result.median("batch"),
        "s",
        note=f"Batches of {batch} potentials.",
        details={"compile_s": round(result.compilation("batch"), 2)},
    )


BENCHMARKS = (background_and_modes, many_potentials)
