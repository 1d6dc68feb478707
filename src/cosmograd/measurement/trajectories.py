"""Recorded outputs of an ensemble in training: what a measurement starts from, checked."""

from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Float

# Fewer records than this say nothing about two roots and their amplitudes.
LEAST_RECORDS = 8

# Share of the variance along an axis that the two neighbours before do not foretell: about 1 for unrelated numbers,
# small along a smooth axis or one that oscillates.
_UNRELATED, _SMOOTHER = 0.25, 5.0
# Where members and points are as many, the axes are taken for exchanged if that brings the outputs so much closer.
_CLOSER = 0.2
_SMALLEST, _LARGEST = 1e-60, 1e60


class Trajectories(eqx.Module):
    """Outputs of an ensemble after each update, flattened over points and outputs; dimensionless.

    outputs: (updates, members, size); targets: (size,), or None where they are unknown; kernel: the tangent kernel in
    the same flattened order, of the ensemble (size, size) or of each member (members, size, size), or None;
    loss_divisor: N of the loss ½ Σ|f − y|²/N, by which the kernel is divided; first_update: after how many
    updates the first record was taken, None where that is unknown. Make it with `trajectories`, which checks
    everything.
    """

    outputs: Float[np.ndarray, "updates members size"]
    targets: Float[np.ndarray, " size"] | None = None
    kernel: Float[np.ndarray, "*members size size"] | None = None
    loss_divisor: float = 1.0
    first_update: int | None = None

    @property
    def deviations(self) -> Float[np.ndarray, "updates members size"]:
        """Outputs − targets; the outputs themselves where targets are unknown."""
        return self.outputs - (0.0 if self.targets is None else self.targets)

    def without_kernel(self) -> "Trajectories":
        """The same trajectories, for blind measurements."""
        return Trajectories(self.outputs, self.targets, None, self.loss_divisor, self.first_update)


def trajectories(
    outputs: Any,
    targets: Any = None,
    kernel: Any = None,
    updates: Any = None,
    loss_divisor: float = 1.0,
) -> Trajectories:
    """Check recorded outputs and what is known beside them.

    outputs: (update, member, point[, output]), one record per update, of trainings on full batches with constant
    learning rate and momentum; updates: their numbers, increasing by one, 0 before the first update of all; targets:
    (point[, output]); kernel: (size, size) or (member, size, size) over flattened outputs.
    Raises ValueError that says what is wrong, where, and how to mend it.
    """
    array = _as_floats("outputs", outputs)
    if array.ndim not in (3, 4):
        raise ValueError(
            f"`outputs` must have the axes (update, member, point) or (update, member, point, output); got the shape "
            f"{array.shape}. A single network needs an axis of length 1 for the member: outputs[:, None]."
        )
    if 0 in array.shape:
        raise ValueError(f"`outputs` is empty: its shape is {array.shape}.")
    _refuse_not_finite("outputs", array, ("update", "member", "point", "output"))
    first_update = _checked_start(updates, len(array))
    known = _checked_targets(targets, array.shape[2:])
    size = int(np.prod(array.shape[2:]))
    flat = array.reshape(*array.shape[:2], size)
    matrix = _checked_kernel(kernel, array.shape[1], size)
    _refuse_scale("outputs", flat)
    _check_axes(flat)
    _refuse_repeats(flat)
    if len(flat) < LEAST_RECORDS:
        raise ValueError(
            f"{len(flat)} records are too few to measure anything: record at least {LEAST_RECORDS} updates, and better "
            "several times as many as the slowest mode of interest takes."
        )
    still = np.ptp(flat, axis=0).max() <= 1e-12 * np.abs(flat).max()
    if still:
        raise ValueError("the outputs do not change from update to update: there is no motion to measure.")
    _check_members(array, known)
    number = isinstance(loss_divisor, (int, float, np.number)) and not isinstance(loss_divisor, bool)
    if not (number and _SMALLEST <= loss_divisor <= _LARGEST):
        raise ValueError(f"`loss_divisor` must be a positive number, got {loss_divisor!r}.")
    return Trajectories(flat, known, matrix, float(loss_divisor), first_update)


def _refuse_scale(name: str, values: np.ndarray) -> None:
    largest = float(np.abs(values).max())
    if not _SMALLEST <= largest <= _LARGEST and largest > 0:
        raise ValueError(
            f"`{name}` reaches {largest:.3g}; squares of it overflow or vanish. Bring it between {_SMALLEST:g} and "
            f"{_LARGEST:g} by another unit."
        )


def _as_floats(name: str, values: Any) -> np.ndarray:
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "fiub":
            raise TypeError
        return array.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"`{name}` must be an array of real numbers.") from None


def _refuse_not_finite(name: str, array: np.ndarray, axes: tuple[str, ...]) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if not len(bad):
        return
    place = ", ".join(f"{axis} {index}" for axis, index in zip(axes, bad[0], strict=False))
    members = sorted(set(bad[:, 1].tolist())) if array.ndim >= 3 else []
    cure = " Leave out members that diverged, or cut the record before they do." if name == "outputs" else ""
    which = f" They belong to member {', '.join(map(str, members[:8]))}{' …' * (len(members) > 8)}." if members else ""
    raise ValueError(
        f"`{name}` holds {len(bad)} NaN or infinite values, the first at {place} (counted from 0).{which}{cure}"
    )


def _checked_start(updates: Any, records: int) -> int | None:
    if updates is None:
        return None
    numbers = _as_floats("update", updates)
    if numbers.shape != (records,):
        raise ValueError(f"`update` has {numbers.size} numbers, but `outputs` has {records} records.")
    steps = np.diff(numbers)
    wrong = np.flatnonzero(steps != 1)
    if not len(wrong):
        if numbers[0] < 0 or numbers[0] % 1:
            raise ValueError(f"`update` must count whole updates from 0 on, but begins with {numbers[0]:g}.")
        return int(numbers[0])
    first = int(wrong[0])
    found = f"{numbers[first + 1]:g} follows {numbers[first]:g} at place {first + 2}"
    if np.ptp(steps) == 0 and steps[0] > 1:
        raise ValueError(
            f"outputs were recorded every {steps[0]:g} updates; the recursion that is fitted joins three updates in "
            "a row, so record every update."
        )
    raise ValueError(f"`update` must count up by one without gaps, but {found}. Cut the record at the gap.")


def _checked_targets(targets: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    if targets is None:
        return None
    array = _as_floats("targets", targets)
    without_ones = [tuple(length for length in lengths if length > 1) for lengths in (array.shape, shape)]
    if without_ones[0] != without_ones[1] and array.shape != (int(np.prod(shape)),):
        raise ValueError(
            f"`targets` has the shape {array.shape}, but `outputs` ends in {shape}, (point[, output]). "
            "Are the axes of `outputs` in the order (update, member, point[, output]), and those of `targets` in (point"
            "[, output])?"
        )
    _refuse_not_finite("targets", array, ("point", "output"))
    return array.reshape(-1)


def _checked_kernel(kernel: Any, members: int, size: int) -> np.ndarray | None:
    if kernel is None:
        return None
    array = _as_floats("kernel", kernel)
    if array.shape not in ((size, size), (members, size, size)):
        raise ValueError(
            f"`kernel` has the shape {array.shape}; allowed: ({size}, {size}), over all points and outputs, or "
            f"({members}, {size}, {size}), one for each member."
        )
    _refuse_not_finite("kernel", array, ("row", "column") if array.ndim == 2 else ("member", "row", "column"))
    _refuse_scale("kernel", array)
    scale = np.abs(array).max()
    if not scale > 0:
        raise ValueError("`kernel` is zero everywhere; nothing is learned with it.")
    if np.abs(array - np.swapaxes(array, -1, -2)).max() > 1e-5 * scale:
        raise ValueError("`kernel` is not symmetric; a tangent kernel J Jᵀ is.")
    array = (array + np.swapaxes(array, -1, -2)) / 2
    lowest = np.linalg.eigvalsh(array).min()
    if lowest < -1e-5 * scale:
        raise ValueError(f"`kernel` has the eigenvalue {lowest:.3g}; a tangent kernel J Jᵀ has none below zero.")
    return array


def _refuse_repeats(flat: Float[np.ndarray, "updates members size"]) -> None:
    """No update twice; a run that has come to rest may repeat itself to its end."""
    repeats = np.flatnonzero((flat[1:] == flat[:-1]).all(axis=(1, 2)))
    goes_on = [index for index in repeats if (flat[index + 2 :] != flat[index]).any()]
    if goes_on:
        raise ValueError(
            f"the records {goes_on[0]} and {goes_on[0] + 1} of `outputs` (counted from 0) are the same to the last "
            "bit, though the run goes on: every update must be recorded once."
        )


def _check_axes(flat: Float[np.ndarray, "updates members size"]) -> None:
    """Training is smooth along its updates, or alternates; members are unrelated. Where another axis is, say so."""
    roughness = [_roughness(flat, axis) for axis in range(3)]
    others = [axis for axis in (1, 2) if flat.shape[axis] >= LEAST_RECORDS]
    if roughness[0] <= _UNRELATED or not others:
        return
    smoothest = min(others, key=lambda axis: roughness[axis])
    if roughness[smoothest] * _SMOOTHER < roughness[0]:
        raise ValueError(
            f"the first axis of `outputs` (length {flat.shape[0]}) does not look like updates, since neighbours along "
            f"it are hardly related; axis {smoothest} (length {flat.shape[smoothest]}) does. The order is (update, "
            f"member, point[, output]): np.moveaxis(outputs, {smoothest}, 0) puts the updates first."
        )


def _roughness(values: np.ndarray, axis: int) -> float:
    """Share of the variance along an axis that a linear recursion over the two neighbours before leaves unexplained."""
    if values.shape[axis] < 4:
        return np.inf
    moved = np.moveaxis(values - values.mean(axis=axis, keepdims=True), axis, 0)
    total = float(np.sum(np.square(moved[2:])))
    if total == 0:
        return np.inf
    before = np.column_stack([moved[1:-1].ravel(), moved[:-2].ravel()])
    left = moved[2:].ravel() - before @ np.linalg.lstsq(before, moved[2:].ravel(), rcond=None)[0]
    return float(left @ left) / total


def _check_members(outputs: np.ndarray, targets: np.ndarray | None) -> None:
    """No network twice; and where members and points are as many, the targets tell which is which."""
    updates, members, points = outputs.shape[:3]
    first: dict[bytes, int] = {}
    for member in range(members):
        same = first.setdefault(outputs[:, member].tobytes(), member)
        if same != member:
            raise ValueError(
                f"members {same} and {member} (counted from 0) have the same outputs to the last bit, as if trained "
                "from the same seed: leave one of them out, since nothing is known twice as well from it."
            )
    if targets is None or members != points or members < 2:
        return
    y = targets.reshape(outputs.shape[2:])
    last = outputs[max(updates - 3, 0) :]
    as_given, exchanged = (float(np.sum(np.square(a - y))) for a in (last, np.swapaxes(last, 1, 2)))
    if exchanged < _CLOSER * as_given:
        raise ValueError(
            "the second axis of `outputs` looks like points and the third like members, since the last outputs are "
            "much closer to `targets` with the two exchanged. The order is (update, member, point[, output]): "
            "np.swapaxes(outputs, 1, 2)."
        )
