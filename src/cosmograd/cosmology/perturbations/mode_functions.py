r"""Perturbations of several fields as they are: n complex solutions that oscillate, one for each independent vacuum.

Slower than their covariance and less exact at the same cost; kept as the second, independent route to it.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Complex, Float

from cosmograd.cosmology.background import InflationHistory, slow_roll_ε
from cosmograd.cosmology.perturbations.mass_matrix import mass_matrix
from cosmograd.precision import require_float64

_MAX_STEPS = 65536


class ModeFunctions(NamedTuple):
    r"""$Q^I_a$ and $P^I_a = D_NQ^I_a$ of every mode, times $(k^3/2\pi^2)^{1/2}$; ⟨QQ⟩ is $\sum_aQ^I_aQ^{J*}_a$."""

    field: Complex[Array, "modes fields vacua"]
    velocity: Complex[Array, "modes fields vacua"]
    solved: Bool[Array, " modes"]


def mode_functions(
    history: InflationHistory,
    log_k: Float[Array, " modes"],
    until: Float[Array, ""],
    start: float = 100.0,
    tolerance: float = 1e-9,
) -> ModeFunctions:
    """From k/aH = `start`, with the vacuum to first order in (aH/k)², to `until` in e-folds since the start.

    Not solved: what is not that far inside the horizon after the start of the history, and what takes too many steps.
    """
    require_float64("A mode function")
    begin = history.horizon_crossing(log_k - jnp.log(start))
    field, velocity, solved = jax.vmap(lambda k, n: _solve(history, k, n, until, tolerance))(log_k, begin)
    return ModeFunctions(field, velocity, solved & (begin > 0))


def _solve(history: InflationHistory, log_k: Array, begin: Array, until: Array, tolerance: float) -> tuple:
    import diffrax  # here, since it is as long in loading as JAX

    model = history.model

    def at(n: Array) -> tuple[Array, Array, Array, Array]:
        φ, v, log_hubble = history.continued_phase(n)
        ω = jnp.einsum("ijk,j->ik", model.field_space.connection(φ), v)
        x2 = jnp.exp(2 * (log_k - n - log_hubble))
        return slow_roll_ε(model, φ, v), x2, mass_matrix(model, φ, v, log_hubble), ω

    def rate(n: Any, y: tuple, args: None) -> tuple:
        del args
        ε, x2, mass, ω = at(n)
        Q, P = y  # each (2, fields, vacua): real and imaginary part
        return P - ω @ Q, -ω @ P - (3 - ε) * P - (x2 * Q + mass @ Q)

    def growth(n: Array) -> Array:
        """1 + q(aH/k)²/4, the size of a vacuum to first order; U = (aH)²q."""
        ε, x2, mass, _ = at(n)
        return jnp.eye(mass.shape[0]) + ((2 - ε) * jnp.eye(mass.shape[0]) - mass) / (4 * x2)

    ε, x2, mass, ω = at(begin)
    size, change = jax.jvp(growth, (begin,), (jnp.ones_like(begin),))
    change = change + ω @ size - size @ ω
    frame = jnp.linalg.cholesky(jnp.linalg.inv(model.field_space.metric(history.continued_phase(begin).field)))
    q = (2 - ε) * jnp.eye(mass.shape[0]) - mass
    scale = jnp.exp(log_k - begin) / (2 * jnp.pi)  # k/2πa
    Q = scale * size @ frame
    P = jnp.stack([scale * (change - size) @ frame, -jnp.sqrt(x2) * (Q - q @ Q / (2 * x2))])
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(rate),
        diffrax.Dopri8(),
        begin,
        until,
        None,
        (jnp.stack([Q, jnp.zeros_like(Q)]), P),
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance * scale * 1e-6),
        max_steps=_MAX_STEPS,
        throw=False,
    )
    assert solution.ys is not None
    Q, P = (y[-1] for y in solution.ys)
    return Q[0] + 1j * Q[1], P[0] + 1j * P[1], solution.result == diffrax.RESULTS.successful
