"""Potentials of two fields."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.potentials.abstract import AbstractPotential, Parameter, positive


class DoubleQuadraticPotential(AbstractPotential):
    r"""$V = \tfrac12 m_1^2\varphi_1^2 + \tfrac12 m_2^2\varphi_2^2$: double inflation (Polarski & Starobinsky 1992)."""

    name: ClassVar[str] = "double-quadratic"
    fields: ClassVar[int] = 2

    mass_1: Parameter = positive("mass m₁ of the first field, in M_Pl", 6e-6)
    mass_2: Parameter = positive("mass m₂ of the second field, in M_Pl", 4.2e-5)

    def __call__(self, field: Float[Array, " 2"]) -> Float[Array, ""]:
        return (self.mass_1**2 * field[0] ** 2 + self.mass_2**2 * field[1] ** 2) / 2

    def suggested_field(self) -> Float[Array, " 2"]:
        return jnp.array([12.0, 12.0])  # N = (φ₁² + φ₂²)/4

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(),)
