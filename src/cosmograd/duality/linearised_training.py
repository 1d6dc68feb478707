r"""Training of a network that is linear in its parameters, by any linear optimiser and any loss, in function space.

With $\theta_n = \rho_n\theta_0 - J^{\mathsf T}a_n$ the gradient $\nabla L = \tfrac1NJ^{\mathsf T}\ell'(f)$ lies along
the same vectors, and an optimiser that is linear and acts alike on all parameters acts on the coefficients
(ρ, −a) as it does on θ:

$$f_n = f_0 - (1-\rho_n)J\theta_0 - \Theta a_n, \qquad
  f_{n+1} = f_n + \beta(f_n - f_{n-1}) - \tfrac\eta N\Theta\,\ell'(f_n) \quad \text{(heavy ball)}$$

on training and unseen points alike: a field theory with $V = c\,\ell/N$ and the field-space metric $\Theta^{-1}$, whose
masses along the way are the eigenvalues of $c\,\Theta^{1/2}\ell''(f_n)\Theta^{1/2}/N$. Exact for linearised networks.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from cosmograd.compilation import compiled
from cosmograd.duality.effective_theory import Updates, at_stops, checked_updates
from cosmograd.learning.losses import AbstractLoss
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.precision import require_float64


def linearised_outputs(
    kernel: Float[ArrayLike, "rows columns"],
    initial_outputs: Float[ArrayLike, " rows"],
    targets: Float[ArrayLike, "points outputs"],
    loss: AbstractLoss,
    optimiser: AbstractOptimiser,
    updates: Updates,
    along_parameters: Float[ArrayLike, " rows"] | None = None,
) -> Float[Array, "records rows"]:
    r"""Outputs on training, then probe points, all flattened, at the asked updates.

    kernel: Θ, from training outputs (columns) to training and probe outputs (rows), not divided by the loss's N;
    along_parameters: $J\theta_0$, needed with weight decay.
    """
    require_float64("the effective theory")
    if optimiser.decays and along_parameters is None:
        raise ValueError("with weight decay give `along_parameters`, Jθ₀: decay draws the outputs to f₀ − Jθ₀.")
    f_0 = jnp.asarray(initial_outputs, float)
    drawn = jnp.zeros_like(f_0) if along_parameters is None else jnp.asarray(along_parameters, float)
    stops = tuple(int(stop) for stop in checked_updates(updates))
    return _outputs(jnp.asarray(kernel, float), f_0, jnp.asarray(targets, float), drawn, loss, optimiser, stops)


@compiled
def _outputs(
    kernel: Array,
    f_0: Array,
    targets: Array,
    along_parameters: Array,
    loss: AbstractLoss,
    optimiser: AbstractOptimiser,
    stops: tuple[int, ...],
) -> Array:
    size, shape = targets.size, targets.shape
    transformation = optimiser.transformation()

    def outputs(x: Array) -> Array:
        return f_0 - (1 - x[0]) * along_parameters + kernel @ x[1:]

    def update(n: Array, state: tuple[Array, Any]) -> tuple[Array, Any]:
        del n
        x, memory = state
        f = (f_0 - (1 - x[0]) * along_parameters)[:size] + kernel[:size] @ x[1:]
        force = loss.forces(f.reshape(shape), targets).ravel() / loss.divisor(shape[0])
        step, memory = transformation.update(jnp.append(0.0, force), memory, x)  # pyright: ignore[reportArgumentType]
        return x + jnp.asarray(step), memory

    start = jnp.zeros(size + 1).at[0].set(1.0)
    return at_stops(update, (start, transformation.init(start)), np.asarray(stops), lambda state: outputs(state[0]))


def loss_eigenvalues(
    kernel: Float[ArrayLike, "columns columns"],
    outputs: Float[ArrayLike, "records columns"],
    targets: Float[ArrayLike, "points outputs"],
    loss: AbstractLoss,
) -> Float[np.ndarray, "records columns"]:
    r"""Eigenvalues of $\Theta^{1/2}\ell''(f_n)\Theta^{1/2}/N$, the Gauss–Newton matrix's, from the largest down.

    Times η they are ηλ, times $c = 2\eta/((1+\beta)\delta^2)$ the masses m² along the way.
    """
    require_float64("the effective theory")
    y = jnp.asarray(targets, float)
    return np.asarray(_eigenvalues(jnp.asarray(kernel, float), jnp.asarray(outputs, float), y, loss))


def loss_modes(
    kernel: Float[ArrayLike, "columns columns"],
    outputs: Float[ArrayLike, " columns"],
    targets: Float[ArrayLike, "points outputs"],
    loss: AbstractLoss,
) -> tuple[Float[np.ndarray, " modes"], Float[np.ndarray, " modes"]]:
    r"""Eigenvalues λ of the same at one record, and what descent along each mode gains of the loss by its own parabola.

    The gain is $(w\cdot\Theta^{1/2}\ell')^2/2N^2\lambda$ for the unit eigenvector w; of the squared loss it is the
    mode's share of the loss. Modes below round-off have neither.
    """
    require_float64("the effective theory")
    Θ, f, y = (jnp.asarray(array, float) for array in (kernel, outputs, targets))
    λ, slopes = (np.asarray(values) for values in _modes(Θ, f, y, loss))
    real = λ > len(λ) * np.finfo(np.float64).eps * max(float(np.abs(λ).max()), 1e-300)
    return np.where(real, λ, 0.0), np.where(real, slopes**2 / (2 * np.where(real, λ, 1.0)), 0.0)


@compiled
def _modes(kernel: Array, outputs: Array, targets: Array, loss: AbstractLoss) -> tuple[Array, Array]:
    points, size = targets.shape
    root = _root(kernel).reshape(-1, points, size) / loss.divisor(points) ** 0.5
    f = outputs.reshape(points, size)
    weighted = jnp.einsum("ipo,poq->ipq", root, loss.curvatures(f, targets))
    λ, vectors = jnp.linalg.eigh(jnp.einsum("ipq,jpq->ij", weighted, root))
    slopes = vectors.T @ jnp.einsum("ipo,po->i", root, loss.forces(f, targets)) / loss.divisor(points) ** 0.5
    return λ[::-1], slopes[::-1]


def _root(kernel: Array) -> Array:
    """$\\Theta^{1/2}$ in its own modes, which stand first."""
    λ, vectors = jnp.linalg.eigh((kernel + kernel.T) / 2)
    return (vectors * jnp.sqrt(jnp.maximum(λ, 0.0))).T


@compiled
def _eigenvalues(kernel: Array, outputs: Array, targets: Array, loss: AbstractLoss) -> Array:
    points, size = targets.shape
    root = _root(kernel).reshape(-1, points, size) / loss.divisor(points) ** 0.5

    def of_record(f: Array) -> Array:
        curvature = loss.curvatures(f.reshape(points, size), targets)
        weighted = jnp.einsum("ipo,poq->ipq", root, curvature)
        return jnp.linalg.eigvalsh(jnp.einsum("ipq,jpq->ij", weighted, root))[::-1]

    return jax.lax.map(of_record, outputs)
