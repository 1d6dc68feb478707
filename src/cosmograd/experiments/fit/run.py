"""From a measured universe to its result."""

import json

import numpy as np

from cosmograd.experiments.fit.quantities import QUANTITIES
from cosmograd.measurement import MeasuredUniverse, estimate_arrays
from cosmograd.results import Result

_SAID = ("scheme", "time_unit", "kernel", "estimator", "interval", "members", "updates")


def measurement_result(measured: MeasuredUniverse, name_of_record: str) -> Result:
    """All that `cosmograd fit` knows."""
    along, over_time = ("member", "update", "mode"), ("record", "mode")
    drifting, modes = measured.eta_lambda_over_time, measured.modes
    arrays = estimate_arrays(measured) | {
        "recorded_mode": (along, modes.recorded),
        "fitted_mode": (along, modes.fitted),
        "goodness_of_fit": ((), measured.goodness_of_fit),
        "autocorrelation": ((), measured.autocorrelation),
        "left_out": ((), measured.left_out),
        "eta_lambda_over_time": (over_time, drifting.value),
        "eta_lambda_over_time_low": (over_time, drifting.low),
        "eta_lambda_over_time_high": (over_time, drifting.high),
        "update": (("update",), measured.first_update + measured.spacing * modes.records),
        "record": (("record",), measured.first_update + measured.spacing * np.arange(len(drifting.value))),
        "mode": (("mode",), np.arange(modes.recorded.shape[2])),
    }
    said = {key: getattr(measured, key) for key in _SAID} | {"notes": json.dumps(measured.notes, ensure_ascii=False)}
    return Result.of("fit", QUANTITIES, arrays, {"name": name_of_record} | said)
