"""An expansion history becomes a schedule: a universe with a ∝ t is the accelerated method of Nesterov."""

import cosmograd

cosmograd.enable_float64()

import jax.numpy as jnp
import numpy as np
from scipy.special import j1

from cosmograd.cosmology import PowerLawExpansion
from cosmograd.duality import schedule_of_expansion
from cosmograd.learning.optimisers import HeavyBall

errors = []
for updates in (100, 200, 400):
    δ = 6.0 / updates
    schedule = schedule_of_expansion(PowerLawExpansion(1.0), δ, updates, start_time=δ / 2)
    n = np.arange(1, updates)
    assert np.allclose(schedule.momentum[1:], (n - 1) / (n + 2))  # Nesterov's momentum

    optimiser = HeavyBall(schedule.learning_rate, schedule.momentum).transformation()
    x, worst = jnp.array(1.0), 0.0
    state = optimiser.init(x)
    for i in range(updates - 1):
        step, state = optimiser.update(x, state, x)  # the gradient of x²/2 is x
        x, t = x + jnp.asarray(step), (i + 1.5) * δ
        worst = max(worst, abs(float(x) - 2 * j1(t) / t))  # exact: φ = 2 J₁(t)/t
    errors.append(worst)
    print(f"δ = {δ:.3f}: distance to the exact field {worst:.1e}")
order = np.log2(errors[1] / errors[2])
print(f"order {order:.2f}")
assert abs(order - 2) < 0.1
