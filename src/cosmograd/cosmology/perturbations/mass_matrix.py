r"""The mass matrix of perturbations of one field or several.

In e-folds and flat gauge (Sasaki & Stewart 1996), with $P^I = D_NQ^I$ and $x = k/aH$,

$$D_NP^I = -(3-\epsilon)P^I - (x^2\delta^I_J + M^I_J)Q^J,$$
$$M^I_J = V^{;I}{}_{;J}/H^2 - R^I{}_{KLJ}v^Kv^L - (3-\epsilon)v^Iv_J - \dot v^Iv_J - v^I\dot v_J, \quad
  v = \varphi',\ \dot v = D_N\varphi'.$$
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.background import Model, acceleration, slow_roll_ε


def mass_matrix(
    model: Model, field: Float[Array, " fields"], velocity: Float[Array, " fields"], log_hubble: Float[Array, ""]
) -> Float[Array, "fields fields"]:
    r"""$M^I{}_J$, in units of H²."""
    space = model.field_space
    connection = space.connection(field)
    gradient = jax.grad(model.energy)(field)
    hessian = jax.hessian(model.energy)(field) - jnp.einsum("kij,k->ij", connection, gradient)
    metric = space.metric(field)
    raised = jax.vmap(lambda row: space.raise_index(field, row))(hessian).T * jnp.exp(-2 * log_hubble)
    curvature = jnp.einsum("iklj,k,l->ij", space.curvature(field), velocity, velocity)
    ε = slow_roll_ε(model, field, velocity)
    turn = acceleration(model, field, velocity) + space.geodesic_term(field, velocity)
    v, dv = metric @ velocity, metric @ turn
    return raised - curvature - (3 - ε) * jnp.outer(velocity, v) - jnp.outer(turn, v) - jnp.outer(velocity, dv)
