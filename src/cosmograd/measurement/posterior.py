r"""The full posterior of a recursion, by Hamiltonian Monte Carlo (blackjax).

White noise of unknown variance σ² with the prior 1/σ, amplitudes and parameters with flat priors: σ and the amplitudes
are integrated out, and $\ln p(\beta, K) = -\tfrac12\nu\ln|e|^2$ but for a slowly changing determinant, with residuals e
of the best amplitudes and ν numbers less amplitudes. It is sampled by the No-U-Turn sampler (Hoffman & Gelman 2014) in
coordinates in which the curvature at the best fit is one, from chains that start apart.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd._optional import import_optional
from cosmograd.measurement.fit_problem import fit_problem
from cosmograd.measurement.recursion_fit import RecursionFit
from cosmograd.measurement.recursion_models import FREE, AbstractRecursion, Hypothesis

_CHAINS, _WARM_UP, _SAMPLES, _SEED = 4, 300, 500, 20220211
_LARGEST_REDUCTION = 1.05


def sample_posterior(
    model: AbstractRecursion,
    modes: Float[np.ndarray, "members updates modes"],
    fit: RecursionFit,
    hypothesis: Hypothesis = FREE,
) -> Float[np.ndarray, "samples parameters"]:
    """Samples of the parameters around the best fit; the seed is fixed. Needs the extra `posterior`.

    Raises ValueError where the chains do not agree (R̂ of Gelman & Rubin 1992).
    """
    blackjax = import_optional("blackjax", "posterior", "sampling a posterior")
    problem = fit_problem(model, modes, None, hypothesis)
    count = len(fit.parameters)
    freedom = fit.degrees_of_freedom + count
    triangle = np.linalg.cholesky(fit.covariance + 1e-12 * np.diag(np.diag(fit.covariance)))
    best, spread = problem.with_room(fit.parameters), problem.with_room(triangle.T).T

    def log_density(z: Float[Array, " parameters"]) -> Float[Array, ""]:
        residuals = problem.model.residuals(best + spread @ z, problem.modes, problem.weights, problem.hypothesis)
        return -0.5 * freedom * jnp.log(jnp.sum(residuals**2))

    def chain(key: Array) -> Array:
        start, warm_up, sampling = jax.random.split(key, 3)
        adapt = blackjax.window_adaptation(blackjax.nuts, log_density)
        (state, settings), _ = adapt.run(warm_up, jax.random.normal(start, (count,)), _WARM_UP)
        kernel = blackjax.nuts(log_density, **settings)

        def step(state: Any, key: Array) -> tuple[Any, Array]:
            state, _ = kernel.step(key, state)
            return state, state.position

        return jax.lax.scan(step, state, jax.random.split(sampling, _SAMPLES))[1]

    chains = jax.jit(lambda keys: jax.lax.map(chain, keys))(jax.random.split(jax.random.key(_SEED), _CHAINS))
    reduction = float(jnp.max(blackjax.diagnostics.potential_scale_reduction(chains, chain_axis=0, sample_axis=1)))
    if not reduction < _LARGEST_REDUCTION:
        raise ValueError(
            f"the chains of the posterior do not agree (R̂ = {reduction:.2f}): it has several maxima, or none. Take "
            "intervals from the curvature or the bootstrap."
        )
    return np.asarray(best + chains.reshape(-1, count) @ spread.T)[:, :count]
