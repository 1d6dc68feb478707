"""`cosmograd fit`: which universe a recorded training is, wherever it was trained."""

from math import isnan
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from cosmograd.cli.single_results import finish, folder_to_fill
from cosmograd.errors import UserError


def fit(
    file: Path,
    *,
    learning_rate: float,
    momentum: float | None = None,
    kernel: Path | None = None,
    loss_divisor: float | None = None,
    blind: Annotated[bool, Parameter(negative="")] = False,
    time_unit: Literal["canonical", "gradient-flow", "sqrt-learning-rate", "update"] = "canonical",
    scheme: Literal["leapfrog", "stroboscopic"] = "leapfrog",
    intervals: Literal["auto", "curvature", "bootstrap", "posterior"] = "auto",
    out: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Measure the dual universe of a recorded training: H, Λ and masses with 95 % intervals, or why they are unknown.

    Parameters
    ----------
    file
        Outputs after every update, on full batches with constant learning rate and momentum: .npz or .nc with the array
        outputs (update, member, point[, output]) and, where known, targets, kernel, update (numbers of the updates) and
        loss_divisor; or .csv with the columns update, member, point[, output], value[, target]. Without targets, where
        each mode ends is fitted too.
    learning_rate
        η of the run; it sets the unit of time, unless a kernel tells it too.
    momentum
        β of the run: compared with what is measured, and never used.
    kernel
        .npz or .nc with the array kernel: the tangent kernel J Jᵀ at the start, (size, size) or (member, size, size)
        over all outputs, points slowest.
    loss_divisor
        N of the loss ½ Σ|f − y|²/N: 1 for the sum over points (default), their number for the mean.
    blind
        Measure from the outputs alone: ignore the kernel that the file holds.
    time_unit
        Unit of time of H, Λ and masses.
    scheme
        How an update is read as a step of time: e-folds per update are 2(1−β)/3(1+β), or ln(1/β)/3 stroboscopically.
    intervals
        From the curvature of the fit or its full posterior (white noise), or a bootstrap over members (auto: the
        bootstrap from five members on, else the curvature).
    out
        Folder for results, figure and page.
    json
        Print everything as one JSON object.
    """
    from cosmograd.cli.console import say, start_jax

    if blind and kernel is not None:
        raise UserError("--blind ignores kernels: leave out --kernel, or --blind.")
    start_jax()
    from cosmograd.measurement import measure_universe, measurement_dataset
    from cosmograd.report import measurement_summary, write_measurement_report
    from cosmograd.storage import MeasurementFolder, read_kernel, read_trajectories

    folder = folder_to_fill(MeasurementFolder, out)
    given = read_kernel(kernel) if kernel is not None else None
    record = read_trajectories(file, loss_divisor, given)
    try:
        measured = measure_universe(
            record.without_kernel() if blind else record, learning_rate, momentum, time_unit, scheme, intervals
        )
    except ValueError as error:
        raise UserError(str(error)) from None
    for note in measured.notes:
        say(note)
    results = measurement_dataset(measured, file.name)
    summary = measurement_summary(results)
    finish(results, summary, folder, json, write_measurement_report, lambda: _print_estimates(summary))


_KERNELS = {"known": "with the network's kernel", "blind": "from the outputs alone"}
_ROWS = ("hubble_rate", "cosmological_constant", "e_folds_per_update", "momentum", "step", "masses_squared")


def _print_estimates(summary: dict[str, Any]) -> None:
    from rich.table import Table

    from cosmograd.cli.console import tables

    table = Table(
        "", "value", "95 % interval", "predicted", "why not known",
        title=f"Dual universe ({summary['scheme']}, {summary['time_unit']} time; {_KERNELS[summary['kernel']]})",
        caption=f"goodness of fit {summary['goodness_of_fit']:.6f}, of the motion left out {summary['left_out']:.2g}; "
        f"intervals: {summary['interval']}; in brackets what is not identifiable",
    )  # fmt: skip
    for name in _ROWS:
        found = summary[name]
        for index, estimate in enumerate(found if isinstance(found, list) else [found]):
            label = name.replace("_", " ") + (f" {index + 1}" if isinstance(found, list) else "")
            table.add_row(label, *_cells(estimate))
    tables.print(table)


def _cells(estimate: dict[str, Any]) -> tuple[str, str, str, str]:
    value, low, high, predicted = (estimate[key] for key in ("value", "low", "high", "predicted"))
    expected = "" if isnan(predicted) else f"{predicted:.5g}"
    if isnan(value):
        return "not identifiable", "", expected, estimate["reason"]
    if estimate["identifiable"]:
        return f"{value:.5g}", f"{low:.5g} … {high:.5g}", expected, ""
    return f"({value:.3g})", f"{low:.3g} … {high:.3g}", expected, estimate["reason"]
