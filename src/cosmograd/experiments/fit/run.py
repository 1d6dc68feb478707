"""The universe of a recorded training, measured from its outputs."""

import json
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import numpy as np

from cosmograd.errors import UserError
from cosmograd.experiments.fit.quantities import QUANTITIES
from cosmograd.experiments.fit.specification import Specification
from cosmograd.experiments.sources import Sources
from cosmograd.measurement import MeasuredUniverse, Trajectories, ensemble_of, estimate_arrays, measure_universe
from cosmograd.results import Result

_SAID = ("scheme", "time_unit", "kernel", "estimator", "interval", "members", "updates")


_RECORD = ("files", "kernel", "loss_divisor", "blind")
_SETTINGS = ("momentum", "time_unit", "scheme", "intervals", "estimator", "optimiser", "convention")


def run(
    specification: Specification,
    sources: Sources,
    progress: Callable[[float], None] = lambda fraction: None,
    pictured: bool = False,
) -> Result:
    """Measure the universe of the recorded outputs; `UserError` where files or settings do not allow it."""
    del pictured  # figures need nothing besides
    record = sources.once(specification, _RECORD, lambda: _record(specification, sources))
    settings = {name: getattr(specification, name) for name in _SETTINGS}
    try:
        measured = measure_universe(record, specification.learning_rate, **settings, progress=progress)
    except ValueError as error:
        raise UserError(str(error)) from None
    files = _files(specification)
    name = specification.name or (PurePath(files[0]).name if len(files) == 1 else f"{len(files)} files")
    contents = json.dumps(specification.model_dump(), ensure_ascii=False)
    return measurement_result(measured, name, specification=contents)


def _files(specification: Specification) -> list[str]:
    return [specification.files] if isinstance(specification.files, str) else list(specification.files)


def _record(specification: Specification, sources: Sources) -> Trajectories:
    """All files as one ensemble."""
    given = sources.kernel(specification.kernel) if specification.kernel is not None else None
    records = [
        sources.trajectories(file, specification.loss_divisor, given, not specification.blind)
        for file in _files(specification)
    ]
    try:
        return ensemble_of(records) if len(records) > 1 else records[0]
    except ValueError as error:
        raise UserError(str(error)) from None


def machine(specification: Specification) -> dict[str, Any]:
    """The posterior alone is sampled by JAX."""
    if specification.intervals != "posterior":
        return {}
    import jax  # a second

    return {"backend": jax.default_backend()}


def measurement_result(measured: MeasuredUniverse, name_of_record: str, **said_besides: str) -> Result:
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
    return Result.of("fit", QUANTITIES, arrays, {"name": name_of_record} | said | said_besides)
