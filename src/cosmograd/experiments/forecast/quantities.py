"""Quantities of a forecast: those of a prediction, and which learning rates are stable."""

from cosmograd.experiments.prediction.quantities import NEEDED as OF_PREDICTIONS, QUANTITIES as PREDICTED
from cosmograd.results import Quantity

COMMAND = "cosmograd forecast"

_METHOD = ("method",)

_ALWAYS = (
    Quantity("method", "optimiser", "", _METHOD),
    Quantity(
        "largest_stable_learning_rate", "largest learning rate that does not diverge in full batches", "1", _METHOD
    ),
    Quantity("stable_reason", "where it comes from, or why there is none", "", _METHOD),
    Quantity(
        "largest_stable_learning_rate_minibatch",
        "largest learning rate that is stable in the mean square in minibatches",
        "1",
        _METHOD,
    ),
    Quantity("minibatch_reason", "where it comes from, or why there is none", "", _METHOD),
    Quantity("largest_eigenvalue_of_run", "largest eigenvalue of the loss's Gauss–Newton matrix along the run", "1"),
    Quantity("preconditioned_eigenvalue", "the same of Adam's preconditioned matrix", "1"),
    Quantity("e_folds", "e-folds that a mode decays by within the run", "1", ("mode",)),
    Quantity("expansion_e_folds", "e-folds that the dual universe expands by within the run", "1", symbol="∫H dt"),
    Quantity("integrated_learning_rate", "Σ η/(1−β) over the run: time of gradient flow", "1", symbol="Σ η/(1−β)"),
    Quantity("given_learning_rate", "learning rate as given, the largest of a schedule", symbol="η"),
    Quantity("own_largest_stable_learning_rate", "largest stable learning rate with all settings as given"),
    Quantity("best_learning_rate", "learning rate of the constant heavy ball with the smallest predicted loss"),
    Quantity("best_momentum", "its momentum"),
    Quantity("best_loss_share", "its loss after the run over that at the start"),
)
_SOMETIMES = (
    Quantity("accuracy", "share of training points of the right class", "1", ("update",)),
    Quantity("probe_loss", "predicted loss on unseen points", "1", ("update",)),
    Quantity("probe_accuracy", "share of unseen points of the right class", "1", ("update",)),
    Quantity("minibatch_loss", "mean of the loss over draws of minibatches", "1", ("update",)),
    Quantity("temperature", "temperature T of the gradient noise on the stiffest mode at the start", "1", symbol="T"),
    Quantity("trial_error", "|outputs − forecast| / |outputs − targets| of the real model in the trial", "1"),
    Quantity("trial_kernel_drift", "relative change of the kernel in the trial", "1"),
)

_OWN = (*_ALWAYS, *_SOMETIMES)
QUANTITIES = (*PREDICTED, *_OWN)
NEEDED = (*OF_PREDICTIONS, *(quantity.name for quantity in _ALWAYS))
