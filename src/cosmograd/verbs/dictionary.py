"""The dictionary at the front door: a training step read as a universe, and back."""

from typing import Any

from cosmograd.duality import dictionary
from cosmograd.experiments.dictionary.run import step_and_universe
from cosmograd.results import Result
from cosmograd.verbs.checks import refuse_traced


def dual_universe(
    learning_rate: Any,
    momentum: Any = None,
    *,
    optimiser: str = "sgd",
    dampening: float = 0.0,
    averaged: bool = False,
    weight_decay: float | None = None,
    time_unit: str = "canonical",
    scheme: str = "leapfrog",
) -> Result:
    r"""The expanding universe that a learning rate and a momentum are.

    $$3H\delta = \frac{2(1-\beta)}{1+\beta}, \qquad \delta = \sqrt{\frac{2\eta}{1+\beta}}, \qquad \Lambda = 3H^2$$

    in the leapfrog scheme and canonical time (V = L), so that $\Lambda \propto 1/\eta$. Every optimiser that keeps one
    velocity and acts alike on all directions is heavy ball with an η and a β of its own, which are returned too.

    Args:
        learning_rate: η > 0, a number or an array.
        momentum: β in [0, 1), of Adam β₁; 0 when left out, 0.9 for Nesterov's method, Adam and AdamW.
        optimiser: whose numbers these are: `sgd`, heavy ball v = βv + g as in PyTorch and Optax; `nesterov`; or `adam`,
            `adamw`, `rmsprop`, with their preconditioner held and after the transient of the bias correction.
        dampening: τ of PyTorch's SGD, v = βv + (1 − τ)g.
        averaged: whether momentum averages gradients, v = βv + (1 − β)g, as in textbooks: heavy ball at η(1 − β).
        weight_decay: w ≥ 0, in the gradient, for AdamW beside it; 0 when left out, 0.01 for AdamW.
        time_unit: `canonical` (V = L), `gradient-flow` (δ = η), `sqrt-learning-rate` (δ = √η) or `update` (δ = 1).
        scheme: `leapfrog`, the update as a central difference, exact; or `stroboscopic`, the continuous system that
            passes through every update, $3H\delta = \ln(1/\beta)$.

    Returns:
        `hubble_rate` H in 1/T, `cosmological_constant` Λ in 1/T², `time_step` δ in T, `e_folds_per_update`, the heavy
        ball that it is (`effective_learning_rate`, `effective_momentum`), the ηλ of that at which modes change their
        regime, and `largest_stable_eigenvalue`.

    Raises:
        ValueError: η or β out of range, or an unknown name.

    Example:
        >>> round(dual_universe(0.05, 0.8).e_folds_per_update, 4)
        0.0741
        >>> round(dual_universe(1e-3, optimiser="adamw").largest_stable_eigenvalue)
        38000

    Source: the idea, Krippendorf & Spannowsky 2022, arXiv:2202.11104; the formulas, `cosmograd.duality.dictionary`,
    which also work on traced arrays.
    """
    refuse_traced("dual_universe", "cosmograd.duality.dual_universe", learning_rate, momentum)
    return step_and_universe(
        learning_rate,
        momentum,
        time_unit,
        scheme,
        optimiser=optimiser,
        dampening=dampening,
        averaged=averaged,
        weight_decay=weight_decay,
    )


def training_step(
    hubble_rate: Any,
    time_step: Any,
    *,
    time_unit: str = "canonical",
    scheme: str = "leapfrog",
    learning_rate: Any = None,
) -> Result:
    r"""The learning rate and momentum whose updates simulate a universe with H in steps of δ.

    $$\beta = \frac{1-h}{1+h}, \qquad h = \tfrac32H\delta, \qquad \eta = \frac{\delta^2}{1+h}$$

    in the leapfrog scheme and canonical time; the inverse of `dual_universe`.

    Args:
        hubble_rate: H > 0 in 1/T, a number or an array.
        time_step: δ > 0 in T; $\tfrac32H\delta \leq 1$ in the leapfrog scheme.
        time_unit: as in `dual_universe`.
        scheme: as in `dual_universe`.
        learning_rate: η, in the time unit `update` only, where δ = 1 does not determine it.

    Returns:
        The same numbers as `dual_universe`: `learning_rate` and `momentum` first.

    Raises:
        ValueError: H or δ out of range, or an unknown name.

    Example:
        >>> universe = dual_universe(0.05, 0.8)
        >>> round(training_step(universe.hubble_rate, universe.time_step).momentum, 12)
        0.8

    Source: as `dual_universe`.
    """
    refuse_traced("training_step", "cosmograd.duality.training_step", hubble_rate, time_step, learning_rate)
    η, β = dictionary.training_step(hubble_rate, time_step, time_unit, scheme, learning_rate)
    return step_and_universe(η, β, time_unit, scheme, "training step")
