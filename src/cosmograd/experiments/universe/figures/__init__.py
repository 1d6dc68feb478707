"""Figures of inflation, in the order of the page."""

from cosmograd.experiments.universe.figures.expansion import expansion
from cosmograd.experiments.universe.figures.field_space import field_space
from cosmograd.experiments.universe.figures.freeze_out import freeze_out
from cosmograd.experiments.universe.figures.phase_portrait import phase_portrait
from cosmograd.experiments.universe.figures.potential import potential
from cosmograd.experiments.universe.figures.spectra import spectra
from cosmograd.experiments.universe.figures.transfer import isocurvature_transfer

FIGURES = (potential, field_space, phase_portrait, expansion, freeze_out, spectra, isocurvature_transfer)
