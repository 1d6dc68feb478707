"""A potential written in Python: its spectrum to an asked accuracy, and how the tilt changes with a parameter of it."""

import cosmograd

cosmograd.enable_float64()

import equinox as eqx
import jax
import jax.numpy as jnp

from cosmograd.cosmology.background import Model, attractor_velocity
from cosmograd.cosmology.potentials import FunctionPotential
from cosmograd.cosmology.spectra import EFoldsBeforeEnd, Resolution, primordial_spectra, spectra


class Plateau(eqx.Module):
    """Any function of the vector of fields (in M_Pl) will do; a module keeps its parameters differentiable."""

    height: jax.Array
    width: jax.Array

    def __call__(self, φ):
        return self.height * φ[0] ** 2 / (φ[0] ** 2 + self.width**2)


def model(width):
    return Model(FunctionPotential(Plateau(jnp.array(2e-10), jnp.asarray(width))))


field = jnp.array([8.0])


# One call: background, modes and pivot; the accuracy is asked for, what was achieved comes back.
def spectrum(width):
    return primordial_spectra(model(width), field, wavenumbers=[0.1, 1.0, 10.0], accuracy=1e-7)


result = spectrum(2.0)
assert result.achieved_accuracy <= 1e-7
print(f"n_s = {result.pivot.scalar_tilt:.6f}, r = {result.pivot.tensor_to_scalar_ratio:.5f}")


# The pure function behind it can be differentiated, both ways, batched and compiled like any other.
def tilt(width):
    m = model(width)
    velocity, log_k = attractor_velocity(m, field), jnp.zeros(1)
    return spectra(m, field, velocity, EFoldsBeforeEnd(55.0), log_k, Resolution.for_accuracy(1e-7)).pivot.scalar_tilt


slope = jax.jit(jax.jacfwd(tilt))(2.0)
difference = (spectrum(2.05).pivot.scalar_tilt - spectrum(1.95).pivot.scalar_tilt) / 0.1
print(f"dn_s/d(width) = {slope:.7f} per M_Pl; by differences {difference:.7f}")
assert abs(slope - difference) < 1e-3 * abs(slope)  # the square of the step
