"""Plateau potentials: Starobinsky's model and the α-attractors."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.potentials.abstract import AbstractPotential, Parameter, positive, real


def _even_power(y: Array, half: Parameter) -> Array:
    """y²ⁿ for n ≥ 1 any number, with its two derivatives at y = 0, where those of a power are 0 · ∞."""
    square = y**2
    at_zero = square == 0
    rest = jnp.where(at_zero, 1.0, square) ** (half - 1)
    return square * jnp.where(at_zero, jnp.where(half == 1, 1.0, 0.0), rest)


class StarobinskyPotential(AbstractPotential):
    r"""$V = V_0\,(1 - e^{-\sqrt{2/3}\,\varphi})^2$, of $R + R^2$ gravity (Starobinsky 1980; Whitt 1984)."""

    name: ClassVar[str] = "starobinsky"

    scale: Parameter = positive("height V₀ of the plateau, in M_Pl⁴", 1.2e-10)

    def __call__(self, field: Float[Array, " 1"]) -> Float[Array, ""]:
        return self.scale * jnp.expm1(-jnp.sqrt(2 / 3) * field[0]) ** 2

    def suggested_field(self) -> Float[Array, " 1"]:
        return jnp.array([5.6])

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(),)


class AlphaAttractorE(AbstractPotential):
    r"""$V = V_0\,(1 - e^{-\sqrt{2/3\alpha}\,\varphi})^{2n}$ (Kallosh, Linde & Roest 2013); α = n = 1: Starobinsky."""

    name: ClassVar[str] = "alpha-attractor-e"

    scale: Parameter = positive("height V₀ of the plateau, in M_Pl⁴", 1.2e-10)
    alpha: Parameter = positive("curvature parameter α of the field space", 1.0)
    power: Parameter = positive("half the power, n", 1.0)

    def __call__(self, field: Float[Array, " 1"]) -> Float[Array, ""]:
        return self.scale * _even_power(jnp.expm1(-jnp.sqrt(2 / (3 * self.alpha)) * field[0]), self.power)

    def suggested_field(self) -> Float[Array, " 1"]:
        b = jnp.sqrt(2 / (3 * self.alpha))
        return (jnp.log(140 * self.power * b**2 + 10) / b)[None]  # N ≈ e^{bφ}/(2nb²)

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(), cls(1e-10, 0.1, 1.0), cls(1e-10, 3.0, 2.0))


class AlphaAttractorT(AbstractPotential):
    r"""$V = V_0\tanh^{2n}(\varphi/\sqrt{6\alpha})$ (Kallosh & Linde 2013)."""

    name: ClassVar[str] = "alpha-attractor-t"

    scale: Parameter = positive("height V₀ of the plateau, in M_Pl⁴", 1.2e-10)
    alpha: Parameter = positive("curvature parameter α of the field space", 1.0)
    power: Parameter = positive("half the power, n", 1.0)

    def __call__(self, field: Float[Array, " 1"]) -> Float[Array, ""]:
        return self.scale * _even_power(jnp.tanh(field[0] / jnp.sqrt(6 * self.alpha)), self.power)

    def suggested_field(self) -> Float[Array, " 1"]:
        return (jnp.sqrt(1.5 * self.alpha) * jnp.arccosh(1 + 560 * self.power / (6 * self.alpha)))[None]

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(), cls(1e-10, 0.1, 1.0), cls(1e-10, 10.0, 2.0))


class PlateauWithBump(AbstractPotential):
    r"""Starobinsky's plateau with a Gaussian on it: $V = V_S\,[1 + A e^{-(\varphi-\varphi_0)^2/2w^2}]$.

    A sharp one slows the field down so that it enters ultra-slow roll and amplifies short waves.
    """

    name: ClassVar[str] = "plateau-bump"

    scale: Parameter = positive("height V₀ of the plateau, in M_Pl⁴", 1.2e-10)
    amplitude: Parameter = real("relative height A of the bump", 1e-4)
    position: Parameter = real("where it stands, φ₀, in M_Pl", 5.0)
    width: Parameter = positive("its width w, in M_Pl", 0.05)

    def __call__(self, field: Float[Array, " 1"]) -> Float[Array, ""]:
        distance = (field[0] - self.position) / self.width
        return StarobinskyPotential(self.scale)(field) * (1 + self.amplitude * jnp.exp(-(distance**2) / 2))

    def suggested_field(self) -> Float[Array, " 1"]:
        return jnp.array([5.6])

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(),)


class PlateauWithStep(AbstractPotential):
    r"""Starobinsky's plateau with a step: $V = V_S\,[1 + A\tanh((\varphi-\varphi_0)/w)]$.

    It makes the spectrum ring (Adams, Cresswell & Easther 2001).
    """

    name: ClassVar[str] = "plateau-step"

    scale: Parameter = positive("height V₀ of the plateau, in M_Pl⁴", 1.2e-10)
    amplitude: Parameter = real("relative height A of the step", 5e-5)
    position: Parameter = real("where it stands, φ₀, in M_Pl", 5.3)
    width: Parameter = positive("its width w, in M_Pl", 0.02)

    def __call__(self, field: Float[Array, " 1"]) -> Float[Array, ""]:
        step = jnp.tanh((field[0] - self.position) / self.width)
        return StarobinskyPotential(self.scale)(field) * (1 + self.amplitude * step)

    def suggested_field(self) -> Float[Array, " 1"]:
        return jnp.array([5.6])

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(),)
