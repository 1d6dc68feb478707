"""Periodic potentials of axions: natural inflation and monodromy."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.potentials.abstract import AbstractPotential, Parameter, positive, real


class NaturalPotential(AbstractPotential):
    r"""$V = V_0\,[1 + \cos(\varphi/f)]$ (Freese, Frieman & Olinto 1990)."""

    name: ClassVar[str] = "natural"

    scale: Parameter = positive("scale V₀, in M_Pl⁴", 1e-10)
    decay_constant: Parameter = positive("decay constant f, in M_Pl", 7.0)

    def __call__(self, field: Float[Array, " 1"]) -> Float[Array, ""]:
        return 2 * self.scale * jnp.cos(field[0] / (2 * self.decay_constant)) ** 2

    def suggested_field(self) -> Float[Array, " 1"]:
        # N = 2f² ln[sin(φ_end/2f)/sin(φ/2f)], with tan²(φ_end/2f) = 2f² at ε_V = 1.
        f = self.decay_constant
        end = jnp.arctan(jnp.sqrt(2.0) * f)
        return (2 * f * jnp.arcsin(jnp.sin(end) * jnp.exp(-70 / (2 * f**2))))[None]

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(), cls(1e-10, 4.0))


class AxionMonodromy(AbstractPotential):
    r"""$V = \mu^3\,[\varphi + b f\cos(\varphi/f)]$ (McAllister, Silverstein & Westphal 2010; Flauger et al. 2010).

    Monotonic for $|b| < 1$; the ripples resonate with the modes inside the horizon. Holds for φ > 0.
    """

    name: ClassVar[str] = "axion-monodromy"

    scale: Parameter = positive("slope μ³, in M_Pl³", 3e-10)
    decay_constant: Parameter = positive("axion decay constant f, in M_Pl", 0.1)
    modulation: Parameter = real("strength b of the ripples", 0.01)

    def __call__(self, field: Float[Array, " 1"]) -> Float[Array, ""]:
        φ, f = field[0], self.decay_constant
        return self.scale * (φ + self.modulation * f * jnp.cos(φ / f))

    def suggested_field(self) -> Float[Array, " 1"]:
        return jnp.array([12.0])

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(),)
