r"""The space that several scalar fields live in: the metric $G_{IJ}(\varphi)$ of their kinetic term.

$$\mathcal L = -\tfrac12 G_{IJ}\,\partial_\mu\varphi^I\partial^\mu\varphi^J - V(\varphi)$$
"""

import abc
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.precision import parameter
from cosmograd.solvers import small_inverses

__all__ = ["AbstractFieldSpace", "FlatFieldSpace", "FunctionFieldSpace", "HyperbolicFieldSpace"]


class AbstractFieldSpace(eqx.Module):
    """A metric on field space; connection and curvature follow by differentiation.

    fields: of how many fields it is; None for any number.
    """

    fields: ClassVar[int | None] = None

    @abc.abstractmethod
    def metric(self, field: Float[Array, " fields"]) -> Float[Array, "fields fields"]:
        """$G_{IJ}$, symmetric and positive."""

    def speed_squared(self, field: Float[Array, " fields"], velocity: Float[Array, " fields"]) -> Float[Array, ""]:
        r"""$G_{IJ}\dot\varphi^I\dot\varphi^J$."""
        return velocity @ self.metric(field) @ velocity

    def raise_index(self, field: Float[Array, " fields"], covector: Float[Array, " fields"]) -> Float[Array, " fields"]:
        """$G^{IJ}w_J$."""
        return small_inverses(self.metric(field)) @ covector

    def connection(self, field: Float[Array, " fields"]) -> Float[Array, "fields fields fields"]:
        r"""Christoffel symbols $\Gamma^I_{JK}$, first index up."""
        gradient = jax.jacfwd(self.metric)(field)  # ∂_K G_IJ, derivative last
        lowered = (gradient + jnp.swapaxes(gradient, 1, 2) - jnp.moveaxis(gradient, 2, 0)) / 2
        return jnp.einsum("il,ljk->ijk", small_inverses(self.metric(field)), lowered)

    def geodesic_term(
        self, field: Float[Array, " fields"], velocity: Float[Array, " fields"]
    ) -> Float[Array, " fields"]:
        r"""$\Gamma^I_{JK}\dot\varphi^J\dot\varphi^K$."""
        return jnp.einsum("ijk,j,k->i", self.connection(field), velocity, velocity)

    def curvature(self, field: Float[Array, " fields"]) -> Float[Array, "fields fields fields fields"]:
        r"""Riemann's $R^I{}_{JKL} = \partial_K\Gamma^I_{LJ} + \Gamma^I_{KM}\Gamma^M_{LJ} - (K \leftrightarrow L)$."""
        Γ, dΓ = self.connection(field), jax.jacfwd(self.connection)(field)
        first = jnp.einsum("iljk->ijkl", dΓ) + jnp.einsum("ikm,mlj->ijkl", Γ, Γ)
        return first - jnp.swapaxes(first, 2, 3)

    @classmethod
    @abc.abstractmethod
    def examples(cls) -> tuple["AbstractFieldSpace", ...]:
        """Members for the tests that every field space must pass; two fields, defined around (1, 1)."""


class FlatFieldSpace(AbstractFieldSpace):
    """Canonical kinetic terms, of any number of fields."""

    def metric(self, field: Float[Array, " fields"]) -> Float[Array, "fields fields"]:
        return jnp.eye(field.shape[0])

    def speed_squared(self, field: Float[Array, " fields"], velocity: Float[Array, " fields"]) -> Float[Array, ""]:
        del field
        return velocity @ velocity

    def raise_index(self, field: Float[Array, " fields"], covector: Float[Array, " fields"]) -> Float[Array, " fields"]:
        del field
        return covector

    def geodesic_term(
        self, field: Float[Array, " fields"], velocity: Float[Array, " fields"]
    ) -> Float[Array, " fields"]:
        del velocity
        return jnp.zeros_like(field)

    def connection(self, field: Float[Array, " fields"]) -> Float[Array, "fields fields fields"]:
        return jnp.zeros(3 * field.shape)

    def curvature(self, field: Float[Array, " fields"]) -> Float[Array, "fields fields fields fields"]:
        return jnp.zeros(4 * field.shape)

    @classmethod
    def examples(cls) -> tuple[AbstractFieldSpace, ...]:
        return (cls(),)


class HyperbolicFieldSpace(AbstractFieldSpace):
    r"""The half plane $\mathrm{d}s^2 = \mathrm{d}\varphi^2 + e^{2b\varphi}\mathrm{d}\chi^2$: Gaussian curvature −b²."""

    fields: ClassVar[int | None] = 2

    rate: Any = eqx.field(converter=parameter)

    def metric(self, field: Float[Array, " fields"]) -> Float[Array, "fields fields"]:
        return jnp.diag(jnp.stack([jnp.ones(()), jnp.exp(2 * self.rate * field[0])]))

    @classmethod
    def examples(cls) -> tuple[AbstractFieldSpace, ...]:
        return (cls(0.3),)


class FunctionFieldSpace(AbstractFieldSpace):
    """Any metric, given as a JAX-traceable function of the fields."""

    function: Callable[[Array], Array]

    def metric(self, field: Float[Array, " fields"]) -> Float[Array, "fields fields"]:
        return jnp.asarray(self.function(field), dtype=float)

    @classmethod
    def examples(cls) -> tuple[AbstractFieldSpace, ...]:
        return (cls(lambda φ: (1 + φ @ φ) * jnp.eye(2)),)
