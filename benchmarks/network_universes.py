"""Universes on networks: the ensemble's time, and what a network costs against direct solver and bare scheme."""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

import cosmograd
from benchmarks.measurement import Measurement, at_most
from benchmarks.timing import race
from cosmograd.cosmology import DeSitter
from cosmograd.duality import norm_ratio
from cosmograd.duality.analogue import (
    FieldTheory,
    compile_analogue,
    compile_ensemble,
    direct_path,
    evolve_ensemble,
    field_potential,
    fixed_kernel_path,
    mode_function_start,
    periodic_box,
    vacuum_modes,
)
from cosmograd.learning.networks import Perceptron

MEMBERS, STEP, UPDATES = 512, 0.02, 200


def prepare() -> None:
    """Float64, and one member per core."""
    cosmograd.enable_float64()
    cosmograd.use_every_core()


def _theory() -> FieldTheory:
    return FieldTheory(periodic_box(1, 6), DeSitter(1.0), field_potential())


def ensemble() -> Iterator[Measurement]:
    """512 universes of four e-folds on networks of width 128 with 16 points, in float64."""
    theory, network = _theory(), Perceptron((2, 128, 1), weight_scale=3.0, bias_scale=1.0)
    vacuum, keys = vacuum_modes(theory, 0.0), (jax.random.key(2), jax.random.key(1))
    universes = compile_ensemble(theory, network, keys[0], vacuum, keys[1], MEMBERS, STEP, UPDATES)

    def networks() -> Any:
        return universes.train()[0]

    times = race({"networks": networks}, 5)
    last = networks()[:, -1]
    exact = np.asarray(universes.direct(universes.schedule.times[-1:]))[:, -1]
    powers = [np.mean(x**2, axis=0) for x in (last, exact)]
    yield Measurement(
        f"{MEMBERS} universes, width 128, 16 points, {UPDATES} updates",
        times.first_calls["networks"],
        "s",
        at_most(30.0, "s"),
        note="Compilation included; drawing of the networks, their kernels and all fields at every update too.",
        details={
            "without_compilation_s": round(times.median("networks"), 3),
            "largest_error_of_a_mode's_power": float(np.max(np.abs(powers[0] / powers[1] - 1))),
        },
    )


def against_direct() -> Iterator[Measurement]:
    """One universe: a network of width 512, the leapfrog scheme alone, and the direct solver at 1e-6 a step."""
    theory, network = _theory(), Perceptron((2, 512, 1), weight_scale=3.0, bias_scale=1.0)
    start = mode_function_start(theory, vacuum_modes(theory, 0.0))
    problem = compile_analogue(theory, network, network.initialise(jax.random.key(0)), start, 0.01, 400)
    exact = direct_path(problem)
    q, v = start.coefficients[None], start.velocities[None]

    def direct() -> Any:
        return evolve_ensemble(theory, 0.0, q, v, problem.schedule.times[1:], 1e-6)

    competitors = {
        "network": lambda: problem.train().fields,
        "scheme": lambda: fixed_kernel_path(theory, problem.schedule, start.coefficients, problem.before),
        "direct": direct,
    }
    times = race(competitors, 7, median_of=dict.fromkeys(competitors, 5))
    errors = {
        "network": norm_ratio(np.asarray(problem.train().fields) - exact, exact),
        "scheme": norm_ratio(np.asarray(competitors["scheme"]()) - exact, exact),
        "direct": norm_ratio(np.asarray(direct())[0] - exact[1:], exact[1:]),
    }
    yield Measurement(
        "time of a network's universe over that of the direct solver, width 512, 12 modes, 400 updates",
        times.speed_ratio("direct", "network"),
        "×",
        note="The direct solver is Diffrax's Dopri8 at 1e-6 a step with all 400 times kept. What a network does beside "
        "the scheme is to be a network: it is no way to save time.",
        details={f"{name}_s": round(times.median(name), 5) for name in competitors}
        | {f"{name}_error": error for name, error in errors.items()},
    )


BENCHMARKS = (ensemble, against_direct)
