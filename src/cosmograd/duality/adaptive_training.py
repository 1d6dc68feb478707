r"""Training of a linearised network by a method with a preconditioner, step by step in its parameters.

Adam divides by averages of the gradients that it meets, so that modes hold while these stand still only. The linearised
network makes its own gradients, $g = \tfrac1NJ^{\mathsf T}\ell'(f)$, and with them its own $\hat v$:

$$f_n = f_0 + J(\theta_n - \theta_0), \qquad \theta_{n+1} = \theta_n + \text{step}(g_n, \theta_n),$$

exact for a network that is linear in its parameters, and the forecast of one that is not.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from cosmograd.compilation import compiled
from cosmograd.duality.effective_theory import Updates, checked_updates, to_stops
from cosmograd.learning.losses import AbstractLoss
from cosmograd.learning.networks import AbstractModel, AbstractNetwork, JaxModel
from cosmograd.learning.optimisers import AbstractAdaptive
from cosmograd.precision import require_float64

# Numbers in the Jacobian of a model that JAX does not compute: 1 GiB.
_LARGEST_JACOBIAN = 2**27
# Rows of a preconditioned kernel at a time.
_ROWS = 16


class AdaptiveForecast(NamedTuple):
    """outputs: of training, then probe points; kernels: the preconditioned ones of the training points at the first
    update, and at the last; not divided by the loss's N.
    """

    outputs: Float[np.ndarray, "records points outputs"]
    first_kernel: Float[np.ndarray, "size size"]
    last_kernel: Float[np.ndarray, "size size"]


class _OfNetwork(eqx.Module):
    """J of a network that JAX computes, never formed."""

    network: AbstractNetwork
    start: PyTree
    points: Array

    def __call__(self, displacement: PyTree) -> Array:
        return jax.jvp(lambda θ: self.network.apply(θ, self.points), (self.start,), (displacement,))[1]


class _OfMatrix(eqx.Module):
    """J as a matrix, of any other model."""

    matrix: Array
    start: Array
    outputs: int = eqx.field(static=True)

    def __call__(self, displacement: Array) -> Array:
        return (self.matrix @ displacement).reshape(-1, self.outputs)


def adaptive_outputs(
    model: AbstractModel,
    inputs: Float[np.ndarray, "points ..."],
    probe_inputs: Float[np.ndarray, "probe_points ..."] | None,
    targets: Float[np.ndarray, "points outputs"],
    loss: AbstractLoss,
    method: AbstractAdaptive,
    updates: Updates,
) -> AdaptiveForecast:
    """Outputs at the asked updates, on training, then probe points, from the model's own parameters on.

    ValueError where the model is none of JAX's and its Jacobian would take more than a gigabyte.
    """
    require_float64("the effective theory")
    stops = tuple(int(stop) for stop in checked_updates(updates))
    everything = inputs if probe_inputs is None else np.concatenate([inputs, probe_inputs])
    f_0 = jnp.asarray(model.outputs(everything))
    if isinstance(model, JaxModel):
        tangent, everywhere = (
            _OfNetwork(model.network, model.parameters, jnp.asarray(x)) for x in (inputs, everything)
        )
    else:
        tangent, everywhere = _matrices(model, inputs, everything)
    outputs, first, last = _train(tangent, everywhere, f_0, jnp.asarray(targets), loss, method, stops)
    first_kernel, last_kernel = (np.asarray(_kernel(tangent, P)) for P in (first, last))
    return AdaptiveForecast(np.asarray(outputs), first_kernel, last_kernel)


def _matrices(model: Any, inputs: np.ndarray, everything: np.ndarray) -> tuple[_OfMatrix, _OfMatrix]:
    rows = len(everything) * model.output_size
    if rows * model.parameter_count > _LARGEST_JACOBIAN:
        raise ValueError(
            f"the Jacobian of {model.description} on {len(everything)} points would hold {rows} × "
            f"{model.parameter_count} numbers, more than {_LARGEST_JACOBIAN}; a forecast of its training by a method "
            "with a preconditioner needs fewer points, or the same model in JAX."
        )
    jacobian = np.concatenate([part.numpy() for part in model.jacobian(everything)], axis=1)
    start = jnp.asarray(np.concatenate([part.numpy().ravel() for part in model.parameters.values()]))
    matrix = jnp.asarray(jacobian)
    k = model.output_size
    return _OfMatrix(matrix[: len(inputs) * k], start, k), _OfMatrix(matrix, start, k)


class _Carry(NamedTuple):
    """Parameters, the method's memory, and the average of squared gradients."""

    parameters: PyTree
    memory: Any
    squares: PyTree


@compiled
def _train(
    tangent: Any,
    everywhere: Any,
    f_0: Array,
    targets: Array,
    loss: AbstractLoss,
    method: AbstractAdaptive,
    stops: tuple[int, ...],
) -> tuple[Array, PyTree, PyTree]:
    transformation, start, points = method.transformation(), tangent.start, targets.shape[0]
    pull = jax.linear_transpose(tangent, start)

    def gradient(parameters: PyTree) -> PyTree:
        f = f_0[:points] + tangent(jax.tree.map(jnp.subtract, parameters, start))
        return pull(loss.forces(f, targets) / loss.divisor(points))[0]

    def update(n: Array, carry: _Carry) -> _Carry:
        del n
        g = gradient(carry.parameters)
        step, memory = transformation.update(g, carry.memory, carry.parameters)
        squares = jax.tree.map(lambda v, g: method.memory * v + (1 - method.memory) * g**2, carry.squares, g)
        return _Carry(jax.tree.map(jnp.add, carry.parameters, step), memory, squares)

    def outputs(carry: _Carry) -> Array:
        return f_0 + everywhere(jax.tree.map(jnp.subtract, carry.parameters, start))

    state = _Carry(start, transformation.init(start), jax.tree.map(jnp.zeros_like, start))
    state, records = to_stops(update, state, np.asarray(stops), outputs)
    unbiased = 1 - method.memory ** max(stops[-1], 1)
    last = jax.tree.map(lambda v: v / unbiased, state.squares)
    return records, method.first_preconditioner(gradient(start)), method.preconditioner(last)


@compiled
def _kernel(tangent: Any, preconditioner: PyTree) -> Array:
    """$JP^{-1}J^{\\mathsf T}$ on the training points, row by row."""
    pull = jax.linear_transpose(tangent, tangent.start)
    shape = jax.eval_shape(tangent, tangent.start).shape
    size = shape[0] * shape[1]

    def row(unit: Array) -> Array:
        gradient = pull(unit.reshape(shape))[0]
        return tangent(jax.tree.map(jnp.divide, gradient, preconditioner)).ravel()

    kernel = jax.lax.map(row, jnp.eye(size), batch_size=_ROWS)
    return (kernel + kernel.T) / 2
