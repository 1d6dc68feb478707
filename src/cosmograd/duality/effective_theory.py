r"""The effective theory of training: four predictions of the outputs from tangent kernels, without training.

At fixed kernel every eigenmode of $K = \Theta/N$ (N: the loss's divisor) moves on its own. With the deviation
$d_i(n) = u_i\cdot(f(n)-y)$, every prediction here is its *response* $h_i(n) = (1 - d_i(n)/d_i(0))/\lambda_i$, which is
regular at $\lambda_i = 0$ and serves unseen points as well:

$$f(n) = f(0) - U\,\lambda h\,U^{\mathsf T}(f(0)-y), \qquad
  f_*(n) = f_*(0) - \tfrac1N\Theta_*\,U\,h\,U^{\mathsf T}(f(0)-y).$$

From least to most accurate at finite learning rate (Krippendorf & Spannowsky 2022 for the idea; derived afresh):

* `gradient_flow`: $h = (1-e^{-\lambda t})/\lambda$, t growing by $\eta/(1-\beta)$ per update;
* `second_order`: the damped oscillator of which the optimiser is a leapfrog scheme, solved exactly;
* `stroboscopic`: the optimiser's own recursion, exact at fixed kernel;
* `drifting`: the same recursion with time-dependent masses, from a few kernel snapshots.

The first three are differentiable in eigenvalues, learning rate and momentum. All need float64.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from cosmograd.compilation import compiled
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.precision import require_float64
from cosmograd.solvers import eigenmodes, impulse_response, step_response

PredictionName = Literal["gradient_flow", "second_order", "stroboscopic", "drifting"]
PREDICTIONS: tuple[str, ...] = get_args(PredictionName)

# Strictly increasing numbers of updates, from 0 on.
Updates = Sequence[int] | Int[np.ndarray, "..."]
Stops = Int[np.ndarray, " records"]  # the same, checked

ModeResponse = Callable[[Float[ArrayLike, " modes"], AbstractOptimiser, Updates], Float[Array, "records modes"]]


def checked_updates(updates: Updates) -> Stops:
    """As an array; `ValueError` unless they are strictly increasing whole numbers ≥ 0."""
    array = np.asarray(updates, dtype=np.int64)
    if array.ndim != 1 or array.size == 0 or (array < 0).any() or (np.diff(array) <= 0).any():
        raise ValueError(f"`updates` must be strictly increasing whole numbers ≥ 0, got {list(updates)}.")
    return array


def _compiled_once(response: Callable[[Array, AbstractOptimiser, Stops], Array]) -> ModeResponse:
    """The response as users call it: arguments checked, compiled once for each kind of optimiser and choice of updates.

    Operation by operation, a first call would compile fifty small programs.
    """

    @compiled
    def computed(λ: Array, optimiser: AbstractOptimiser, stops: tuple[int, ...]) -> Array:
        return response(λ, optimiser, np.asarray(stops))

    @functools.wraps(response, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def checked(eigenvalues: Float[ArrayLike, " modes"], optimiser: AbstractOptimiser, updates: Updates) -> Array:
        stops = tuple(int(stop) for stop in checked_updates(updates))
        _check_no_decay(optimiser)
        return computed(jnp.asarray(eigenvalues, dtype=float), optimiser, stops)

    del checked.__wrapped__  # the signature to show is the one that takes anything array-like
    return checked


def _check_no_decay(optimiser: AbstractOptimiser) -> None:
    if optimiser.decays:
        raise ValueError(
            f"{optimiser!r} draws the parameters to zero, and one response is not enough: with weight decay outputs "
            "are predicted by `predict_outputs` with `along_parameters`."
        )


def _leapfrog_coefficients(
    eigenvalues: Array, optimiser: AbstractOptimiser, update: Array | int
) -> tuple[Array, Array]:
    r"""Per update: friction $\Gamma = 2(1-b)/(1+b)$ and $\hat\kappa = m^2/\lambda = 2\eta/(1+b)$ of every mode."""
    _, b = optimiser.mode_recursion(eigenvalues, update)
    return 2 * (1 - b) / (1 + b), 2 * optimiser.learning_rate_at(update) / (1 + b)


@_compiled_once
def gradient_flow_response(
    eigenvalues: Float[Array, " modes"], optimiser: AbstractOptimiser, updates: Stops
) -> Float[Array, "records modes"]:
    r"""$h = (1-e^{-\lambda t_n})/\lambda$ with $t_n = \sum_{k<n}\eta_k/(1-\beta_k)$.

    The slow-roll limit $3H\dot\varphi = -V'$: what tools that know only gradient flow predict.
    """
    λ = eigenvalues
    counts = jnp.arange(max(int(updates[-1]), 1))

    def advance(n: Array) -> Array:
        friction, stiffness = _leapfrog_coefficients(jnp.zeros(()), optimiser, n)
        return stiffness / friction

    times = jnp.concatenate([jnp.zeros(1), jnp.cumsum(jax.vmap(advance)(counts))])[updates]
    t = times[:, None]
    safe = jnp.where(λ == 0, 1.0, λ)
    return jnp.where(λ == 0, t, -jnp.expm1(-safe * t) / safe)


@_compiled_once
def second_order_response(
    eigenvalues: Float[Array, " modes"], optimiser: AbstractOptimiser, updates: Stops
) -> Float[Array, "records modes"]:
    r"""$h'' + \Gamma h' + \hat\kappa\lambda h = \hat\kappa$ in units of one update, solved exactly.

    Γ and $\hat\kappa$ are those of the leapfrog identity, constant during each update. The start is at h = 0 with

    * the velocity of the slow-roll attractor, $h' = (\hat\kappa/\Gamma)(1 + \hat\kappa\lambda/\Gamma^2)$, for a
      method without memory: its second root is spurious, and a start from rest would excite it;
    * the velocity that leads through the optimiser's own first update, for a method with momentum, whose two roots
      are both real physics. It is closer to the real recursion than the attractor or the central difference
      $(h_1 - h_{-1})/2$ at every momentum (for ηλ = 0.1, β = 0.5 by factors of 50 and 4). The attractor's start for
      every method is `second_order_response_from_attractor`.
    """
    velocity = jnp.where(
        jnp.all(optimiser.momentum == 0),
        _attractor_velocity(eigenvalues, optimiser),
        _first_update_velocity(eigenvalues, optimiser),
    )
    return _second_order_from(velocity, eigenvalues, optimiser, updates)


@_compiled_once
def second_order_response_from_attractor(
    eigenvalues: Float[Array, " modes"], optimiser: AbstractOptimiser, updates: Stops
) -> Float[Array, "records modes"]:
    r"""`second_order_response` from the slow-roll attractor whatever the momentum.

    $h' = (\hat\kappa/\Gamma)(1 + \hat\kappa\lambda/\Gamma^2)$, which is
    $\varphi' = -V'/3H - V''V'/27H^3$. A training with momentum starts from rest and reaches the attractor only after
    about 1/Γ updates.
    """
    return _second_order_from(_attractor_velocity(eigenvalues, optimiser), eigenvalues, optimiser, updates)


@_compiled_once
def second_order_response_from_rest(
    eigenvalues: Float[Array, " modes"], optimiser: AbstractOptimiser, updates: Stops
) -> Float[Array, "records modes"]:
    """`second_order_response` with no initial velocity, to measure what the choice of the start is worth."""
    return _second_order_from(jnp.zeros_like(eigenvalues), eigenvalues, optimiser, updates)


def _second_order_from(
    velocity: Float[Array, " modes"], λ: Float[Array, " modes"], optimiser: AbstractOptimiser, stops: Stops
) -> Float[Array, "records modes"]:
    if optimiser.constant:
        friction, stiffness = _leapfrog_coefficients(λ, optimiser, 0)
        n = jnp.asarray(stops, dtype=float)[:, None]
        impulse, _ = impulse_response(n, friction, stiffness * λ)
        return stiffness * step_response(n, friction, stiffness * λ) + velocity * impulse

    def propagate(n: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        h, dh_dn = state
        friction, stiffness = _leapfrog_coefficients(λ, optimiser, n)
        impulse, slope = impulse_response(1.0, friction, stiffness * λ)
        source = stiffness - stiffness * λ * h  # from h, the displacement obeys the same equation with this source
        moved = source * step_response(1.0, friction, stiffness * λ) + dh_dn * impulse
        return h + moved, source * impulse + dh_dn * slope

    return at_stops(propagate, (jnp.zeros_like(λ), velocity), stops, lambda state: state[0])


def _attractor_velocity(eigenvalues: Array, optimiser: AbstractOptimiser) -> Array:
    friction, stiffness = _leapfrog_coefficients(eigenvalues, optimiser, 0)
    return stiffness / friction * (1 + stiffness * eigenvalues / friction**2)


def _first_update_velocity(eigenvalues: Array, optimiser: AbstractOptimiser) -> Array:
    friction, stiffness = _leapfrog_coefficients(eigenvalues, optimiser, 0)
    h_1 = _one_step_from_rest(eigenvalues, optimiser)
    impulse, _ = impulse_response(1.0, friction, stiffness * eigenvalues)
    return (h_1 - stiffness * step_response(1.0, friction, stiffness * eigenvalues)) / impulse


def _one_step_from_rest(eigenvalues: Array, optimiser: AbstractOptimiser) -> Array:
    transformation = optimiser.transformation()
    start = jnp.zeros_like(eigenvalues)
    step, _ = transformation.update(-jnp.ones_like(start), transformation.init(start), start)
    return jnp.asarray(step)


@_compiled_once
def stroboscopic_response(
    eigenvalues: Float[Array, " modes"], optimiser: AbstractOptimiser, updates: Stops
) -> Float[Array, "records modes"]:
    r"""The optimiser itself, run on every mode of the quadratic loss: $\nabla_h = -(1-\lambda h)$, from rest.

    For plain gradient descent $d_n = (1-\eta\lambda)^n$; with momentum the powers of $r_\pm$. Exact for a network that
    is linear in its parameters.
    """
    λ = eigenvalues
    transformation = optimiser.transformation()

    def update(n: Array, state: tuple[Array, Any]) -> tuple[Array, Any]:
        del n
        h, memory = state
        step, memory = transformation.update(λ * h - 1, memory, h)  # pyright: ignore[reportArgumentType]
        return h + jnp.asarray(step), memory

    start = jnp.zeros_like(λ)
    return at_stops(update, (start, transformation.init(start)), updates, lambda state: state[0])


def at_stops(
    update: Callable[[Array, Any], Any],
    state: Any,
    stops: Stops,
    read: Callable[[Any], Array],
) -> Array:
    """Iterate `update(n, state)` from n = 0 and stack what `read` sees at each stop."""
    return to_stops(update, state, stops, read)[1]


def to_stops(
    update: Callable[[Array, Any], Any], state: Any, stops: Stops, read: Callable[[Any], Array]
) -> tuple[Any, Array]:
    """The same, with the state after the last stop."""
    spans = jnp.asarray(np.stack([np.concatenate([[0], stops[:-1]]), stops], axis=1))

    def to_stop(state: Any, span: Array) -> tuple[Any, Array]:
        state = jax.lax.fori_loop(span[0], span[1], update, state)
        return state, read(state)

    return jax.lax.scan(to_stop, state, spans)


RESPONSES: dict[str, ModeResponse] = {
    "gradient_flow": gradient_flow_response,
    "second_order": second_order_response,
    "stroboscopic": stroboscopic_response,
}


class KernelModes(NamedTuple):
    r"""Eigenmodes of $K = \Theta/N$ on the training points, and $\Theta_*/N$ from training to probe points.

    eigenvalues: those of ηλ; vectors: columns; probe_kernel: rows over flattened probe outputs (may be empty).
    """

    eigenvalues: Float[Array, " size"]
    vectors: Float[Array, "size size"]
    probe_kernel: Float[Array, "probe_size size"]


def kernel_modes(kernel: Float[ArrayLike, "rows columns"], divisor: float | int = 1.0) -> KernelModes:
    """Modes of a tangent kernel whose rows run over training, then probe outputs, its columns over training outputs.

    `divisor` is the loss's N (`SquaredLoss.divisor`). Eigenvalues that are round-off, below size · ε · λ_max, are set
    to zero: such modes are never learned.
    """
    require_float64("the effective theory")
    kernel = np.asarray(kernel, dtype=np.float64) / divisor
    size = kernel.shape[1]
    modes = eigenmodes(kernel[:size])
    round_off = size * np.finfo(np.float64).eps * np.abs(modes.eigenvalues).max()
    return KernelModes(
        jnp.asarray(np.where(modes.eigenvalues > round_off, modes.eigenvalues, 0.0)),
        jnp.asarray(modes.vectors),
        jnp.asarray(kernel[size:]),
    )


def predict_outputs(
    response: ModeResponse,
    modes: KernelModes,
    initial_outputs: Float[ArrayLike, " rows"],
    targets: Float[ArrayLike, " size"],
    optimiser: AbstractOptimiser,
    updates: Updates,
    along_parameters: Float[ArrayLike, " rows"] | None = None,
) -> Float[Array, "records rows"]:
    r"""Predicted outputs on training, then probe points, all flattened, at the asked updates.

    initial_outputs: over training, then probe points; targets: of the training points; along_parameters: $J\theta_0$,
    needed with weight decay, which draws the outputs of a linearised network towards $f_0 - J\theta_0$.
    """
    require_float64("the effective theory")
    if optimiser.decays:
        if response is not stroboscopic_response or along_parameters is None:
            _check_no_decay(optimiser)
        stops = tuple(int(stop) for stop in checked_updates(updates))
        f_0, y, along = (jnp.asarray(array, float) for array in (initial_outputs, targets, along_parameters))
        return _decaying_outputs(modes, f_0, y, along, optimiser, stops)
    h = response(modes.eigenvalues, optimiser, updates)
    return _outputs_from_response(h, modes, jnp.asarray(initial_outputs, float), jnp.asarray(targets, float))


@jax.jit
def _outputs_from_response(h: Array, modes: KernelModes, f_0: Array, targets: Array) -> Array:
    size = targets.shape[0]
    amplitudes = modes.vectors.T @ (f_0[:size] - targets)
    train = (modes.eigenvalues * h * amplitudes) @ modes.vectors.T
    probe = ((h * amplitudes) @ modes.vectors.T) @ modes.probe_kernel.T
    return f_0 - jnp.concatenate([train, probe], axis=1)


@compiled
def _decaying_outputs(
    modes: KernelModes,
    f_0: Array,
    targets: Array,
    along_parameters: Array,
    optimiser: AbstractOptimiser,
    stops: tuple[int, ...],
) -> Array:
    r"""The optimiser on $\theta = \rho\theta_0 - \tfrac1NJ^{\mathsf T}UA$, on whose coefficients it acts as on θ.

    $A_i = h_is_i - k_ip_i$ with $s = U^{\mathsf T}(f_0-y)$, $p = U^{\mathsf T}J\theta_0$: residuals are
    $1 - \lambda h$ for the first and $1 - \rho - \lambda k$ for the second.
    """
    size, count = targets.shape[0], modes.eigenvalues.shape[0]
    λ = modes.eigenvalues
    transformation = optimiser.transformation()

    def update(n: Array, state: tuple[Array, Any]) -> tuple[Array, Any]:
        del n
        x, memory = state
        ρ, h, k = x[0], x[1 : count + 1], x[count + 1 :]
        gradient = jnp.concatenate([jnp.zeros(1), λ * h - 1, λ * k - (1 - ρ)])
        step, memory = transformation.update(gradient, memory, x)  # pyright: ignore[reportArgumentType]
        return x + jnp.asarray(step), memory

    start = jnp.zeros(2 * count + 1).at[0].set(1.0)
    x = at_stops(update, (start, transformation.init(start)), np.asarray(stops), lambda state: state[0])
    ρ, h, k = x[:, :1], x[:, 1 : count + 1], x[:, count + 1 :]
    s, p = modes.vectors.T @ (f_0[:size] - targets), modes.vectors.T @ along_parameters[:size]
    A = h * s - k * p
    drawn = f_0 - (1 - ρ) * along_parameters
    return drawn - jnp.concatenate([(λ * A) @ modes.vectors.T, (A @ modes.vectors.T) @ modes.probe_kernel.T], axis=1)


def drifting_prediction(
    kernels: Float[ArrayLike, "snapshots rows columns"],
    snapshot_updates: Updates,
    initial_outputs: Float[ArrayLike, " rows"],
    targets: Float[ArrayLike, " columns"],
    optimiser: AbstractOptimiser,
    updates: Updates,
    divisor: float | int = 1.0,
) -> Float[Array, "records rows"]:
    r"""The optimiser in function space with time-dependent masses: $\Theta(n)$ interpolated between snapshots.

    $$f_{n+1} = f_n + \beta_n(f_n - f_{n-1}) - \tfrac{\eta_n}{N}\Theta(n)(f_n - y)$$

    (heavy ball; any other method by its own rule). Linear interpolation in ln(1 + n); the last snapshot holds beyond
    it. What remains is the velocity-squared interaction of a moving kernel with momentum, and the interpolation.
    """
    require_float64("the effective theory")
    _check_no_decay(optimiser)
    stops, snapshots = checked_updates(updates), checked_updates(snapshot_updates)
    if len(snapshots) != np.shape(kernels)[0]:
        raise ValueError(
            f"{np.shape(kernels)[0]} kernels, but {len(snapshots)} `snapshot_updates`; give one per kernel."
        )
    return _drift(
        jnp.asarray(kernels, float),
        jnp.asarray(snapshots),
        jnp.asarray(initial_outputs, float),
        jnp.asarray(targets, float),
        optimiser,
        tuple(int(stop) for stop in stops),
        float(divisor),
    )


@compiled
def _drift(
    kernels: Array,
    snapshots: Array,
    f_0: Array,
    targets: Array,
    optimiser: AbstractOptimiser,
    stops: tuple[int, ...],
    divisor: float | Array,
) -> Array:
    size = targets.shape[0]
    transformation = optimiser.transformation()
    knots = jnp.log1p(snapshots.astype(float))

    def update(n: Array, state: tuple[Array, Any]) -> tuple[Array, Any]:
        f, memory = state
        x = jnp.log1p(n.astype(float))
        right = jnp.clip(jnp.searchsorted(knots, x, side="right"), 1, max(len(knots) - 1, 1))
        left = right - 1
        right = jnp.minimum(right, len(knots) - 1)
        width = knots[right] - knots[left]
        weight = jnp.clip((x - knots[left]) / jnp.where(width > 0, width, 1.0), 0.0, 1.0)
        deviation = f[:size] - targets
        force = (1 - weight) * (kernels[left] @ deviation) + weight * (kernels[right] @ deviation)
        step, memory = transformation.update(force / divisor, memory, f)  # pyright: ignore[reportArgumentType]
        return f + jnp.asarray(step), memory

    return at_stops(update, (f_0, transformation.init(f_0)), np.asarray(stops), lambda state: state[0])
