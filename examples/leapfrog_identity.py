"""Heavy-ball training is, with no approximation, a leapfrog integration of a scalar field in de Sitter space."""

import cosmograd

cosmograd.enable_float64()

import jax
import jax.numpy as jnp

from cosmograd.duality import dual_universe
from cosmograd.learning.optimisers import HeavyBall


def loss(θ):
    """Any loss will do: this one is not quadratic."""
    return jnp.sum(θ**2 / 2 + θ**4 / 8)


learning_rate, momentum, updates = 0.05, 0.8, 100
start = jnp.array([1.0, -0.4])

# The network's side: heavy ball from rest.
optimiser = HeavyBall(learning_rate, momentum).transformation()
state, θ, trained = optimiser.init(start), start, [start]
for _ in range(updates):
    step, state = optimiser.update(jax.grad(loss)(θ), state, θ)
    θ = θ + jnp.asarray(step)
    trained.append(θ)

# The universe's side: central differences for φ'' + 3Hφ' + V'(φ) = 0 with V = L, in canonical time.
universe = dual_universe(learning_rate, momentum)
δ, h = universe.time_step, 1.5 * universe.hubble_rate * universe.time_step
before, field, evolved = start, start, [start]
for _ in range(updates):
    before, field = field, (2 * field - (1 - h) * before - δ**2 * jax.grad(loss)(field)) / (1 + h)
    evolved.append(field)

difference = float(jnp.abs(jnp.stack(trained) - jnp.stack(evolved)).max())
print(f"H = {universe.hubble_rate:.4f}, Λ = {universe.cosmological_constant:.4f}, difference {difference:.1e}")
assert difference < 1e-13
