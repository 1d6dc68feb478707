"""Checks of recorded outputs and of what is known beside them: each says what is wrong, where, and how to fix it."""

import hashlib
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Shaped

from cosmograd.measurement.finite_records import LARGEST

# Fewer records than this say nothing about two roots and their amplitudes.
LEAST_RECORDS = 8

# Share of the variance along an axis that the two neighbours before do not foretell: about 1 for unrelated numbers,
# small along a smooth axis or one that oscillates.
_UNRELATED, _SMOOTHER = 0.25, 5.0
# Updates of a run that is not stable are hardly related either: then it takes more, or another axis that is much
# longer.
_HARDLY, _LONGER = 0.6, 3
# Where members and points are as many, the axes are taken for exchanged if that brings the outputs so much closer.
_CLOSER = 0.2
SMALLEST = 1e-60
# So much of each axis is looked at for its roughness.
_LOOKED_AT = 200


def refuse_scale(name: str, values: np.ndarray) -> None:
    largest = max(float(values.max()), -float(values.min()))
    if not SMALLEST <= largest <= LARGEST and largest > 0:
        raise ValueError(
            f"`{name}` reaches {largest:.3g}; squares of it overflow or vanish. Bring it between {SMALLEST:g} and "
            f"{LARGEST:g} by another unit."
        )


def as_numbers(name: str, values: Any) -> np.ndarray:
    """Real numbers in the precision that they have, whole ones in float64."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):
        raise ValueError(f"`{name}` must be an array of real numbers.") from None
    if array.dtype.kind == "c":
        raise ValueError(f"`{name}` holds complex numbers; outputs, targets and kernels of a training are real.")
    if array.dtype.kind not in "fiub":
        raise ValueError(f"`{name}` must be an array of real numbers.")
    return array if array.dtype.kind == "f" and array.dtype.itemsize <= 8 else array.astype(np.float64)


def as_floats(name: str, values: Any) -> np.ndarray:
    return as_numbers(name, values).astype(np.float64)


def refuse_not_finite(name: str, array: np.ndarray, axes: tuple[str, ...]) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if not len(bad):
        return
    place = ", ".join(f"{axis} {index}" for axis, index in zip(axes, bad[0], strict=False))
    raise ValueError(f"`{name}` holds {len(bad)} NaN or infinite values, the first at {place} (counted from 0).")


def checked_start(updates: Any, records: int) -> tuple[int | None, int]:
    """The number of the first record, None where unknown, and the spacing."""
    if updates is None:
        return None, 1
    numbers = as_floats("update", updates)
    if numbers.shape != (records,):
        raise ValueError(f"`update` has {numbers.size} numbers, but `outputs` has {records} records.")
    if not np.isfinite(numbers).all():
        raise ValueError("`update` holds numbers that are not finite; it counts updates: 0, 1, 2, …")
    if numbers[0] < 0 or (numbers % 1).any():
        wrong = numbers[0] if numbers[0] < 0 else numbers[numbers % 1 != 0][0]
        raise ValueError(f"`update` must count whole updates from 0 on, but holds {wrong:g}.")
    steps = np.diff(numbers)
    if not len(steps):
        return int(numbers[0]), 1
    if np.ptp(steps) == 0 and steps[0] > 0:
        return int(numbers[0]), int(steps[0])
    if (steps <= 0).any():
        first = int(np.flatnonzero(steps <= 0)[0])
        raise ValueError(
            f"`update` must count up, but {numbers[first + 1]:g} follows {numbers[first]:g} at place {first + 2}: "
            "updates do not go back or repeat. Sort the records, or cut at the restart."
        )
    values, counts = np.unique(steps, return_counts=True)
    first = int(np.flatnonzero(steps != values[np.argmax(counts)])[0])
    found = f"{numbers[first + 1]:g} follows {numbers[first]:g} at place {first + 2}"
    raise ValueError(
        f"`update` must count up evenly, by one or by any other number, but {found}. Records at uneven updates "
        "cannot be joined by one recursion: cut the record at the gap, or record evenly."
    )


def checked_snapshots(kernel_updates: Any, first_update: int, spacing: int, records: int) -> tuple[int, ...] | None:
    """At which records the kernels were taken, counted from the first."""
    if kernel_updates is None:
        return None
    numbers = as_floats("kernel_update", kernel_updates).reshape(-1)
    if not len(numbers) or not np.isfinite(numbers).all() or (np.diff(numbers) <= 0).any() or numbers[0] < first_update:
        raise ValueError("`kernel_update` must be increasing numbers of updates, none before the first record.")
    places = (numbers - first_update) / spacing
    if (places % 1).any() or places[-1] >= records:
        raise ValueError("`kernel_update` must name updates that were recorded.")
    return tuple(int(place) for place in places)


def checked_targets(targets: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    if targets is None:
        return None
    array = as_floats("targets", targets)
    without_ones = [tuple(length for length in lengths if length > 1) for lengths in (array.shape, shape)]
    if without_ones[0] != without_ones[1] and array.shape != (int(np.prod(shape)),):
        raise ValueError(
            f"`targets` has the shape {array.shape}, but `outputs` ends in {shape}, (point[, output]). Are the axes "
            "of `outputs` in the order (update, member, point[, output]), and those of `targets` in (point[, "
            "output])?"
        )
    refuse_not_finite("targets", array, ("point", "output"))
    return array.reshape(-1)


def checked_kernel(kernel: Any, kept: np.ndarray, size: int, snapshots: int | None) -> np.ndarray | None:
    """(snapshots, members or 1, size, size); kept: which of the members that were recorded are used."""
    if kernel is None:
        if snapshots is not None:
            raise ValueError("`kernel_update` says when kernels were taken, but there is no `kernel`.")
        return None
    array = as_floats("kernel", kernel)
    members = len(kept)
    allowed = [(size, size), (members, size, size)]
    if snapshots is not None:
        allowed = [(snapshots, *shape) for shape in allowed]
    if array.shape not in allowed:
        raise ValueError(
            f"`kernel` has the shape {array.shape}; allowed: {allowed[0]}, over all points and outputs, or "
            f"{allowed[1]}, one for each "
            f"member{'' if snapshots is None else ', with one for each number of `kernel_update` first'}."
        )
    axes = (*(["snapshot"] if snapshots else []), *(["member"] if array.ndim - bool(snapshots) == 3 else []))
    refuse_not_finite("kernel", array, (*axes, "row", "column"))
    refuse_scale("kernel", array)
    scale = np.abs(array).max()
    if not scale > 0:
        raise ValueError("`kernel` is zero everywhere; nothing is learned with it.")
    if np.abs(array - np.swapaxes(array, -1, -2)).max() > 1e-5 * scale:
        raise ValueError("`kernel` is not symmetric; a tangent kernel J Jᵀ is.")
    array = (array + np.swapaxes(array, -1, -2)) / 2
    try:
        np.linalg.cholesky(array + 1e-5 * scale * np.eye(size))  # a small part of the work of all eigenvalues
    except np.linalg.LinAlgError:
        lowest = np.linalg.eigvalsh(array).min()
        raise ValueError(
            f"`kernel` has the eigenvalue {lowest:.3g}; a tangent kernel J Jᵀ has none below zero."
        ) from None
    array = array if snapshots is not None else array[None]
    return array[:, None] if array.ndim == 3 else array[:, kept]


def stood_still(flat: Shaped[np.ndarray, "updates members size"]) -> int:
    """How many first records repeat the very first. No other update is recorded twice; a run may rest at its end.

    ValueError for outputs that never change, or are repeated while the run goes on.
    """
    largest = max(float(flat.max()), -float(flat.min()))
    moved = [not np.array_equal(after, before) for before, after in pairwise(flat)]
    if not any(moved) or max(np.abs(later - flat[0]).max() for later in flat) <= 1e-12 * largest:
        raise ValueError("the outputs do not change from update to update: there is no motion to measure.")
    last = len(moved) - moved[::-1].index(True)
    first = moved.index(True)
    repeated = [index for index in range(first, last) if not moved[index]]
    if repeated:
        raise ValueError(
            f"the records {repeated[0]} and {repeated[0] + 1} of `outputs` (counted from 0) are the same to the last "
            "bit, though the run goes on: every update must be recorded once."
        )
    return first


def check_axes(flat: Shaped[np.ndarray, "updates members size"]) -> None:
    """Training is smooth along its updates, or alternates; members are unrelated. Where another axis is, say so."""
    corner = flat[:_LOOKED_AT, :_LOOKED_AT, :_LOOKED_AT].astype(np.float64)
    roughness = [_roughness(corner, axis) for axis in range(3)]
    others = [axis for axis in (1, 2) if flat.shape[axis] >= LEAST_RECORDS]
    if roughness[0] <= _UNRELATED or not others:
        return
    smoothest = min(others, key=lambda axis: roughness[axis])
    hardly = roughness[0] > _HARDLY or flat.shape[smoothest] > _LONGER * flat.shape[0]
    if hardly and roughness[smoothest] * _SMOOTHER < roughness[0]:
        raise ValueError(
            f"the first axis of `outputs` (length {flat.shape[0]}) does not look like updates, since neighbours "
            f"along it are hardly related; axis {smoothest} (length {flat.shape[smoothest]}) does. The order is "
            f"(update, member, point[, output]): np.moveaxis(outputs, {smoothest}, 0) puts the updates first."
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


def check_members(outputs: np.ndarray, targets: np.ndarray | None) -> None:
    """No network twice; and where members and points are as many, the targets tell which is which."""
    updates, members, points = outputs.shape[:3]
    first: dict[bytes, int] = {}
    for member in range(members):
        contents = hashlib.sha256(outputs[:, member].tobytes())  # of one network at a time: records are large
        same = first.setdefault(contents.digest(), member)
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
