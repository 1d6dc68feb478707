r"""What optimisers with constant settings are for one eigenvalue, by their usual names and numbers; loads no JAX.

Every one that is linear with one velocity makes of a mode, deviation d, the recursion

$$d_{n+1} = a\,d_n - b\,d_{n-1}, \qquad b = b_0 - \nu\lambda, \qquad 1 + b - a = \eta\lambda + p,$$

with friction $3H\delta$ by b and the mass by $1 + b - a$: heavy ball with η and $b_0$, and a mass p of its weight
decay.

| optimiser | η | b₀ | ν | p |
|---|---|---|---|---|
| SGD, dampening τ | η(1−τ) | β | 0 | η(1−τ)w |
| averaged momentum, τ = β | η(1−β) | β | 0 | η(1−β)w |
| Nesterov | η | β(1−ηw) | ηβ | ηw |
| AdamW | η(1−β₁) | β₁(1−ηw) | 0 | η(1−β₁)w |
| RMSProp | η | β | 0 | 0 |

For Adam, AdamW and RMSProp λ is an eigenvalue of the preconditioned kernel $JP^{-1}J^{\mathsf T}$, P held, after the
transient of the bias correction. Formulas derived afresh and tested against the optimisers themselves.
"""

from typing import Any, NamedTuple

import numpy as np

from cosmograd.learning.optimiser_names import check_named


class OptimiserStep(NamedTuple):
    """learning_rate: η; momentum: b₀; correction: ν; pull: p; see above."""

    learning_rate: Any
    momentum: Any
    correction: Any
    pull: Any

    def recursion(self, eigenvalue: Any) -> tuple[Any, Any]:
        """(a, b) for λ."""
        b = self.momentum - self.correction * eigenvalue
        return 1 + b - self.learning_rate * eigenvalue - self.pull, b

    def largest_stable_eigenvalue(self) -> Any:
        """λ at which a root passes −1, 1 + a + b = 0; 0 where weight decay alone is unstable."""
        at_zero = 2 * (1 + self.momentum) - self.pull
        return np.maximum(at_zero, 0.0) / (self.learning_rate + 2 * self.correction)

    def regime_boundaries(self) -> tuple[Any, Any]:
        """λ at which the roots meet, a² = 4b, from below and from above; between them modes oscillate."""
        a, b = 1 + self.momentum - self.pull, self.momentum
        da, db = -(self.learning_rate + self.correction), -self.correction
        middle = -(a * da - 2 * db) / da**2
        half = np.sqrt(np.maximum(middle**2 - (a * a - 4 * b) / da**2, 0.0))
        return np.maximum(middle - half, 0.0), middle + half


def optimiser_step(
    name: str,
    learning_rate: Any,
    momentum: Any = None,
    dampening: float = 0.0,
    weight_decay: float | None = None,
    averaged: bool = False,
) -> OptimiserStep:
    """The numbers of the table; momentum and weight decay are PyTorch's where they are left out."""
    β, w = check_named(name, momentum, dampening, weight_decay, averaged)
    η = learning_rate
    if np.any(np.asarray(η) * w >= 1):
        raise ValueError(f"weight decay takes off more than all parameters at an update: ηw = {np.max(η * w):.3g} ≥ 1.")
    if name == "nesterov":
        return OptimiserStep(η, β * (1 - η * w), η * β, η * w)
    if name == "adam" and w:
        raise ValueError(
            "weight decay in the gradient of Adam is divided by its preconditioner, and modes do not stay apart; take "
            "`adamw`, whose decay stands beside it."
        )
    if name in ("adam", "adamw"):
        return OptimiserStep(η * (1 - β), β * (1 - η * w), 0.0 * η, η * (1 - β) * w)
    τ = β if averaged else dampening
    return OptimiserStep(η * (1 - τ), β + 0.0 * η, 0.0 * η, η * (1 - τ) * w)
