"""Figures of a universe on a network, the one that says most first, and its field in motion."""

from cosmograd.experiments.network_universe.figures.error_scaling import error_scaling
from cosmograd.experiments.network_universe.figures.field_animation import field_in_motion
from cosmograd.experiments.network_universe.figures.field_in_space import field_in_space
from cosmograd.experiments.network_universe.figures.mode_errors import mode_errors
from cosmograd.experiments.network_universe.figures.modes import modes, phase_portraits
from cosmograd.experiments.network_universe.figures.spectrum import power_history, spectrum

FIGURES = (spectrum, power_history, modes, mode_errors, phase_portraits, field_in_space, error_scaling)
ANIMATIONS = (field_in_motion,)
