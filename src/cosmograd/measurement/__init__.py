"""Measuring a recorded training: the universe it is dual to, with uncertainties, or why that cannot be known."""

from cosmograd.measurement.directions import RecordedModes, kernel_modes_of, strongest_directions
from cosmograd.measurement.estimates import Estimate, EtaLambdasOverTime, FittedModes, MeasuredUniverse
from cosmograd.measurement.measurement_dataset import (
    ESTIMATE_PARTS,
    estimate_attributes,
    estimate_variables,
    measurement_dataset,
)
from cosmograd.measurement.measurement_summary import estimate_in, measurement_summary, notes_of, why_not_identifiable
from cosmograd.measurement.notes import CONVENTIONS, OPTIMISERS
from cosmograd.measurement.parameter_scatter import Interval, bootstrap_interval, curvature_interval
from cosmograd.measurement.quantities import ESTIMATED, QUANTITIES
from cosmograd.measurement.recursion_fit import MemberFits, RecursionFit, fit_each_member, fit_recursion
from cosmograd.measurement.recursion_models import (
    ATTRACTOR,
    FREE,
    FROM_REST,
    AbstractRecursion,
    CoupledModes,
    Hypothesis,
    KnownModes,
)
from cosmograd.measurement.spectroscopy import ESTIMATORS, INTERVALS, measure_universe
from cosmograd.measurement.trajectories import LEAST_RECORDS, Trajectories, ensemble_of, trajectories

__all__ = [
    "ATTRACTOR",
    "CONVENTIONS",
    "ESTIMATED",
    "ESTIMATE_PARTS",
    "ESTIMATORS",
    "FREE",
    "FROM_REST",
    "INTERVALS",
    "LEAST_RECORDS",
    "OPTIMISERS",
    "QUANTITIES",
    "AbstractRecursion",
    "CoupledModes",
    "Estimate",
    "EtaLambdasOverTime",
    "FittedModes",
    "Hypothesis",
    "Interval",
    "KnownModes",
    "MeasuredUniverse",
    "MemberFits",
    "RecordedModes",
    "RecursionFit",
    "Trajectories",
    "bootstrap_interval",
    "curvature_interval",
    "ensemble_of",
    "estimate_attributes",
    "estimate_in",
    "estimate_variables",
    "fit_each_member",
    "fit_recursion",
    "kernel_modes_of",
    "measure_universe",
    "measurement_dataset",
    "measurement_summary",
    "notes_of",
    "strongest_directions",
    "trajectories",
    "why_not_identifiable",
]
