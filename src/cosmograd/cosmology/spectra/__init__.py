"""Power spectra."""

from cosmograd.cosmology.background import InflationError
from cosmograd.cosmology.spectra.failures import reasons
from cosmograd.cosmology.spectra.pivot import AbstractPivot, ComovingWavenumber, EFoldsBeforeEnd
from cosmograd.cosmology.spectra.powers import Isocurvature
from cosmograd.cosmology.spectra.primordial import ErrorBudget, ModeOutcome, PivotNumbers, PrimordialSpectra, spectra
from cosmograd.cosmology.spectra.refinement import primordial_spectra
from cosmograd.cosmology.spectra.resolution import BEST_ACCURACY, WORST_ACCURACY, Resolution
from cosmograd.cosmology.spectra.slow_roll import HorizonFlow, SlowRollSpectra, horizon_flow, slow_roll_spectra

__all__ = [
    "BEST_ACCURACY",
    "WORST_ACCURACY",
    "AbstractPivot",
    "ComovingWavenumber",
    "EFoldsBeforeEnd",
    "ErrorBudget",
    "HorizonFlow",
    "InflationError",
    "Isocurvature",
    "ModeOutcome",
    "PivotNumbers",
    "PrimordialSpectra",
    "Resolution",
    "SlowRollSpectra",
    "horizon_flow",
    "primordial_spectra",
    "reasons",
    "slow_roll_spectra",
    "spectra",
]
