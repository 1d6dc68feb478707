"""Figures of a study, first those that show all of its points together, then those of single points."""

from cosmograd.experiments.training.figures.catapult import catapult
from cosmograd.experiments.training.figures.claim import claim
from cosmograd.experiments.training.figures.dependence import dependence
from cosmograd.experiments.training.figures.error_overview import error_overview
from cosmograd.experiments.training.figures.expansion import expansion
from cosmograd.experiments.training.figures.kernel_drift import kernel_drift
from cosmograd.experiments.training.figures.limits import (
    discretisation,
    fast_root,
    finite_width,
    no_back_reaction,
    no_gradient_term,
    non_quadratic_loss,
)
from cosmograd.experiments.training.figures.mass_spectrum import mass_spectrum
from cosmograd.experiments.training.figures.minibatch_noise import minibatch_noise
from cosmograd.experiments.training.figures.modes import background, perturbations
from cosmograd.experiments.training.figures.predictions_over_time import error_over_time, learning_curves
from cosmograd.experiments.training.figures.regime_map import regime_map
from cosmograd.experiments.training.figures.validity_map import validity_map

_OF_ALL_POINTS = (claim, error_overview, dependence, validity_map, regime_map, catapult)
_LIMITS = (
    discretisation, finite_width, no_gradient_term, fast_root, non_quadratic_loss, minibatch_noise, no_back_reaction,
)  # fmt: skip
_OF_POINTS = (background, perturbations, error_over_time, learning_curves, mass_spectrum, expansion, kernel_drift)
FIGURES = (*_OF_ALL_POINTS, *_LIMITS, *_OF_POINTS)
