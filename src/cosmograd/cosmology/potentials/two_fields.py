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


class HybridPotential(AbstractPotential):
    r"""$V = V_0\,[(1-\psi^2/v^2)^2 + \varphi^2/\mu^2 + 2\varphi^2\psi^2/\varphi_c^2v^2]$, hybrid (Linde 1994).

    In Linde's letters $\lambda = 4V_0/v^4$, $m^2 = 2V_0/\mu^2$, $g^2 = 4V_0/v^2\varphi_c^2$; the fields are (φ, ψ).
    Below $\varphi_c = \sqrt\lambda v/g$ the valley ψ = 0 is a ridge, and ψ falls to a vacuum V = 0 at ±v. A field that
    starts at ψ = 0 never leaves the ridge: with v of a few M_Pl the fall takes many e-folds and is classical (Clesse
    2011); for v ≲ 1 it is fast, and ψ leaves by quantum fluctuations, which are not part of this.
    """

    name: ClassVar[str] = "hybrid"
    fields: ClassVar[int] = 2

    # The defaults give P_R = 2.1e-9 and n_s = 0.96 for what crosses the horizon 55 e-folds before the end, by δN.
    scale: Parameter = positive("height V₀ of the ridge, in M_Pl⁴", 3.1e-12)
    vacuum_value: Parameter = positive("the vacuum's ψ, v, in M_Pl", 5.0)
    width: Parameter = positive("width μ of the valley, in M_Pl", 13.0)
    critical_field: Parameter = positive("critical point φ_c of the valley, in M_Pl", 2.0)

    def __call__(self, field: Float[Array, " 2"]) -> Float[Array, ""]:
        φ, x = field[0], field[1] / self.vacuum_value
        coupling = 2 * (φ * x / self.critical_field) ** 2
        return self.scale * ((1 - x**2) ** 2 + (φ / self.width) ** 2 + coupling)

    def suggested_field(self) -> Float[Array, " 2"]:
        # Near the ridge φ = φ_c e^{−kn}, k = 2/μ², n e-folds after the critical point; (ln ψ)' = (4/v²)(1 − φ²/φ_c²).
        # Along it v²/4 (ln x − x²/2) e-folds remain to the end at x = ψ/v, 1 − x² = √8 x/v. Holds
        # where it gives ψ ≪ v: wide valleys of wide vacua, say v = 5 and μ = 20, give up their e-folds sooner.
        v, k = self.vacuum_value, 2 / self.width**2
        before, after = 10.0, 60.0
        growth = 4 / v**2 * (after + before + (jnp.exp(-2 * k * after) - jnp.exp(2 * k * before)) / (2 * k))
        end = jnp.sqrt(1 + 2 / v**2) - jnp.sqrt(2.0) / v
        return jnp.stack([self.critical_field * jnp.exp(k * before), v * end * jnp.exp(-(end**2) / 2 - growth)])

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(), cls(1e-12, 4.0, 10.0, 0.5))
