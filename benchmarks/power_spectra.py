"""Power spectra: a background with a thousand wavenumbers, beside plain loops of SciPy and Diffrax; many potentials;
second calls, which compile nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp

import cosmograd
from benchmarks.measurement import Measurement, at_most
from benchmarks.timing import race, seconds
from cosmograd.cosmology.background import Model, acceleration, attractor_velocity, inflate
from cosmograd.cosmology.potentials import FunctionPotential, QuadraticPotential
from cosmograd.cosmology.spectra import EFoldsBeforeEnd, PrimordialSpectra, Resolution, primordial_spectra, spectra

MASS, FIELD, PIVOT = 6e-6, 17.0, EFoldsBeforeEnd(55.0)
WAVENUMBERS = 1000
SCIPY_MODES = 5
# accuracy: largest time for background and modes, in seconds
TARGETS = {1e-5: 0.01, 1e-7: 0.03}
# fields: largest time of a second call, of a first one that compiles
SECOND_CALLS = {1: 0.02, 2: 0.1, 5: 0.3, 12: 0.5}


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


def _diffrax_modes(mass: jax.Array, tolerance: float, resolution: Resolution) -> jax.Array:
    """The same background, then scalar modes alone as they oscillate, from k/aH = 100, by one vmap of Tsit5."""
    model = Model(QuadraticPotential(mass))
    field = jnp.array([FIELD])
    history = inflate(model, field, attractor_velocity(model, field), resolution.background)
    log_k = PIVOT.log_wavenumber(history) + jnp.linspace(np.log(1e-2), np.log(1e2), WAVENUMBERS)

    def power(log_k: jax.Array) -> jax.Array:
        def local(n: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
            at = history.continued_phase(n)
            v = at.velocity[0]
            return v**2 / 2, 2 * acceleration(model, at.field, at.velocity)[0] / v, n + at.log_hubble

        def rate(n: Any, y: jax.Array, args: Any) -> jax.Array:
            del args
            ε, change, log_aH = local(n)
            return jnp.concatenate([y[2:], -(3 - ε + change) * y[2:] - jnp.exp(2 * (log_k - log_aH)) * y[:2]])

        first, last = (history.horizon_crossing(log_k - jnp.log(x)) for x in (100.0, 3e-3))
        ε, change, log_aH = local(first)
        x, size = jnp.exp(log_k - log_aH), jnp.exp(-first) / jnp.sqrt(2 * jnp.exp(log_k) * 2 * ε)
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(rate), diffrax.Tsit5(), first, last, None,
            jnp.stack([jnp.ones(()), jnp.zeros(()), -1 - change / 2, -x]),
            stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=1e-3 * tolerance),
        )  # fmt: skip
        assert solution.ys is not None
        return jnp.exp(3 * log_k) * size**2 * jnp.sum(solution.ys[-1][:2] ** 2) / (2 * jnp.pi**2)

    return jax.vmap(power)(log_k)


def beside_diffrax() -> Iterator[Measurement]:
    """Against a plain Diffrax vmap of the scalar modes; ours has tensors and error estimates besides."""
    accuracy, mass = 1e-5, jnp.array(MASS)
    resolution = Resolution.for_accuracy(accuracy)
    ours = cosmograd.compiled(lambda m: _spectra(m, WAVENUMBERS, resolution).scalar_power)
    plain = cosmograd.compiled(lambda m: _diffrax_modes(m, 1e-6, resolution))
    exact = cosmograd.compiled(lambda m: _spectra(m, WAVENUMBERS, Resolution.for_accuracy(1e-9)).scalar_power)(mass)
    result = race({"cosmograd": lambda: ours(mass), "diffrax": lambda: plain(mass)}, 7, median_of={"cosmograd": 10})
    errors = {name: float(jnp.max(jnp.abs(f(mass) / exact - 1))) for name, f in (("ours", ours), ("plain", plain))}
    yield Measurement(
        f"times faster than a plain Diffrax vmap, {WAVENUMBERS} wavenumbers at {accuracy:g}",
        result.speed_ratio("cosmograd", "diffrax"),
        note="Tsit5 at rtol 1e-6 on the oscillating modes, from k/aH = 100; scalar modes alone.",
        details={
            "diffrax_s": round(result.median("diffrax"), 4),
            "diffrax_error": errors["plain"],
            "cosmograd_error": errors["ours"],
        },
    )


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


class _Masses(eqx.Module):
    """V = Σ m²φ²/2."""

    masses: jax.Array

    def __call__(self, field: jax.Array) -> jax.Array:
        return jnp.sum(self.masses**2 * field**2) / 2


def _quadratic_fields(fields: int, lightest: float, start: float) -> Callable[[], PrimordialSpectra]:
    """A spectrum of fields whose masses rise to twice the lightest."""
    masses = lightest * 2 ** (np.arange(fields) / max(fields - 1, 1))
    potential = QuadraticPotential(lightest) if fields == 1 else FunctionPotential(_Masses(jnp.asarray(masses)), fields)
    field, k = np.full(fields, start / np.sqrt(fields)), np.geomspace(1e-2, 1e2, 81)
    return lambda: primordial_spectra(Model(potential), field, wavenumbers=k)


def second_spectra() -> Iterator[Measurement]:
    """`primordial_spectra` with other masses and another start, after the first call in a process."""
    for fields in SECOND_CALLS:
        first, second = _quadratic_fields(fields, 6e-6, 17.0), _quadratic_fields(fields, 5e-6, 17.3)
        seconds_of_first = seconds(lambda call=first: call().scalar_power)
        seconds_of_second = seconds(lambda call=second: call().scalar_power)
        result = race(
            {"first": lambda c=first: c().scalar_power, "second": lambda c=second: c().scalar_power}, rounds=5
        )
        yield Measurement(
            f"second spectrum of {fields} field{'s' * (fields > 1)} beside the first one of a process",
            seconds_of_second / seconds_of_first,
            "",
            at_most(SECOND_CALLS[fields]),
            note="81 wavenumbers at 1e-5, other masses, another start; nothing is compiled.",
            details={
                "first_call_s": round(seconds_of_first, 2),
                "second_call_s": round(seconds_of_second, 3),
                "later_calls_s": round(result.median("second"), 3),
                "achieved_accuracy": float(second().achieved_accuracy),
            },
        )


BENCHMARKS = (background_and_modes, beside_diffrax, many_potentials, second_spectra)
