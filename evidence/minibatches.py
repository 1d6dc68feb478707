"""The mean loss of training by minibatches against thousands of runs of linearised networks, and against real ones.

Networks on 64 digits, one output or three, batches of 1, 8 and 32 without replacement, momentum 0 and 0.9, constant and
cosine learning rates at half of the mean-square limit. Declared before any run was made: seeds, 2000 runs, the updates
at which the mean losses are compared jointly (Hotelling's T²), at the 1 % level each. Real networks of widths 64 to
1024 are trained 200 times each from one start by the same rule; their distance is |mean loss / predicted − 1|, the mean
over the same updates, and the scatter of that mean is stated beside it.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import scipy.stats

from cosmograd.duality.minibatch_mean import largest_stable_learning_rate, minibatch_mean
from cosmograd.learning.datasets import digits
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.optimisers import HeavyBall, tabulated
from cosmograd.learning.tangent_kernel import tangent_kernel

SEED = 20261210
POINTS, WIDTH, RUNS, UPDATES, LEVEL = 64, 256, 2000, 120, 0.01
STOPS = np.array([1, 3, 8, 20, 45, 80, 120])
WIDTHS, REAL_RUNS = (64, 256, 1024), 200


class Setting(NamedTuple):
    """One comparison; seed: of its runs."""

    outputs: int
    batch: int
    momentum: float
    schedule: str
    seed: int


def settings() -> list[Setting]:
    """All of them, each with its own seed."""
    found = []
    for outputs in (1, 3):
        for batch in (1, 8, 32):
            for momentum in (0.0, 0.9):
                for schedule in ("constant", "cosine"):
                    seed = SEED + 1000 * outputs + 100 * batch + 10 * int(momentum > 0) + int(schedule == "cosine")
                    found.append(Setting(outputs, batch, momentum, schedule, seed))
    return found


def measure() -> dict[str, Any]:
    """Every comparison with its p-value, and the distance of real networks by width."""
    entries = []
    for setting in settings():
        kernel, d, *_ = _network(WIDTH, setting.outputs)
        rates = _rates(kernel, setting)
        expected, _ = minibatch_mean(kernel, d, HeavyBall(rates, setting.momentum), setting.batch, STOPS)
        losses = _simulated(jnp.asarray(kernel), jnp.asarray(d), rates, setting)
        off = losses.mean(axis=0) / expected - 1
        entries.append(setting._asdict() | {"p": _joint(losses / expected), "largest_off": float(np.abs(off).max())})
        print(entries[-1], flush=True)
    real = {str(width): _real(width) for width in WIDTHS}
    return {
        "rejected": sum(entry["p"] < LEVEL for entry in entries),
        "of": len(entries),
        "distance_of_real_networks": real,
        "entries": entries,
    }


def _network(width: int, outputs: int) -> tuple[np.ndarray, np.ndarray, Perceptron, Any, np.ndarray, np.ndarray]:
    data = digits(points=POINTS, encoding="one-hot")
    network = Perceptron((64, width, width, outputs))
    parameters = network.initialise(jax.random.key(SEED), jnp.float64)
    kernel, y = tangent_kernel((network.apply, parameters), data.inputs), data.targets[:, :outputs]
    return kernel.matrix, kernel.outputs - y, network, parameters, data.inputs, y


def _rates(kernel: np.ndarray, setting: Setting) -> np.ndarray:
    η = 0.5 * largest_stable_learning_rate(kernel, setting.momentum, setting.batch, setting.outputs, accuracy=1e-2)
    if setting.schedule == "constant":
        return np.full(UPDATES, η)
    return η * tabulated(optax.cosine_decay_schedule(1.0, UPDATES, 0.01), UPDATES)


def _joint(ratios: np.ndarray) -> float:
    """p of Hotelling's T² that all ratios have the mean one."""
    runs, off = len(ratios), ratios.mean(axis=0) - 1
    covariance = np.cov(ratios.T) / runs
    kept = np.sqrt(np.diag(covariance)) > 1e-9
    statistic = off[kept] @ np.linalg.solve(covariance[np.ix_(kept, kept)], off[kept])
    k = int(kept.sum())
    return float(scipy.stats.f.sf(statistic * (runs - k) / (k * (runs - 1)), k, runs - k))


def _simulated(Θ: jax.Array, d_0: jax.Array, rates: np.ndarray, setting: Setting) -> np.ndarray:
    """½|d|²/N at the stops of every run, in function space."""
    points, outputs = d_0.shape

    def run(key: jax.Array) -> jax.Array:
        def update(carry: tuple[jax.Array, jax.Array], numbers: tuple[jax.Array, jax.Array]) -> Any:
            d, v = carry
            η, key = numbers
            chosen = jax.random.permutation(key, points)[: setting.batch]
            force = jnp.zeros((points, outputs)).at[chosen].add(d.reshape(points, outputs)[chosen])
            v = setting.momentum * v - η / setting.batch * (Θ @ force.ravel())
            return (d + v, v), 0.5 * jnp.sum((d + v) ** 2) / points

        start = (d_0.ravel(), jnp.zeros(d_0.size))
        return jax.lax.scan(update, start, (jnp.asarray(rates), jax.random.split(key, UPDATES)))[1][STOPS - 1]

    keys = jax.random.split(jax.random.key(setting.seed), RUNS)
    return np.asarray(jax.jit(lambda keys: jax.lax.map(run, keys, batch_size=250))(keys))


def _real(width: int) -> dict[str, float]:
    """Real networks, one output, batches of 8, β = 0.9."""
    kernel, d, network, parameters, x, y = _network(width, 1)
    setting = Setting(1, 8, 0.9, "constant", SEED + width)
    rates = _rates(kernel, setting)
    expected, _ = minibatch_mean(kernel, d, HeavyBall(rates, 0.9), 8, STOPS)
    inputs, targets = jnp.asarray(x), jnp.asarray(y)

    def loss(θ: Any, chosen: jax.Array) -> jax.Array:
        return 0.5 * jnp.sum((network.apply(θ, inputs[chosen]) - targets[chosen]) ** 2) / setting.batch

    def run(key: jax.Array) -> jax.Array:
        def update(carry: tuple[Any, Any], numbers: tuple[jax.Array, jax.Array]) -> Any:
            (θ, v), (η, key) = carry, numbers
            gradient = jax.grad(loss)(θ, jax.random.permutation(key, POINTS)[: setting.batch])
            v = jax.tree.map(lambda v, g: setting.momentum * v - η * g, v, gradient)
            θ = jax.tree.map(jnp.add, θ, v)
            return (θ, v), 0.5 * jnp.sum((network.apply(θ, inputs) - targets) ** 2) / POINTS

        start = (parameters, jax.tree.map(jnp.zeros_like, parameters))
        return jax.lax.scan(update, start, (jnp.asarray(rates), jax.random.split(key, UPDATES)))[1][STOPS - 1]

    keys = jax.random.split(jax.random.key(setting.seed), REAL_RUNS)
    ratios = np.asarray(jax.jit(lambda keys: jax.lax.map(run, keys))(keys)) / expected
    distance = float(np.abs(ratios.mean(axis=0) - 1).mean())
    found = {"distance": distance, "scatter": float((ratios.std(axis=0) / REAL_RUNS**0.5).mean())}
    print(width, found, flush=True)
    return found
