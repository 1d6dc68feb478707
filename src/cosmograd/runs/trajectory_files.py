"""Recorded trainings from anywhere: `.npz`, NetCDF-4 or `.csv` as trajectories.

What a file holds, by name: `outputs` (update, member, point[, output]); and where they are known `targets`
(point[, output]), `kernel` (size, size) or (member, size, size) over flattened outputs, `update` (numbers of the
updates), `loss_divisor`, `kernel_update` (numbers of the updates at which kernels were taken, then the first axis of
`kernel`). A `.csv` has one row per number: the columns update, member, point[, output], value[, target].
"""

import math
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cosmograd.errors import UserError
from cosmograd.measurement import Trajectories, trajectories
from cosmograd.runs.datasets_on_disk import read_results
from cosmograd.runs.npz_files import read_npz
from cosmograd.runs.recorder_files import is_recorder_file, read_recorder_file
from cosmograd.runs.user_tables import read_columns

if TYPE_CHECKING:
    import xarray as xr

TRAJECTORY_SUFFIXES = (".npz", ".nc", ".csv")
_AXES = ("update", "member", "point", "output")
_KNOWN = ("outputs", "targets", "kernel", "update", "loss_divisor", "kernel_update")
# What others call these.
_OTHER_NAMES = {
    "predictions": "outputs", "y_pred": "outputs", "labels": "targets", "y": "targets", "y_true": "targets",
    "ntk": "kernel", "tangent_kernel": "kernel", "updates": "update", "steps": "update",
}  # fmt: skip


def read_trajectories(
    path: Path | str, loss_divisor: float | None = None, kernel: Any = None, with_kernel: bool = True
) -> Trajectories:
    """The trajectories in a file; `UserError` says what is wrong with it.

    loss_divisor: N of the loss ½ Σ|f − y|²/N; left out, that of the file, or 1. kernel: instead of the file's own;
    with_kernel: whether kernels are read at all.
    """
    path = Path(path)
    arrays = _read(path, TRAJECTORY_SUFFIXES)
    for name in arrays:
        meant = _OTHER_NAMES.get(name.lower()) or next(iter(get_close_matches(name, _KNOWN, n=1, cutoff=0.8)), None)
        if name not in _KNOWN and meant is not None and meant not in arrays:
            raise UserError(f"{path}: {name!r} is not read; did you mean {meant!r}? Rename it, or leave it out.")
    if "outputs" not in arrays:
        found = ", ".join(map(repr, arrays)) or "nothing"
        raise UserError(f"{path} holds no `outputs` (update, member, point[, output]); it holds {found}.")
    known = {name: arrays[name] for name in _KNOWN if name in arrays}
    if kernel is not None or not with_kernel:
        known.pop("kernel", None)
        known.pop("kernel_update", None)
    if kernel is not None:
        known["kernel"] = kernel
    divisor = loss_divisor if loss_divisor is not None else _one_number(path, known.pop("loss_divisor", 1.0))
    known.pop("loss_divisor", None)
    try:
        return trajectories(
            updates=known.pop("update", None),
            kernel_updates=known.pop("kernel_update", None),
            loss_divisor=divisor,
            **known,
        )
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"{path}: {error}") from None


def read_kernel(path: Path | str) -> Any:
    """The array `kernel` of an `.npz` or NetCDF-4 file."""
    path = Path(path)
    arrays = _read(path, (".npz", ".nc"))
    if "kernel" not in arrays:
        raise UserError(f"{path} holds no `kernel`; it holds {', '.join(map(repr, arrays)) or 'nothing'}.")
    return arrays["kernel"]


def _read(path: Path, suffixes: tuple[str, ...]) -> Mapping[str, Any]:
    suffix = path.suffix.lower()
    if is_recorder_file(path):
        return _from_recorder(path)
    if suffix not in suffixes:
        raise UserError(f"{path}: unknown kind of file {suffix!r}; allowed: {', '.join(suffixes)}.")
    if not path.is_file():
        raise UserError(f"there is no file {path}.")
    read: dict[str, Callable[[Path], Mapping[str, Any]]] = {
        ".npz": read_npz,
        ".nc": _from_netcdf,
        ".csv": _from_csv,
    }
    return read[suffix](path)


def _from_recorder(path: Path) -> dict[str, Any]:
    found = read_recorder_file(path)
    if len(found.records) < 2:
        raise UserError(f"{path} holds {len(found.records)} records; a universe is measured of many updates.")
    arrays: dict[str, Any] = {
        "outputs": found.outputs[:, None],
        "targets": found.targets,
        "update": found.updates,
        "loss_divisor": found.header["loss_divisor"],
    }
    return arrays if found.kernel is None else arrays | {"kernel": found.kernel}


def recorded_settings(paths: Sequence[Path]) -> tuple[float | None, float | None]:
    """Learning rate and momentum that recorders wrote into these files; None where they did not."""
    known = [read_recorder_file(path).settings for path in paths if is_recorder_file(path)]
    if not known or len(known) != len(paths):
        return None, None
    for path in paths:
        rates = read_recorder_file(path).rates
        if len(rates) and np.ptp(rates) > 1e-6 * rates.max():
            raise UserError(
                f"{path}: the learning rate changes along the record, from {rates[0]:.4g} to {rates[-1]:.4g}, so that "
                "H does too. A universe is measured at a constant one; give a learning rate to measure all the same."
            )
    η, β = known[0]
    return (η if np.isfinite(η) else None), β


def _one_number(path: Path, value: Any) -> float:
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu":
        raise UserError(f"{path}: `loss_divisor` must be one number.")
    return float(array.reshape(()))


def _from_netcdf(path: Path) -> dict[str, Any]:
    """Axes are put in order by their names; a record without an axis `member` is of one network."""
    contents = read_results(path)
    arrays: dict[str, Any] = {str(name): _in_order(contents[name]) for name in contents.variables}
    if "outputs" in contents:
        outputs = contents["outputs"]
        unknown = [str(name) for name in outputs.dims if name not in _AXES]
        if unknown:
            raise UserError(
                f"{path}: `outputs` has the axis {unknown[0]!r}; the axes of {outputs.dims} must be called update, "
                "member, point and output. Rename them: dataset.rename(...)."
            )
        if "member" not in outputs.dims:
            arrays["outputs"] = _in_order(outputs.expand_dims("member"))
    arrays |= {name: contents.attrs[name] for name in ("loss_divisor",) if name in contents.attrs}
    return arrays


def _in_order(variable: "xr.DataArray") -> np.ndarray:
    if set(variable.dims) <= set(_AXES):
        return variable.transpose(*(axis for axis in _AXES if axis in variable.dims)).values
    return variable.values


def _from_csv(path: Path) -> dict[str, np.ndarray]:
    columns = read_columns(path)
    missing = [name for name in ("update", "member", "point", "value") if name not in columns]
    if missing:
        raise UserError(
            f"{path}: there is no column {missing[0]!r}. One row is one number: the columns are update, member, "
            f"point[, output], value[, target]; found: {', '.join(columns)}."
        )
    axes = [axis for axis in _AXES if axis in columns]
    for name in (*axes, "value", *(["target"] if "target" in columns else [])):
        _refuse_no_numbers(path, name, columns[name])
    labels, places = zip(*(np.unique(columns[axis], return_inverse=True) for axis in axes), strict=True)
    shape = tuple(len(values) for values in labels)
    if math.prod(shape) > 2 * len(columns["value"]) + 1000:
        axes_and_lengths = ", ".join(f"{length} of {axis}" for axis, length in zip(axes, shape, strict=True))
        raise UserError(
            f"{path}: {len(columns['value'])} rows cannot fill all combinations of {axes_and_lengths}. Every update "
            "needs a row for each member and point."
        )
    outputs, counts = np.full(shape, np.nan), np.zeros(shape, dtype=int)
    np.add.at(counts, places, 1)
    for wrong, what in ((counts > 1, "appears twice"), (counts == 0, "is missing")):
        if wrong.any():
            first = np.argwhere(wrong)[0]
            where = ", ".join(f"{axis} {values[i]:g}" for axis, values, i in zip(axes, labels, first, strict=True))
            raise UserError(f"{path}: the row of {where} {what} ({int(wrong.sum())} such rows in all).")
    outputs[places] = columns["value"]
    arrays = {"outputs": outputs, "update": labels[0]}
    if "target" in columns:
        targets = np.full(shape, np.nan)
        targets[places] = columns["target"]
        if np.ptp(targets, axis=(0, 1)).max() > 0:
            raise UserError(f"{path}: the target of a point differs between updates or members.")
        arrays["targets"] = targets[0, 0]
    return arrays


def _refuse_no_numbers(path: Path, name: str, values: np.ndarray) -> None:
    if values.dtype.kind not in "fiu":
        raise UserError(f"{path}: the column {name!r} holds something else than numbers.")
    if not np.isfinite(values).all():
        row = int(np.argmax(~np.isfinite(values))) + 2
        raise UserError(f"{path}: the column {name!r} has no finite number in line {row} of the file.")
