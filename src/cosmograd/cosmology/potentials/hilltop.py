"""Hilltop inflation."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.potentials.abstract import AbstractPotential, Parameter, positive


class HilltopPotential(AbstractPotential):
    r"""$V = V_0\,[1 - (\varphi/\mu)^p]$, for $0 < \varphi < \mu$ (Boubekeur & Lyth 2005); negative beyond μ."""

    name: ClassVar[str] = "hilltop"

    scale: Parameter = positive("height V₀, in M_Pl⁴", 1e-12)
    width: Parameter = positive("width μ, in M_Pl", 10.0)
    power: Parameter = positive("power p", 4.0)

    def __call__(self, field: Float[Array, " 1"]) -> Float[Array, ""]:
        return self.scale * (1 - (field[0] / self.width) ** self.power)

    def suggested_field(self) -> Float[Array, " 1"]:
        # N = (μ²/p)[(x^{2−p} − 1)/(p − 2) − (1 − x²)/2] from x = φ/μ to x = 1, for small x; p = 2 is a limit
        p, μ = self.power, self.width
        stretch = 70 * p / μ**2 + 1 / 2
        above = jnp.where(jnp.abs(p - 2) > 1e-6, p - 2, 1.0)
        x = jnp.where(jnp.abs(p - 2) > 1e-6, (1 + above * stretch) ** (-1 / above), jnp.exp(-stretch))
        return (μ * x)[None]

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(), cls(1e-12, 20.0, 2.0))
