"""The dictionary at the front door: a training step read as a universe, and back."""

from typing import Any

from cosmograd.duality import dictionary
from cosmograd.experiments.dictionary.run import step_and_universe
from cosmograd.results import Result
from cosmograd.verbs.checks import refuse_traced


def dual_universe(
    learning_rate: Any, momentum: Any = 0.0, *, time_unit: str = "canonical", scheme: str = "leapfrog"
) -> Result:
    r"""The expanding universe that a learning rate and a momentum are.

    $$3H\delta = \frac{2(1-\beta)}{1+\beta}, \qquad \delta = \sqrt{\frac{2\eta}{1+\beta}}, \qquad \Lambda = 3H^2$$

    in the leapfrog scheme and canonical time (V = L), so that $\Lambda \propto 1/\eta$.

    Args:
        learning_rate: η > 0, a number or an array.
        momentum: β in [0, 1) of heavy-ball gradient descent, v = βv + g as in PyTorch and Optax.
        time_unit: `canonical` (V = L), `gradient-flow` (δ = η), `sqrt-learning-rate` (δ = √η) or `update` (δ = 1).
        scheme: `leapfrog`, the update as a central difference, exact; or `stroboscopic`, the continuous system that
            passes through every update, $3H\delta = \ln(1/\beta)$.

    Returns:
        `hubble_rate` H in 1/T, `cosmological_constant` Λ in 1/T², `time_step` δ in T, `e_folds_per_update`, and the ηλ
        at which modes change their regime.

    Raises:
        ValueError: η or β out of range, or an unknown name.

    Example:
        >>> round(dual_universe(0.05, 0.8).e_folds_per_update, 4)
        0.0741

    Source: the idea, Krippendorf & Spannowsky 2022, arXiv:2202.11104; the formulas, `cosmograd.duality.dictionary`,
    which also work on traced arrays.
    """
    refuse_traced("dual_universe", "cosmograd.duality.dual_universe", learning_rate, momentum)
    return step_and_universe(learning_rate, momentum, time_unit, scheme)


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
