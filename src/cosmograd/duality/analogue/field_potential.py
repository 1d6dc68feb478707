"""The potential of fields in a box: masses, self-interaction and coupling."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.cosmology.potentials import AbstractPotential, FunctionPotential


class _MassesAndInteractions(eqx.Module):
    mass_matrix: Float[Array, "fields fields"]
    quartic: Float[Array, ""]
    coupling: Float[Array, ""]

    def __call__(self, field: Float[Array, " fields"]) -> Float[Array, ""]:
        free = field @ self.mass_matrix @ field / 2
        together = self.coupling * field[0] ** 2 * field[1] ** 2 / 2 if len(field) == 2 else 0.0
        return free + self.quartic * (field**4).sum() / 4 + together


def field_potential(
    mass_squared: float | Float[np.ndarray, "fields fields"] = 0.0, quartic: float = 0.0, coupling: float = 0.0
) -> AbstractPotential:
    r"""$V = \tfrac12\varphi^{\mathsf T}M^2\varphi + \tfrac\lambda4\sum_i\varphi_i^4 + \tfrac g2\varphi_1^2\varphi_2^2$.

    mass_squared: M² of one field as a number, of several as a symmetric matrix, in units of H² (1/time²); quartic: λ;
    coupling: g, of two fields. With nothing given it is a free and massless field. Negative λ or g, or a negative
    direction of M², make it unbounded below. Raises ValueError for matrices that are not symmetric, and for a coupling
    of other than two fields.
    """
    matrix = np.atleast_2d(np.asarray(mass_squared, dtype=float))
    if not (np.isfinite(matrix).all() and np.isfinite(quartic) and np.isfinite(coupling)):
        raise ValueError(f"masses and couplings must be finite, got {mass_squared!r}, {quartic!r}, {coupling!r}.")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.array_equal(matrix, matrix.T):
        raise ValueError(f"`mass_squared` must be a number or a symmetric matrix, got {mass_squared!r}.")
    if coupling and len(matrix) != 2:
        raise ValueError(f"`coupling` is that of two fields; there are {len(matrix)}.")
    parameters = (jnp.asarray(x, dtype=float) for x in (matrix, quartic, coupling))
    return FunctionPotential(_MassesAndInteractions(*parameters), len(matrix))
