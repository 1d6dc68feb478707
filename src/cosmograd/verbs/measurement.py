"""Measurement at the front door: which universe a recorded training is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cosmograd.experiments.fit.run import measurement_result
from cosmograd.measurement import Trajectories, ensemble_of, measure_universe, trajectories
from cosmograd.results import Result
from cosmograd.verbs.checks import Number
from cosmograd.verbs.progress import Report, progress_of


def fit(
    recorded: Any,
    *,
    learning_rate: Number | None = None,
    targets: Any = None,
    momentum: Number | None = None,
    kernel: Any = None,
    kernel_updates: Any = None,
    records: Any = None,
    loss_divisor: Number | None = None,
    blind: bool = False,
    optimiser: str | None = None,
    convention: str | None = None,
    time_unit: str = "canonical",
    scheme: str = "leapfrog",
    estimator: str = "auto",
    intervals: str = "auto",
    progress: Report | None = None,
) -> Result:
    r"""Measure the universe that a recorded training is dual to, from its outputs alone.

    $$d_{n+1} - d_n = \beta(d_n - d_{n-1}) - \tfrac{\eta}{N}\Theta(n)\,d_n, \qquad d = f - y$$

    fitted to the records with a slowly drifting Θ(n); β and η give H and Λ by the dictionary.

    Args:
        recorded: outputs (update, member, point[, output]) after every update or every k, on full batches with
            constant learning rate and momentum; or what `train` returned; or a file (.npz, .nc, .csv), or several, as
            `cosmograd fit` takes them.
        learning_rate: η of the run; known where `recorded` comes from `train`.
        targets: array (point[, output]); without them the end of every mode is fitted too.
        momentum: β of the run, compared with what is measured and never used.
        kernel: tangent kernel over flattened outputs, (size, size) or (member, size, size), or what `tangent_kernel`
            returns.
        kernel_updates: updates at which the kernel was taken, whose axis then comes first.
        records: numbers of the recorded updates, 0 before the first update of all.
        loss_divisor: N of the loss ½ Σ|f − y|²/N; 1 for a sum over points (default), their number for the mean.
        blind: ignore every kernel.
        optimiser: what the run was trained with, compared with what is found: sgd, nesterov, adam or rmsprop.
        convention: `heavy-ball`, v = βv + g, or `averaged`, v = βv + (1 − β)g.
        time_unit: as in `dual_universe`.
        scheme: as in `dual_universe`.
        estimator: `regression` for outputs recorded exactly, `trajectory` for outputs with noise, `auto`.
        intervals: of the trajectory fit: `curvature`, `bootstrap`, `posterior` or `auto`.
        progress: called with the fraction done since its last call, instead of a bar.

    Returns:
        `hubble_rate`, `cosmological_constant`, `momentum`, `e_folds_per_update`, `masses_squared`, …, each with
        `value`, `low` and `high` (95 %), `identifiable`, and the `reason` where it is not.

    Raises:
        ValueError: with the reason and what to do.

    Example:
        >>> outputs, velocity = [np.array([[1.0, -1.0], [0.5, 2.0]])], 0.0  # of two networks at two points
        >>> for update in range(60):
        ...     velocity = 0.8 * velocity - 0.1 * np.array([2.0, 0.5]) * outputs[-1]
        ...     outputs.append(outputs[-1] + velocity)
        >>> round(fit(np.array(outputs), targets=np.zeros(2), learning_rate=0.1).momentum.value, 6)
        0.8

    Source: `cosmograd.measurement`.
    """
    η, β, N = (None if value is None else float(value) for value in (learning_rate, momentum, loss_divisor))
    record, η, β, name = _record(recorded, η, β, N, targets, kernel, kernel_updates, records, blind)
    measure = measure_universe
    if intervals == "posterior":  # all else is NumPy, and starts without JAX
        from cosmograd.precision import in_float64

        measure = in_float64(measure_universe)
    with progress_of("fit", progress) as done:
        measured = measure(record, η, β, time_unit, scheme, intervals, estimator, optimiser, convention, done)
    return measurement_result(measured, name)


def _record(
    recorded: Any,
    learning_rate: float | None,
    momentum: float | None,
    loss_divisor: float | None,
    targets: Any,
    kernel: Any,
    kernel_updates: Any,
    records: Any,
    blind: bool,
) -> tuple[Trajectories, float, float | None, str]:
    """Trajectories, η, β where known, and what to call them."""
    beside = {"targets": targets, "kernel_updates": kernel_updates, "records": records}
    given = [name for name, value in beside.items() if value is not None]
    if blind and kernel is not None:
        raise ValueError("`blind` ignores kernels; leave out `kernel`, or `blind`.")
    kernel = getattr(kernel, "matrix", kernel)
    if isinstance(recorded, Result):
        if given or kernel is not None or loss_divisor is not None:
            raise ValueError(
                f"a recorded training knows its {(given or ['kernel and loss divisor'])[0]}; leave it out."
            )
        record = _of_ensemble(recorded, blind)
        constants = [recorded[name].values for name in ("learning_rate", "momentum")]
        if any(values.ndim for values in constants) or int(recorded.attrs["batch_size"]):
            raise ValueError(
                "the training has a schedule or minibatches; a universe is measured of full batches with constant "
                "learning rate and momentum."
            )
        η, β = (float(values) for values in constants)
        return (
            record,
            η if learning_rate is None else learning_rate,
            β if momentum is None else momentum,
            recorded.title,
        )
    paths = _paths(recorded)
    if paths and learning_rate is None:
        from cosmograd.runs.trajectory_files import recorded_settings

        learning_rate, said = recorded_settings(paths)
        momentum = said if momentum is None else momentum
    if learning_rate is None:
        raise ValueError("give the `learning_rate` of the run: it sets the unit of time.")
    if paths:
        if given:
            raise ValueError(f"`{given[0]}` is read from the file; leave it out.")
        record, name = _of_files(paths, loss_divisor, kernel, blind), paths[0].name
        return record, learning_rate, momentum, name if len(paths) == 1 else f"{len(paths)} files"
    detached = recorded.detach().cpu() if callable(getattr(recorded, "detach", None)) else recorded
    record = trajectories(
        detached, targets, kernel, records, 1.0 if loss_divisor is None else loss_divisor,
        None if kernel is None else kernel_updates,
    )  # fmt: skip
    return record, learning_rate, momentum, "recorded outputs"


def _paths(recorded: Any) -> list[Path]:
    several = [recorded] if isinstance(recorded, (str, Path)) else recorded
    if isinstance(several, Sequence) and several and all(isinstance(each, (str, Path)) for each in several):
        return [Path(each) for each in several]
    return []


def _of_files(paths: list[Path], loss_divisor: float | None, kernel: Any, blind: bool) -> Trajectories:
    from cosmograd.runs import read_trajectories

    records = [read_trajectories(path, loss_divisor, kernel, with_kernel=not blind) for path in paths]
    return ensemble_of(records) if len(records) > 1 else records[0]


def _of_ensemble(ensemble: Result, blind: bool) -> Trajectories:
    if ensemble.experiment != "ensemble":
        raise ValueError(f"`recorded` is a result of {ensemble.experiment}; give what cosmograd.train returned.")
    diverged_at = ensemble["diverged_at"].values
    stood = np.flatnonzero(diverged_at < 0)
    if not stood.size:
        raise ValueError(
            f"every network diverged, the last at update {diverged_at.max()}: there is no universe to measure. Train "
            "with a smaller learning rate."
        )
    train = ~ensemble["is_probe"].values.astype(bool)
    targets = ensemble["targets"].values[train]
    recorded = np.isin(ensemble["snapshot"].values, ensemble["record"].values)  # of long runs not every update is
    kernels = ensemble["kernels"].values[stood][:, recorded, : targets.size]
    return trajectories(
        np.moveaxis(ensemble["outputs"].values[stood][:, :, train], 0, 1),
        targets,
        None if blind else np.moveaxis(kernels, 0, 1),
        ensemble["record"].values,
        float(ensemble["loss_divisor"]),
        None if blind else ensemble["snapshot"].values[recorded],
    )
