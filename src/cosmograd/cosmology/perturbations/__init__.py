"""Perturbations: of inflating backgrounds, and of test fields in given ones."""

from cosmograd.cosmology.perturbations.crossing_modes import CrossingPower, CrossingSettings, crossing_power
from cosmograd.cosmology.perturbations.field_covariance import (
    CovarianceSettings,
    CovarianceSteps,
    FieldCovariance,
    curvature_evolution,
    curvature_power,
    field_covariance,
)
from cosmograd.cosmology.perturbations.isocurvature_transfer import IsocurvatureTransfer, isocurvature_transfer
from cosmograd.cosmology.perturbations.mass_matrix import mass_matrix
from cosmograd.cosmology.perturbations.mode_functions import ModeFunctions, mode_functions
from cosmograd.cosmology.perturbations.mode_table import ModeTable
from cosmograd.cosmology.perturbations.spectator_modes import (
    SpectatorMode,
    SpectatorOutcome,
    evolved_mode,
    vacuum_mode,
)
from cosmograd.cosmology.perturbations.trajectory_frame import TrajectoryFrame, trajectory_frame
from cosmograd.cosmology.perturbations.vacuum import Vacuum, adiabatic_vacuum, vacuum_coefficients

__all__ = [
    "CovarianceSettings",
    "CovarianceSteps",
    "CrossingPower",
    "CrossingSettings",
    "FieldCovariance",
    "IsocurvatureTransfer",
    "ModeFunctions",
    "ModeTable",
    "SpectatorMode",
    "SpectatorOutcome",
    "TrajectoryFrame",
    "Vacuum",
    "adiabatic_vacuum",
    "crossing_power",
    "curvature_evolution",
    "curvature_power",
    "evolved_mode",
    "field_covariance",
    "isocurvature_transfer",
    "mass_matrix",
    "mode_functions",
    "trajectory_frame",
    "vacuum_coefficients",
    "vacuum_mode",
]
