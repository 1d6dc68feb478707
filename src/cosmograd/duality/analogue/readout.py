r"""How fields are read off a network, and how it is made to show given ones.

The outputs' change from a base network, on the box's points, is projected onto the modes and made white,

$$q = \frac1\varepsilon\,W\,B\,(f(\theta) - f(\theta_b)), \qquad W = (B\Theta B^{\mathsf T})^{-1/2},$$

with the tangent kernel Θ of the base. In these coordinates the kernel is the identity, so that gradient descent on a
potential energy U(q) *is* the motion of the fields, for any U. (A force $\Theta_m^{-1}\partial U/\partial q$ on the
modes themselves does the same, but is the gradient of no loss unless $\Theta_m$ commutes with the Hessian of U.)
ε is the amplitude: how far the network moves to show a field of order one.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.compilation import compiled
from cosmograd.duality.analogue.field_theory import Coefficients
from cosmograd.duality.analogue.periodic_box import PeriodicBox
from cosmograd.learning.networks import AbstractNetwork, Parameters
from cosmograd.learning.tangent_kernel import as_matrix, neural_tangent_kernel

# Each cuts the distance to what is to be shown by a factor of the amplitude.
_CORRECTIONS = 6


class Readout(eqx.Module):
    """Made by `readout_of`.

    base: the parameters θ_b; reference: its outputs; kernel_eigenvalues, kernel_modes: of BΘBᵀ, from the smallest up,
    the latter as columns over (mode, field).
    """

    network: AbstractNetwork
    box: PeriodicBox
    base: Parameters
    amplitude: Float[Array, ""]
    reference: Float[Array, "points fields"]
    kernel_eigenvalues: Float[Array, " size"]
    kernel_modes: Float[Array, "size size"]

    @property
    def condition_number(self) -> Float[Array, ""]:
        """Of the kernel in mode space."""
        return self.kernel_eigenvalues[-1] / self.kernel_eigenvalues[0]

    def at_amplitude(self, amplitude: Float[Array, ""] | float) -> "Readout":
        """The same at another ε."""
        return eqx.tree_at(lambda readout: readout.amplitude, self, jnp.asarray(amplitude, dtype=float))

    def outputs(self, parameters: Parameters) -> Float[Array, "points fields"]:
        """Of the network on the box's points."""
        return self.network.apply(parameters, self.box.inputs)

    def fields_of(self, outputs: Float[Array, "points fields"]) -> Coefficients:
        """q."""
        return self._whitened(self.box.projected(outputs - self.reference)) / self.amplitude

    def pull_of(self, force: Coefficients) -> Float[Array, "points fields"]:
        """ε times the gradient by the outputs of what has the gradient `force` by q."""
        return self.box.cell * self.box.on_lattice(self._whitened(force))

    def fields(self, parameters: Parameters) -> Coefficients:
        """q of a network."""
        return self.fields_of(self.outputs(parameters))

    def showing(self, fields: Coefficients) -> Parameters:
        """The network closest to the base that shows given fields.

        First $\\theta_b + \\varepsilon J^{\\mathsf T}B^{\\mathsf T}Wq$, which shows them up to the finite width; then
        the same step for what is missing, until rounding is all that is.
        """
        _, pull = jax.vjp(self.outputs, self.base)

        def correct(_: Any, parameters: Parameters) -> Parameters:
            missing = fields - self.fields(parameters)
            (step,) = pull(self.amplitude * self.pull_of(missing))
            return jax.tree.map(jnp.add, parameters, step)

        return jax.lax.fori_loop(0, _CORRECTIONS, correct, self.base)

    def rounding(self) -> Float[Array, ""]:
        """About the error that rounding of the outputs makes in q at each readout, r.m.s. over modes."""
        ulp = jnp.finfo(self.reference.dtype).eps * jnp.sqrt(jnp.mean(self.reference**2) + 1e-300)
        inverse = jnp.mean(1 / jnp.maximum(self.kernel_eigenvalues, 1e-300))
        return ulp * jnp.sqrt(self.box.cell * inverse) / self.amplitude

    def _whitened(self, modes: Coefficients) -> Coefficients:
        along = self.kernel_modes.T @ modes.ravel()
        return (self.kernel_modes @ (along / jnp.sqrt(self.kernel_eigenvalues))).reshape(modes.shape)


@compiled
def readout_of(
    network: AbstractNetwork, box: PeriodicBox, base: Parameters, amplitude: Float[Array, ""] | float
) -> Readout:
    """Measure the base's kernel in mode space. The network takes `box.inputs` and has one output for each field."""
    kernel = as_matrix(neural_tangent_kernel(network, base, box.inputs))
    projection = jnp.kron(box.cell * box.basis.T, jnp.eye(network.output_size))
    eigenvalues, modes = jnp.linalg.eigh(projection @ kernel @ projection.T)
    reference = network.apply(base, box.inputs)
    return Readout(network, box, base, jnp.asarray(amplitude, dtype=float), reference, eigenvalues, modes)
