"""Ensembles of networks, trained by any optimiser on any loss, as records of their outputs after every update."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from cosmograd.learning.datasets import circle, digits
from cosmograd.learning.networks import Perceptron


class Ensemble(NamedTuple):
    """outputs: (update, member, point, output); learning_rate: η; kernel: at the start, over the points, the mean over
    members and outputs.
    """

    outputs: np.ndarray
    targets: np.ndarray
    learning_rate: float
    kernel: np.ndarray


def points_of(data: str) -> tuple[jax.Array, jax.Array]:
    """32 points of the circle, of two digits (one output), or of ten (ten outputs)."""
    datasets = {
        "circle": lambda: circle(points=32),
        "two digits": lambda: digits(classes=(0, 1), points=32, encoding="sign"),
        "digits": lambda: digits(points=32, encoding="one-hot"),
    }
    chosen = datasets[data]()
    return jnp.asarray(chosen.inputs, dtype=float), jnp.asarray(chosen.targets, dtype=float)


def squared(outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """½ Σ|f − y|²."""
    return 0.5 * jnp.sum((outputs - targets) ** 2)


def train(
    data: str,
    width: int,
    activation: str,
    optimiser: Callable[[float], optax.GradientTransformation],
    eta_lambda: float,
    seed: int,
    updates: int = 200,
    members: int = 6,
    loss: Callable[[jax.Array, jax.Array], jax.Array] = squared,
    batch: int | None = None,
    decay: float = 0.0,
) -> Ensemble:
    """Two hidden layers, NTK parametrisation; η is `eta_lambda` over the largest eigenvalue of the first kernel."""
    x, y = points_of(data)
    network = Perceptron((x.shape[1], width, width, y.shape[1]), activation=activation)
    keys = jax.random.split(jax.random.key(seed), members)
    starts = [network.initialise(key, jnp.float64) for key in keys]
    kernels = [_kernel(network, start, x) for start in starts]
    η = eta_lambda / np.linalg.eigvalsh(kernels[0][0])[-1]
    transformation = optimiser(η)

    def full(parameters: Any) -> jax.Array:
        penalty = sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(parameters))
        return loss(network.apply(parameters, x), y) + 0.5 * decay * penalty

    def partial(parameters: Any, chosen: jax.Array) -> jax.Array:
        return loss(network.apply(parameters, x[chosen]), y[chosen]) * (len(x) / len(chosen))

    @jax.jit
    def run(start: Any, key: jax.Array) -> jax.Array:
        def update(carry: tuple[Any, Any], key: jax.Array) -> tuple[tuple[Any, Any], jax.Array]:
            parameters, state = carry
            if batch is None:
                gradient = jax.grad(full)(parameters)
            else:
                gradient = jax.grad(partial)(parameters, jax.random.choice(key, len(x), (batch,), replace=False))
            step, state = transformation.update(gradient, state, parameters)
            return (optax.apply_updates(parameters, step), state), network.apply(parameters, x)

        return jax.lax.scan(update, (start, transformation.init(start)), jax.random.split(key, updates + 1))[1]

    outputs = [run(start, jax.random.fold_in(key, 1)) for start, key in zip(starts, keys, strict=True)]
    return Ensemble(
        np.stack([np.asarray(one) for one in outputs], axis=1), np.asarray(y), float(η), np.mean(kernels, axis=(0, 1))
    )


def _kernel(network: Perceptron, parameters: Any, x: jax.Array) -> np.ndarray:
    """The tangent kernel of each output, (output, point, point)."""
    return np.stack([np.asarray(_of_output(network, parameters, x, n)) for n in jnp.arange(network.widths[-1])])


@eqx.filter_jit
def _of_output(network: Perceptron, parameters: Any, x: jax.Array, output: jax.Array) -> jax.Array:
    jacobian = jax.jacrev(lambda p: network.apply(p, x)[:, output])(parameters)
    flat = [leaf.reshape(len(x), -1) for leaf in jax.tree.leaves(jacobian)]
    return sum((part @ part.T for part in flat), jnp.zeros((len(x), len(x))))
