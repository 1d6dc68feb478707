"""What a regression says: whether β is known, and if not, why."""

import numpy as np

from cosmograd.measurement.other_motions import OtherMotion
from cosmograd.measurement.recorded_trajectories import Trajectories
from cosmograd.measurement.regression_measurement import RegressionMeasurement
from cosmograd.measurement.universe_estimates import Verdict

# Where one root for each mode leaves no more than so many times what two leave, nothing tells β.
_LITTLE_BETTER = 2.0
# Records that begin in motion tell β from drift only by velocities that nothing else explains to this share.
_LEAST_SHARE = 0.05
# An interval that reaches further than this share of 1 − β says nothing of friction.
_WEAK = 0.5
# Where so much of the motion is left out, or of the changes unexplained, that is why.
_MUCH_LEFT_OUT, _UNEXPLAINED = 0.3, 0.3

_ON_THE_ATTRACTOR = "the run never leaves the slow-roll attractor: only m²/3H is visible"
# Motions that heavy ball's recursion still describes, network by network: named in a note where β is known.
_STILL_HEAVY_BALL = ("period two", "growth", "batches")


def regression_verdict(found: RegressionMeasurement, record: Trajectories, other: OtherMotion | None) -> Verdict:
    """described: whether the recursion with drifting kernels describes the motion."""
    regression = found.chosen.regression
    reach = found.chosen.reach_of_momentum
    if record.stood_still:
        return Verdict(
            False,
            False,
            f"the outputs stand still from record 0 to record {record.stood_still}: a warm-up of the learning rate "
            "from zero, or another schedule",
        )
    weak = not np.isfinite(reach) or reach > _WEAK * abs(1 - float(regression.coefficients[0]))
    if other is not None and (other.kind not in _STILL_HEAVY_BALL or weak or _drowns(other)):
        return Verdict(False, False, other.reason)
    alone = float(np.sqrt(max(regression.gram[-1, -1], 0.0) / max(regression.residual_squares, 1e-300)))
    if weak and alone < _LITTLE_BETTER:
        return Verdict(True, False, _ON_THE_ATTRACTOR)
    if weak:
        return Verdict(True, False, _hidden(found, reach))
    if not record.at_rest and regression.share_of_velocity < _LEAST_SHARE:
        return Verdict(
            True,
            False,
            "the records begin in motion, and kernels that drift explain all but "
            f"{100 * regression.share_of_velocity:.1g} % of the velocities: too little to tell friction by",
        )
    return Verdict(
        True,
        True,
        "identified from velocities, which drifting kernels do not explain; "
        f"{100 * regression.residual_fraction:.2g} % of the changes are left, β is known to ± {reach:.1g}",
    )


def _drowns(other: OtherMotion) -> bool:
    return other.kind == "batches" and other.ratio > _UNEXPLAINED


def _hidden(found: RegressionMeasurement, reach: float) -> str:
    """Why β is known too badly."""
    known = f"β is known to ± {reach:.2g} only"
    if found.rows.left_out > _MUCH_LEFT_OUT:
        return f"{100 * found.rows.left_out:.0f} % of the motion lies along directions that are left out: {known}"
    return (
        f"the kernels drift (by {100 * found.modes.drift:.0f} %) and the networks' velocities interact, which leaves "
        f"{100 * found.chosen.regression.residual_fraction:.2g} % of the changes unexplained: {known}"
    )
