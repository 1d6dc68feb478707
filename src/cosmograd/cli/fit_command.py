"""`cosmograd fit`: which universe a recorded training is, wherever it was trained."""

from math import isnan
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from cosmograd.cli.single_results import finish, folder_to_fill
from cosmograd.errors import UserError


def fit(
    files: Annotated[tuple[Path, ...], Parameter(name="FILE", negative="")],
    /,
    *,
    learning_rate: float | None = None,
    momentum: float | None = None,
    kernel: Path | None = None,
    loss_divisor: float | None = None,
    blind: Annotated[bool, Parameter(negative="")] = False,
    optimiser: Literal["sgd", "nesterov", "adam", "rmsprop"] | None = None,
    convention: Literal["heavy-ball", "averaged"] | None = None,
    time_unit: Literal["canonical", "gradient-flow", "sqrt-learning-rate", "update"] = "canonical",
    scheme: Literal["leapfrog", "stroboscopic"] = "leapfrog",
    estimator: Literal["auto", "regression", "trajectory"] = "auto",
    intervals: Literal["auto", "curvature", "bootstrap", "posterior"] = "auto",
    out: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Measure the dual universe of a recorded training: H, Λ and masses with 95 % intervals, or why they are unknown.

    Parameters
    ----------
    files
        Outputs after every update (or every k), on full batches with constant learning rate and momentum: .npz or .nc
        with the array outputs (update, member, point[, output]) and, where known, targets, kernel, kernel_update
        (updates at which kernels were taken), update (numbers of the updates) and loss_divisor; or .csv with the
        columns update, member, point[, output], value[, target]. Several files are members of one ensemble. Without
        targets, where each mode ends is fitted too.
    learning_rate
        η of the run; it sets the unit of time, unless a kernel tells it too. Files of recorders know it.
    momentum
        β of the run: compared with what is measured, and never used (but for the step of --convention averaged).
    kernel
        .npz or .nc with the array kernel: the tangent kernel J Jᵀ at the start, (size, size) or (member, size, size)
        over all outputs, points slowest.
    loss_divisor
        N of the loss ½ Σ|f − y|²/N: 1 for the sum over points (default), their number for the mean.
    blind
        Measure from the outputs alone: ignore the kernel that the file holds.
    optimiser
        What the run was trained with: compared with what is found.
    convention
        Momentum as in PyTorch, Optax and Keras (heavy-ball, v = βv + g), or averaged, v = βv + (1 − β)g, as in
        textbooks and Adam.
    time_unit
        Unit of time of H, Λ and masses.
    scheme
        How an update is read as a step of time: e-folds per update are 2(1−β)/3(1+β), or ln(1/β)/3 stroboscopically.
    estimator
        Regression with drifting kernels for outputs recorded exactly, trajectory fit at constant kernel for outputs
        with noise (auto: by the noise in the record).
    intervals
        Of the trajectory fit: from its curvature or full posterior (white noise), or a bootstrap over members (auto:
        the bootstrap from five members on, else the curvature).
    out
        Folder for results, figure and page.
    json
        Print everything as one JSON object.
    """
    from cosmograd.cli.console import progress_bar, say, start_jax

    if blind and kernel is not None:
        raise UserError("--blind ignores kernels: leave out --kernel, or --blind.")
    if not files:
        raise UserError("name at least one FILE with recorded outputs.")
    if intervals == "posterior":  # all else is NumPy: JAX would be most of the time that a measurement takes
        start_jax()
    from cosmograd.experiments.fit.findings import notes_of, summary
    from cosmograd.experiments.fit.run import run
    from cosmograd.experiments.fit.specification import Specification
    from cosmograd.runs import ResultFolder, recorded_settings, sources_from

    for file in files:
        if not file.is_file():
            raise UserError(f"there is no file {file}.")
    if learning_rate is None:
        learning_rate, recorded = recorded_settings(files)
        momentum = recorded if momentum is None else momentum
        if learning_rate is None:
            raise UserError(
                "give the --learning-rate of the run: it sets the unit of time, and the file does not say it."
            )
    folder = folder_to_fill(ResultFolder, out, "fit")
    # Not validated: the measurement itself says what is wrong, by the names of its options.
    asked = Specification.model_construct(
        files=[str(file) for file in files],
        learning_rate=learning_rate,
        momentum=momentum,
        kernel=str(kernel) if kernel is not None else None,
        loss_divisor=loss_divisor,
        blind=blind,
        optimiser=optimiser,
        convention=convention,
        time_unit=time_unit,
        scheme=scheme,
        estimator=estimator,
        intervals=intervals,
    )
    with progress_bar("fit") as advance:
        result = run(asked, sources_from(Path()), advance)
    for note in notes_of(result):
        say(note)
    numbers = summary(result)
    finish(result, numbers, folder, json, lambda: _print_estimates(numbers, learning_rate))


_KERNELS = {"known": "with the network's kernel", "blind": "from the outputs alone"}
_ESTIMATORS = {"regression": "regression with drifting kernels", "trajectory": "trajectory fit at constant kernel"}
_ROWS = ("hubble_rate", "cosmological_constant", "e_folds_per_update", "momentum", "step", "kernel_drift")
_MOST_MASSES = 4


def _print_estimates(summary: dict[str, Any], learning_rate: float) -> None:
    from rich.table import Table

    from cosmograd.cli.console import say, tables
    from cosmograd.experiments.fit.findings import why_not_identifiable

    table = Table(
        "", "value", "95 % interval", "predicted",
        title=f"Dual universe ({summary['scheme']}, {summary['time_unit']} time; {_KERNELS[summary['kernel']]})",
        caption=f"{_ESTIMATORS[summary['estimator']]}; of the motion left out {summary['left_out']:.2g}; in "
                "brackets: not identifiable",
    )  # fmt: skip
    rows = [(name, summary[name]) for name in _ROWS if name != "step" or summary["kernel"] == "known"]
    if not isnan(summary["masses_squared"][0]["value"]):
        rows += [
            (f"mass squared {place + 1}", mass) for place, mass in enumerate(summary["masses_squared"][:_MOST_MASSES])
        ]
    for name, estimate in rows:
        label = f"step (η = {learning_rate:g} given)" if name == "step" else name.replace("_", " ")
        table.add_row(label, *_cells(estimate))
    tables.print(table)
    reason = why_not_identifiable(summary)
    if reason is not None:
        say(reason)


def _cells(estimate: dict[str, Any]) -> tuple[str, str, str]:
    value, low, high, predicted = (estimate[key] for key in ("value", "low", "high", "predicted"))
    expected = "" if isnan(predicted) else f"{predicted:.5g}"
    if isnan(value):
        return "not identifiable", "", expected
    if estimate["identifiable"]:
        return f"{value:.5g}", f"{low:.5g} … {high:.5g}", expected
    return f"({value:.3g})", f"{low:.3g} … {high:.3g}", expected
