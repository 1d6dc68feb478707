"""A network that simulates a universe: Bunch-Davies modes through horizon crossing and freeze-out, and an Optax loop.

Run it with `python examples/universe_on_a_network.py`; some 20 seconds on two cores, most of them compiling.
"""

from typing import Any

import cosmograd

cosmograd.enable_float64()

import jax
import jax.numpy as jnp
import numpy as np
import optax

from cosmograd.cosmology import DeSitter
from cosmograd.duality.analogue import (
    FieldTheory,
    compile_analogue,
    direct_path,
    field_potential,
    mode_function_start,
    periodic_box,
    vacuum_modes,
)
from cosmograd.duality.optimisers import friedmann
from cosmograd.learning.networks import Perceptron

# A massless field in de Sitter space, H = 1, on the modes 1 … 6 of a periodic box of comoving length 2π.
theory = FieldTheory(periodic_box(1, 6), DeSitter(1.0), field_potential())
start = mode_function_start(theory, vacuum_modes(theory, time=0.0))

network = Perceptron((2, 256, 1), weight_scale=3.0, bias_scale=1.0)
parameters = network.initialise(jax.random.key(0))
problem = compile_analogue(theory, network, parameters, start, time_step=0.02, updates=200)
print("expected:", problem.predicted, "  largest stable step:", problem.largest_stable_step)

fields = np.asarray(problem.train().fields)
direct = direct_path(problem)
error = np.linalg.norm(fields - direct) / np.linalg.norm(direct)
print(f"four e-folds of training follow the universe to {error:.1e}")
assert error < 2 * problem.predicted.total < 1e-3

# Once outside the horizon, cosine² + sine² of a wavenumber is H²/2k³.
cos, sin = (fields[-1, [wave.shape == shape for wave in theory.box.waves], 0] for shape in ("cos", "sin"))
k = np.arange(1, 7)
print("k³|δφ|²/2π² over (H/2π)²:", (k**3 * (cos**2 + sin**2) / (2 * np.pi**2) * 4 * np.pi**2).round(3))

# The universe as an optimiser: the loss drives the expansion that slows its own fall.
optimiser = friedmann(time_step=0.1, cosmological_constant=0.03)
θ, state = jnp.array([2.0, -1.0]), optimiser.init(jnp.array([2.0, -1.0]))
for _ in range(400):
    loss, gradient = jax.value_and_grad(lambda θ: jnp.sum(θ**2) / 2)(θ)
    step, state = optimiser.update(gradient, state, θ, value=loss)
    θ = optax.apply_updates(θ, step)
universe: Any = state
print(
    f"loss {loss:.1e} after {universe.log_scale_factor:.2f} e-folds; H fell to {universe.hubble_rate:.4f}, √(Λ/3) = 0.1"
)
assert abs(float(universe.hubble_rate) - 0.1) < 1e-3
