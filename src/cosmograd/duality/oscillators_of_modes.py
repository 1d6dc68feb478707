r"""The damped oscillator that each mode is, for any optimiser.

A mode of a squared loss obeys $d_{n+1} = a\,d_n - b\,d_{n-1}$. Read in either scheme it is
$\ddot d + \Gamma\dot d + m^2d = 0$ in units of one update:

* **leapfrog**: $\Gamma = 2(1-b)/(1+b)$, $m^2 = 2(1+b-a)/(1+b)$, of which the recursion is the central-difference
  scheme;
* **stroboscopic**: $\Gamma = \ln(1/b)$, $m^2 = \ln r_+\ln r_-$, whose solution passes through every update.

For heavy ball b = β, and Γ = 3Hδ for all modes. Nesterov's method takes its gradient ahead, $b = \beta(1-\eta\lambda)$:
stiff modes feel more friction than the Hubble rate gives, which is the term $\delta\,\nabla^2L\,\dot\theta$ of its
continuous limit, and a larger mass.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike, Float

from cosmograd.duality.dictionary import check_names, stroboscopic_mass_per_update
from cosmograd.learning.optimisers import AbstractOptimiser


class ModeOscillators(NamedTuple):
    """Friction Γ and mass squared m² of each mode, in units of one update; NaN where the scheme has none."""

    friction: Float[np.ndarray, "*shape"]
    mass_squared: Float[np.ndarray, "*shape"]


def mode_oscillators(
    eigenvalues: Float[ArrayLike, "*shape"],
    optimiser: AbstractOptimiser,
    update: int = 0,
    scheme: str = "leapfrog",
) -> ModeOscillators:
    """Read the optimiser's recursion at `update` as damped oscillators; eigenvalues are those of the loss's Hessian."""
    check_names(scheme, "canonical")
    λ = np.asarray(eigenvalues, dtype=np.float64)
    a, b = (np.broadcast_to(np.asarray(x, dtype=np.float64), λ.shape) for x in optimiser.mode_recursion(λ, update))
    with np.errstate(divide="ignore", invalid="ignore"):
        if scheme == "leapfrog":
            return ModeOscillators(2 * (1 - b) / (1 + b), 2 * (1 + b - a) / (1 + b))
        friction = np.where(b >= 0, -np.log(np.where(b >= 0, b, 1.0)), np.nan)
        return ModeOscillators(friction, np.asarray(stroboscopic_mass_per_update(1 + b - a, b)))
