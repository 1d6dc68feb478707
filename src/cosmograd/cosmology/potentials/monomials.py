"""Monomial potentials: large-field inflation (Linde 1983)."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.potentials.abstract import AbstractPotential, Parameter, positive


class QuadraticPotential(AbstractPotential):
    r"""$V = \tfrac12 m^2\varphi^2$."""

    name: ClassVar[str] = "quadratic"

    mass: Parameter = positive("mass m, in M_Pl", 6e-6)

    def __call__(self, field: Float[Array, " 1"]) -> Float[Array, ""]:
        return self.mass**2 * field[0] ** 2 / 2

    def suggested_field(self) -> Float[Array, " 1"]:
        return jnp.array([17.0])

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(), cls(1e-3))


class QuarticPotential(AbstractPotential):
    r"""$V = \tfrac14\lambda\varphi^4$."""

    name: ClassVar[str] = "quartic"

    coupling: Parameter = positive("coupling λ", 1.5e-13)

    def __call__(self, field: Float[Array, " 1"]) -> Float[Array, ""]:
        return self.coupling * field[0] ** 4 / 4

    def suggested_field(self) -> Float[Array, " 1"]:
        return jnp.array([24.0])

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(),)


class MonomialPotential(AbstractPotential):
    r"""$V = V_0|\varphi|^p$; smooth at the origin for even p only."""

    name: ClassVar[str] = "monomial"

    scale: Parameter = positive("scale V₀, in M_Pl^(4−p)", 3e-10)
    power: Parameter = positive("power p", 2 / 3)

    def __call__(self, field: Float[Array, " 1"]) -> Float[Array, ""]:
        return self.scale * jnp.abs(field[0]) ** self.power

    def suggested_field(self) -> Float[Array, " 1"]:
        return jnp.sqrt(140 * self.power)[None]  # N ≈ φ²/2p

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(), cls(1e-10, 1.0), cls(1e-12, 3.0))
