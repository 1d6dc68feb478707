"""What perturbations of several fields need of a background: their mass matrix, frames and vacuum, against N."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.background import InflationHistory, slow_roll_ε
from cosmograd.cosmology.perturbations.mass_matrix import mass_matrix
from cosmograd.cosmology.perturbations.mode_table import interpolation_errors, largest_so_far
from cosmograd.solvers import PiecewisePolynomial, derivative_at_samples, small_inverses


class FieldTable(eqx.Module):
    """What modes of several fields need of a background, against N."""

    e_folds_total: Float[Array, ""]
    polynomials: PiecewisePolynomial
    vacuum: PiecewisePolynomial
    nonadiabatic: Float[Array, " grid"]
    interpolation_errors: Float[Array, " grid"]
    fields: int = eqx.field(static=True)

    @classmethod
    def of(cls, history: InflationHistory) -> "FieldTable":
        model, e_folds = history.model, history.e_folds
        phase = history.continued_phase(e_folds)
        count = phase.field.shape[1]
        width = history.e_folds_total / (e_folds.shape[0] - 1)

        def local(φ: Array, v: Array, log_hubble: Array) -> tuple[Array, Array, Array]:
            ω = jnp.einsum("ijk,j->ik", model.field_space.connection(φ), v)
            return 1 - slow_roll_ε(model, φ, v), mass_matrix(model, φ, v, log_hubble), ω

        s, mass, ω = jax.vmap(local)(phase.field, phase.velocity, phase.log_hubble)
        inverse_metric = small_inverses(jax.vmap(model.field_space.metric)(phase.field))
        log_aH = e_folds + phase.log_hubble
        flat = (s[:, None], log_aH[:, None], mass.reshape(len(e_folds), -1), ω.reshape(len(e_folds), -1))

        # U = (aH)²q and its derivatives by conformal time; q as a tensor of rank (1, 1), so derivatives are covariant.
        def derivative(q: Array) -> Array:
            return derivative_at_samples(q, width) + ω @ q - q @ ω

        q0 = (1 + s)[:, None, None] * jnp.eye(count) - mass
        q1 = 2 * s[:, None, None] * q0 + derivative(q0)
        q2 = 3 * s[:, None, None] * q1 + derivative(q1)
        terms = (q0 / 2, (3 * q0 @ q0 - q2) / 8)
        raised = [term @ inverse_metric for term in (jnp.broadcast_to(jnp.eye(count), mass.shape), *terms)]
        # Covariant derivatives by N of the series' coefficients, upper indices.
        changes = [derivative(term) @ inverse_metric for term in terms]
        size = jnp.log(jnp.max(jnp.abs(terms[1]), axis=(1, 2))) + 4 * log_aH
        vacuum = jnp.concatenate([m.reshape(len(e_folds), -1) for m in (*raised, *changes)], axis=1)
        return cls(
            history.e_folds_total,
            PiecewisePolynomial.through(jnp.concatenate(flat, axis=1), width),
            PiecewisePolynomial.through(vacuum, width),
            largest_so_far(size[:, None])[:, 0],
            interpolation_errors(jnp.concatenate(flat, axis=1)),
            count,
        )

    def at(self, n: Array) -> tuple[Array, Array, Array, Array]:
        """s, ln(aH), M and ω."""
        columns = self.polynomials(n)
        square = (*n.shape, self.fields, self.fields)
        mass, ω = jnp.split(columns[..., 2:], 2, axis=-1)
        return columns[..., 0], columns[..., 1], mass.reshape(square), ω.reshape(square)

    def vacuum_at(self, n: Array) -> Array:
        """Inverse metric, two coefficients of the series and their derivatives: (modes, 5, fields, fields)."""
        return self.vacuum(n).reshape(*n.shape, 5, self.fields, self.fields)

    def nonadiabatic_until(self, n: Array) -> Array:
        """Logarithm of the largest second term of the vacuum's series times $k^4$, in the past of N."""
        return self.nonadiabatic[self._point(n)]

    def interpolation_error_after(self, n: Array) -> Array:
        r"""$\tfrac23\int|\delta M|\,\mathrm{d}N$ from N to the end: what errors of a mass do to ln P at most."""
        later = jnp.cumsum(self.interpolation_errors[::-1])[::-1] * self.polynomials.width
        return 2 / 3 * later[self._point(n)]

    def _point(self, n: Array) -> Array:
        point = jnp.floor(jax.lax.stop_gradient(n) / self.polynomials.width).astype(int)
        return jnp.clip(point, 0, self.nonadiabatic.shape[0] - 1)
