"""Optax transformations put to the test: their steps for gradients that are known."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PyTree

from cosmograd.compilation import compiled

# Independent histories of gradients; every entry of the parameters is given one of them.
HISTORIES = 12
# Far above and below any threshold that clips, and an exact power of two: a linear method scales to the last bit.
SCALE = 2.0**60
_UPDATES_AT_A_TIME = 4096
_SEED = 20250

# The runs, each with a factor for the gradients of even and of odd histories, and for the parameters.
_RUNS = {
    "all": (1.0, 1.0, 0.0),
    "even": (1.0, 0.0, 0.0),
    "odd": (0.0, 1.0, 0.0),
    "large": (SCALE, SCALE, 0.0),
    "small": (1 / SCALE, 1 / SCALE, 0.0),
    "still": (0.0, 0.0, 0.0),
    "displaced": (1.0, 1.0, 1.0),
    "drawn": (0.0, 0.0, 1.0),
}


class Probe(NamedTuple):
    """Steps of a transformation under known gradients.

    gradients: white noise, one column a history; steps: of the first entry with each history, in the run with `all`
    gradients, with those of `even` or `odd` histories alone, with `large` and `small` ones (2^±60 times), with none
    (`still`), at parameters that are not zero (by `displacement`) with all gradients (`displaced`) and with none
    (`drawn`). leaves: names of the parameters; apart: how far the steps of a leaf's entries are from those of the first
    entries with the same gradients. timeless: whether updates without a gradient leave the state as it is, so that
    nothing counts them.
    """

    gradients: Float[np.ndarray, "updates histories"]
    steps: dict[str, Float[np.ndarray, "updates histories"]]
    displacement: Float[np.ndarray, " histories"]
    leaves: tuple[str, ...]
    apart: Float[np.ndarray, " leaves"]
    timeless: bool


def sample_parameters() -> PyTree:
    """Parameters of all ranks, for transformations that treat biases, matrices and convolutions apart."""
    shapes = {"bias": (7,), "kernel": (4, 5), "scale": (), "stack": (2, 3, 4), "convolution": (3, 2, 2, 3)}
    arrays = {name: np.zeros(shape) for name, shape in shapes.items()}
    return {"first": {name: arrays.pop(name) for name in ("bias", "kernel")}, "second": list(arrays.values())}


def probe(transformation: optax.GradientTransformation, parameters: PyTree, updates: int) -> Probe:
    """Run the transformation on known gradients, from its own start; `parameters` give the tree and the shapes."""
    paths, tree = jax.tree_util.tree_flatten_with_path(parameters)
    shapes = [np.shape(leaf) for _, leaf in paths]
    sizes = [int(np.prod(shape)) for shape in shapes]
    in_leaves = np.split(np.arange(sum(sizes)) % HISTORIES, np.cumsum(sizes)[:-1])
    columns = [part.reshape(shape) for part, shape in zip(in_leaves, shapes, strict=True)]
    rng = np.random.default_rng(_SEED)
    gradients = rng.standard_normal((updates, HISTORIES))
    displacement = rng.standard_normal(HISTORIES)

    def as_tree(of_histories: Array) -> PyTree:
        return tree.unflatten([of_histories[column] for column in columns])

    def read(step: PyTree) -> tuple[Array, Array]:
        leaves = [jnp.asarray(leaf) for leaf in jax.tree.leaves(step)]
        first = jnp.concatenate([jnp.ravel(leaf) for leaf in leaves])[:HISTORIES]
        apart = [jnp.abs(leaf - first[column]).max() for leaf, column in zip(leaves, columns, strict=True)]
        return first, jnp.stack(apart)

    def start(displaced: Array) -> tuple[tuple[PyTree, PyTree], Array]:
        θ = as_tree(displaced * displacement)
        state = transformation.init(θ)
        _, after = transformation.update(jax.tree.map(jnp.zeros_like, θ), state, θ)
        # Settings may change their precision with the first update; a loop needs one for all of them.
        settled = jax.tree.map(lambda leaf, like: jnp.asarray(leaf).astype(like.dtype), state, after)
        pairs = zip(jax.tree.leaves(settled), jax.tree.leaves(after), strict=True)
        return (θ, settled), jnp.stack([jnp.asarray(True), *(jnp.all(x == y) for x, y in pairs)]).all()

    def some_updates(run: tuple[PyTree, PyTree], factors: Array, signals: Array) -> tuple[PyTree, tuple[Array, Array]]:
        def update(run: tuple[PyTree, PyTree], signal: Array) -> tuple[tuple[PyTree, PyTree], tuple[Array, Array]]:
            θ, state = run
            step, state = transformation.update(as_tree(jnp.tile(factors[:2], HISTORIES // 2) * signal), state, θ)
            return (jax.tree.map(jnp.add, θ, step), state), read(step)

        return jax.lax.scan(update, run, signals)

    def first_updates(factors: Array, signals: Array) -> tuple[PyTree, tuple[Array, Array], Array]:
        run, timeless = start(factors[2])
        return *some_updates(run, factors, signals), timeless

    factors = jnp.asarray(list(_RUNS.values()))
    pieces = [jnp.asarray(gradients[n : n + _UPDATES_AT_A_TIME]) for n in range(0, updates, _UPDATES_AT_A_TIME)]
    run, found, timeless = compiled(jax.vmap(first_updates, in_axes=(0, None)))(factors, pieces[0])
    records, advance = [found], compiled(jax.vmap(some_updates, in_axes=(0, 0, None)))
    for signals in pieces[1:]:
        run, found = advance(run, factors, signals)
        records.append(found)
    steps = [np.asarray(of_histories) for of_histories, _ in records]
    apart = np.concatenate([np.asarray(of_leaves[0]) for _, of_leaves in records]).max(axis=0)
    by_run = dict(zip(_RUNS, np.concatenate(steps, axis=1), strict=True))
    leaves = tuple(jax.tree_util.keystr(path) for path, _ in paths)
    return Probe(gradients, by_run, displacement, leaves, apart, bool(timeless[0]))


def states_of(transformation: optax.GradientTransformation, parameters: PyTree) -> tuple[list[str], list[str]]:
    """What a transformation remembers: the names of its states, and its floating-point types below float64."""
    names: list[str] = []

    def visit(node: Any) -> bool:
        name = type(node).__name__
        if isinstance(node, tuple) and hasattr(node, "_fields") and name not in (*names, "EmptyState"):
            names.append(name)
        return False

    zero = jax.tree.map(lambda leaf: jnp.zeros(jnp.shape(leaf)), parameters)
    leaves = jax.tree.leaves(jax.eval_shape(transformation.init, zero), is_leaf=visit)
    low = {leaf.dtype.name for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.floating) and leaf.dtype.itemsize < 8}
    return names, sorted(low)
