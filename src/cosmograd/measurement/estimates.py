"""What a measurement says: estimates, what they are along the run, and the modes that they rest on."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from cosmograd.results import Estimate


class EtaLambdasOverTime(NamedTuple):
    """ηλ of each mode at each record, from the largest down, with the ends of 95 % intervals."""

    value: Float[np.ndarray, "records modes"]
    low: Float[np.ndarray, "records modes"]
    high: Float[np.ndarray, "records modes"]


class FittedModes(NamedTuple):
    """Deviations from the targets along the modes that decouple, as recorded and as the fitted recursion moves.

    records: which ones, counted from 0; the recursion moves from the first record on, or from each record to the next.
    """

    records: Int[np.ndarray, " updates"]
    recorded: Float[np.ndarray, "members updates modes"]
    fitted: Float[np.ndarray, "members updates modes"]


class MeasuredUniverse(NamedTuple):
    """The dual universe of a recorded training.

    hubble_rate [1/T], cosmological_constant [1/T²], masses_squared [1/T²]: in the time that `time_unit` names, an
    update read as a step of time as `scheme` says; momentum: β as the updates show it; step: η on the modes of a
    known kernel, over which H and Λ are then taken (None in blind measurements); eta_lambdas: ηλ of each mode, from the
    largest down; decay_rates: −ln of the larger root of each mode, per update: m²/3H in slow roll, which is visible on
    the attractor too; kernel_drift: |K_end − K_0| / |K_0| of the mean kernel along the modes; eta_lambda_over_time: ηλ
    along the run, of which `eta_lambdas` is the first; goodness_of_fit: share of the motion that the recursion
    describes, 1 − |residual|²/|motion|²; autocorrelation: of the residuals from update to update, zero for white
    noise; left_out: |motion along none of the fitted modes| / |motion|; kernel: "known" or "blind"; estimator:
    "regression" or "trajectory"; interval: what the intervals are from; members, updates: how many were measured;
    first_update, spacing: updates before the first record, and from one to the next; notes: what the user should know;
    modes: what was fitted, and the fit.
    """

    hubble_rate: Estimate
    cosmological_constant: Estimate
    e_folds_per_update: Estimate
    masses_squared: tuple[Estimate, ...]
    momentum: Estimate
    step: Estimate | None
    eta_lambdas: tuple[Estimate, ...]
    decay_rates: tuple[Estimate, ...]
    kernel_drift: Estimate
    eta_lambda_over_time: EtaLambdasOverTime
    goodness_of_fit: float
    autocorrelation: float
    left_out: float
    scheme: str
    time_unit: str
    kernel: str
    estimator: str
    interval: str
    members: int
    updates: int
    first_update: int
    spacing: int
    notes: tuple[str, ...]
    modes: FittedModes
