r"""The equations of a homogeneous inflating universe in e-folds, $' = \mathrm{d}/\mathrm{d}N$, with $M_{\rm Pl} = 1$.

$$D_N\varphi'^I = -(3-\epsilon)\left(\varphi'^I + G^{IJ}V_J/V\right), \quad
  \epsilon = -H'/H = \tfrac12 G_{IJ}\varphi'^I\varphi'^J, \quad H^2 = V/(3-\epsilon)$$

(Friedmann's equation has been used; $D_N$ is the covariant derivative along the trajectory). A cosmological constant
is part of V.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.field_space import AbstractFieldSpace, FlatFieldSpace
from cosmograd.cosmology.potentials import AbstractPotential
from cosmograd.precision import parameter


class Model(eqx.Module):
    """What inflates: a potential, the space of its fields, and a cosmological constant Λ that adds Λ to V, in M_Pl⁴."""

    potential: AbstractPotential
    field_space: AbstractFieldSpace = FlatFieldSpace()
    cosmological_constant: Any = eqx.field(converter=parameter, default=0.0)

    def __check_init__(self) -> None:
        """Raise `ValueError` where the space is one of another number of fields."""
        count, allowed = self.potential.fields, self.field_space.fields
        if allowed not in (None, count):
            raise ValueError(
                f"the potential is one of {count} field{'s' * (count > 1)}, {type(self.field_space).__name__} a space "
                f"of {allowed}. Take a flat space, or a potential of as many fields as the space has."
            )

    def energy(self, field: Float[Array, " fields"]) -> Float[Array, ""]:
        """V + Λ."""
        return self.potential(field) + self.cosmological_constant


class Phase(NamedTuple):
    """A point of phase space. field: φ, in M_Pl; velocity: dφ/dN; log_hubble: ln H, H in M_Pl."""

    field: Float[Array, " fields"]
    velocity: Float[Array, " fields"]
    log_hubble: Float[Array, ""]


def slow_roll_ε(model: Model, field: Float[Array, " fields"], velocity: Float[Array, " fields"]) -> Float[Array, ""]:
    r"""$\epsilon = -H'/H = \tfrac12 G_{IJ}\varphi'^I\varphi'^J$."""
    return model.field_space.speed_squared(field, velocity) / 2


def acceleration(
    model: Model, field: Float[Array, " fields"], velocity: Float[Array, " fields"]
) -> Float[Array, " fields"]:
    r"""$\varphi''$ in e-folds."""
    energy, gradient = jax.value_and_grad(model.energy)(field)
    force = model.field_space.raise_index(field, gradient / energy)
    ε = slow_roll_ε(model, field, velocity)
    return -(3 - ε) * (velocity + force) - model.field_space.geodesic_term(field, velocity)


def phase_rate(model: Model, phase: Phase) -> Phase:
    """d/dN of a point of phase space."""
    φ, v = phase.field, phase.velocity
    return Phase(v, acceleration(model, φ, v), -slow_roll_ε(model, φ, v))


def log_hubble_rate(
    model: Model, field: Float[Array, " fields"], velocity: Float[Array, " fields"]
) -> Float[Array, ""]:
    r"""$\ln H = \tfrac12\ln[V/(3-\epsilon)]$, by Friedmann's constraint; NaN where V ≤ 0."""
    return jnp.log(model.energy(field) / (3 - slow_roll_ε(model, field, velocity))) / 2
