r"""The full posterior of a recursion, by Hamiltonian Monte Carlo (blackjax).

White noise of unknown variance σ² with the prior 1/σ, amplitudes and parameters with flat priors: σ and the amplitudes
are integrated out, and $\ln p(\beta, K) = -\tfrac12\nu\ln|e|^2$ but for a slowly changing determinant, with residuals e
of the best amplitudes and ν numbers less amplitudes. It is sampled by the No-U-Turn sampler (Hoffman & Gelman 2014) in
coordinates in which the curvature at the best fit is one, from chains that start apart.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd._optional import import_optional
from cosmograd.measurement.recursion_fit import RecursionFit
from cosmograd.measurement.recursion_models import FREE, AbstractRecursion, Hypothesis
from cosmograd.precision import require_float64

_CHAINS, _WARM_UP, _SAMPLES, _SEED = 4, 300, 500, 20220211
_LARGEST_REDUCTION = 1.05
# A response beyond this has diverged.
_LARGEST = 1e6


def sample_posterior(
    model: AbstractRecursion,
    modes: Float[np.ndarray, "members updates modes"],
    fit: RecursionFit,
    hypothesis: Hypothesis = FREE,
    progress: Callable[[float], None] = lambda share: None,
) -> Float[np.ndarray, "samples parameters"]:
    """Samples of the parameters around the best fit; the seed is fixed. Needs the extra `posterior`, and float64.

    progress: told of the share that is done, after each chain.

    Raises ValueError where the chains do not agree (R̂ of Gelman & Rubin 1992).
    """
    require_float64("Sampling a posterior")
    blackjax = import_optional("blackjax", "posterior", "sampling a posterior")
    count = len(fit.parameters)
    freedom = fit.degrees_of_freedom + count
    data = jnp.asarray(modes / np.sqrt(np.mean(np.square(modes))))
    # −∂(d_{n+1} − d_n)/∂(parameters but β) is linear in d_n: what each unit vector gives is all there is to know.
    units = np.broadcast_to(np.eye(model.mode_count)[None], (len(modes), model.mode_count, model.mode_count))
    driving = jnp.asarray(model.driving(units))
    triangle = np.linalg.cholesky(fit.covariance + 1e-12 * np.diag(np.diag(fit.covariance)))
    best, spread = jnp.asarray(fit.parameters), jnp.asarray(triangle)

    def log_density(z: Float[Array, " parameters"]) -> Float[Array, ""]:
        parameters = best + spread @ z
        K = jnp.einsum("mjip,p->mij", driving, parameters[1:])
        left = _left(parameters[0] * hypothesis.momentum, K, data, hypothesis.kick, model.offset)
        return -0.5 * freedom * jnp.log(jnp.sum(left**2))

    def chain(key: Array) -> Array:
        start, warm_up, sampling = jax.random.split(key, 3)
        adapt = blackjax.window_adaptation(blackjax.nuts, log_density)
        (state, settings), _ = adapt.run(warm_up, jax.random.normal(start, (count,)), _WARM_UP)
        kernel = blackjax.nuts(log_density, **settings)

        def step(state: Any, key: Array) -> tuple[Any, Array]:
            state, _ = kernel.step(key, state)
            return state, state.position

        return jax.lax.scan(step, state, jax.random.split(sampling, _SAMPLES))[1]

    sampled, sample = [], jax.jit(chain)
    for key in jax.random.split(jax.random.key(_SEED), _CHAINS):
        sampled.append(sample(key).block_until_ready())
        progress(1 / _CHAINS)
    chains = jnp.stack(sampled)
    reduction = float(jnp.max(blackjax.diagnostics.potential_scale_reduction(chains, chain_axis=0, sample_axis=1)))
    if not reduction < _LARGEST_REDUCTION:
        raise ValueError(
            f"the chains of the posterior do not agree (R̂ = {reduction:.2f}): it has several maxima, or none. Take "
            "intervals from the curvature or the bootstrap."
        )
    return np.asarray(best + chains.reshape(-1, count) @ spread.T)


def _left(
    momentum: Array,
    mass_matrices: Float[Array, "members modes modes"],
    data: Float[Array, "members updates modes"],
    kick: bool,
    offset: bool,
) -> Float[Array, "members numbers"]:
    """What of each member's data no amplitudes explain; derivatives by Kaufman's rule (see `projected_recursion`)."""
    members, updates, size = data.shape
    unit = jnp.broadcast_to(jnp.eye(size), (members, size, size))
    first, second = [unit], [unit - mass_matrices]
    if kick:
        first, second = [*first, jnp.zeros_like(unit)], [*second, unit]

    def advance(carry: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Array]:
        before, now = carry
        return (now, now + momentum * (now - before) - mass_matrices @ now), before

    starts = (jnp.concatenate(first, axis=2), jnp.concatenate(second, axis=2))
    path = jnp.moveaxis(jax.lax.scan(advance, starts, None, length=updates)[1], 0, 1)
    path = jnp.where(jnp.abs(path) < _LARGEST, path, _LARGEST)
    if offset:
        path = jnp.concatenate([path, jnp.broadcast_to(unit[:, None], (members, updates, size, size))], axis=3)
    design, numbers = path.reshape(members, updates * size, -1), data.reshape(members, -1, 1)
    q, triangle = jax.lax.stop_gradient(jnp.linalg.qr(design))
    along = jnp.swapaxes(q, -1, -2) @ numbers
    amplitudes = jax.lax.stop_gradient(jax.scipy.linalg.solve_triangular(triangle, along, lower=False))
    left = numbers - design @ amplitudes
    return (left - q @ (jnp.swapaxes(q, -1, -2) @ left))[..., 0]
