"""Recorded outputs of an ensemble in training: what a measurement starts from, checked."""

import dataclasses
import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from cosmograd.measurement.finite_records import LARGEST, finite_part

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
_SMALLEST = 1e-60
# So much of each axis is looked at for its roughness.
_LOOKED_AT = 200


@dataclasses.dataclass(frozen=True, eq=False)
class Trajectories:
    """Outputs of an ensemble in training, flattened over points and outputs, points slowest; dimensionless.

    outputs: (records, members, size), as recorded; output_count: outputs of a network for each point; targets: (size,),
    or None where they are unknown; kernel: the tangent kernel in the same flattened order, (snapshots, members or 1,
    size, size), or None, kernel_updates: at which records its snapshots were taken; loss_divisor: N of the loss
    ½ Σ|f − y|²/N, by which the kernel is divided; first_update: after how many updates the first record was taken, None
    where that is unknown; spacing: updates from record to record; stood_still: by how many first records the outputs
    had not moved yet, which are left out here; rounding: half a unit in the last place of the numbers as they were
    recorded; notes: what was left out. Make it with `trajectories`, which checks everything.
    """

    outputs: Shaped[np.ndarray, "records members size"]
    output_count: int = 1
    targets: Float[np.ndarray, " size"] | None = None
    kernel: Float[np.ndarray, "snapshots each size size"] | None = None
    kernel_updates: tuple[int, ...] = (0,)
    loss_divisor: float = 1.0
    first_update: int | None = None
    spacing: int = 1
    stood_still: int = 0
    rounding: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """Points at which outputs were recorded."""
        return self.outputs.shape[2] // self.output_count

    @property
    def at_rest(self) -> bool:
        """Whether the first record is taken for that of networks that had not been trained yet."""
        return self.spacing == 1 and self.first_update in (0, None) and self.stood_still == 0

    @property
    def deviations(self) -> Float[np.ndarray, "records members size"]:
        """Outputs − targets; the outputs themselves where targets are unknown."""
        return self.outputs.astype(np.float64) - (0.0 if self.targets is None else self.targets)

    def deviation_of(self, member: int, records: Any = slice(None)) -> Float[np.ndarray, "some size"]:
        """`deviations` of one member, at all records or some."""
        return self.outputs[records, member].astype(np.float64) - (0.0 if self.targets is None else self.targets)

    def kernel_times(
        self, member: int, records: Int[np.ndarray, " some"], vectors: Float[np.ndarray, "some size"]
    ) -> Float[np.ndarray, "some size"]:
        """Θ(n)/N applied to one vector for each record n; between snapshots linear in ln(1 + n), constant after
        them.
        """
        assert self.kernel is not None
        own = self.kernel[:, member if self.kernel.shape[1] > 1 else 0] / self.loss_divisor
        at, wanted = np.log1p(self.kernel_updates), np.log1p(records)
        result = np.zeros_like(vectors)
        for snapshot, kernel in enumerate(own):
            share = np.interp(wanted, at, np.eye(len(own))[snapshot])
            used = share > 0
            result[used] += share[used, None] * (vectors[used] @ kernel)
        return result

    def without_kernel(self) -> "Trajectories":
        """The same trajectories, for blind measurements."""
        return dataclasses.replace(self, kernel=None, kernel_updates=(0,))

    def with_note(self, note: str) -> "Trajectories":
        """The same trajectories, and a further sentence for the user."""
        return dataclasses.replace(self, notes=(*self.notes, note))

    def of_members(self, kept: Int[np.ndarray, " some"]) -> "Trajectories":
        """The trajectories of some members."""
        kernel = self.kernel if self.kernel is None or self.kernel.shape[1] == 1 else self.kernel[:, kept]
        return dataclasses.replace(self, outputs=self.outputs[:, kept], kernel=kernel)


def trajectories(
    outputs: Any,
    targets: Any = None,
    kernel: Any = None,
    updates: Any = None,
    loss_divisor: float = 1.0,
    kernel_updates: Any = None,
) -> Trajectories:
    """Check recorded outputs and what is known beside them.

    outputs: (update, member, point[, output]), of trainings on full batches with constant learning rate and momentum,
    recorded after every update or every k; updates: their numbers, 0 before the first update of all; targets:
    (point[, output]); kernel: (size, size) or (member, size, size) over flattened outputs; kernel_updates: numbers of
    the updates at which the kernel was taken, which is then its first axis. Records are used up to the first that is
    not finite, or without the few members that diverged early.
    Raises ValueError that says what is wrong, where, and how to fix it.
    """
    array = _as_numbers("outputs", outputs)
    if array.ndim not in (3, 4):
        raise ValueError(
            "`outputs` must have the axes (update, member, point) or (update, member, point, output); got the shape "
            f"{array.shape}. A single network needs an axis of length 1 for the member: outputs[:, None]."
        )
    if 0 in array.shape:
        raise ValueError(f"`outputs` is empty: its shape is {array.shape}.")
    first_update, spacing = _checked_start(updates, len(array))
    recorded = len(array)
    array, kept, notes = finite_part(array)
    known = _checked_targets(targets, array.shape[2:])
    size = int(np.prod(array.shape[2:]))
    flat = array.reshape(*array.shape[:2], size)
    snapshots = _checked_snapshots(kernel_updates, first_update or 0, spacing, recorded)
    if snapshots is not None and snapshots[-1] >= len(array):  # taken where outputs are not finite any more
        snapshots = tuple(place for place in snapshots if place < len(array))
        kernel = np.asarray(kernel)[: len(snapshots)]
    matrix = _checked_kernel(kernel, kept, size, None if snapshots is None else len(snapshots))
    _refuse_scale("outputs", flat)
    if updates is None:
        _check_axes(flat)  # else their number says which axis is theirs
    still = _stood_still(flat)
    if len(flat) - still < LEAST_RECORDS:
        raise ValueError(
            f"{len(flat) - still} records are too few to measure anything: record at least {LEAST_RECORDS} updates, "
            "and better several times as many as the slowest mode of interest takes."
        )
    _check_members(array, known)
    number = isinstance(loss_divisor, (int, float, np.number)) and not isinstance(loss_divisor, bool)
    if not (number and _SMALLEST <= loss_divisor <= LARGEST):
        raise ValueError(f"`loss_divisor` must be a positive number, got {loss_divisor!r}.")
    return Trajectories(
        flat[still:],
        array.shape[3] if array.ndim == 4 else 1,
        known,
        matrix,
        snapshots or (0,),
        float(loss_divisor),
        first_update,
        spacing,
        still,
        float(np.finfo(array.dtype).eps / 2 * np.sqrt(np.mean(np.square(flat[0], dtype=np.float64)))),
        notes,
    )


def ensemble_of(records: Sequence[Trajectories]) -> Trajectories:
    """Several records of single networks, or of some each, as one ensemble: same points, targets, divisor and updates.

    Kernels are kept where every record has them. Raises ValueError where records do not fit together.
    """
    first = records[0]
    for place, other in enumerate(records[1:], start=2):
        for what, here, there in (
            ("outputs at as many points", first.outputs.shape[2], other.outputs.shape[2]),
            ("outputs for each point", first.output_count, other.output_count),
            ("first update", first.first_update, other.first_update),
            ("spacing of updates", first.spacing, other.spacing),
            ("loss divisor", first.loss_divisor, other.loss_divisor),
            ("updates of its kernels", first.kernel_updates, other.kernel_updates),
        ):
            if here != there:
                raise ValueError(f"record {place} has another {what} than the first: {there}, not {here}.")
        here, there = first.targets, other.targets
        if (here is None) != (there is None) or (
            here is not None and there is not None and not np.array_equal(here, there)
        ):
            raise ValueError(f"record {place} has other targets than the first; members of one ensemble share them.")
    shortest = min(len(record.outputs) for record in records)
    notes = tuple(note for record in records for note in record.notes)
    if any(len(record.outputs) != shortest for record in records):
        notes = (*notes, f"Records differ in length; the first {shortest} records of each are used.")
    outputs = np.concatenate([record.outputs[:shortest] for record in records], axis=1)
    kernels = [
        np.broadcast_to(record.kernel, (len(record.kernel), record.outputs.shape[1], *record.kernel.shape[2:]))
        for record in records
        if record.kernel is not None
    ]
    known = np.concatenate(kernels, axis=1) if len(kernels) == len(records) else None
    if kernels and known is None:
        notes = (*notes, "Kernels are not used, since not every file has one.")
    _check_members(outputs, first.targets)
    return dataclasses.replace(
        first,
        outputs=outputs,
        kernel=known,
        stood_still=max(record.stood_still for record in records),
        rounding=max(record.rounding for record in records),
        notes=notes,
    )


def _refuse_scale(name: str, values: np.ndarray) -> None:
    largest = max(float(values.max()), -float(values.min()))
    if not _SMALLEST <= largest <= LARGEST and largest > 0:
        raise ValueError(
            f"`{name}` reaches {largest:.3g}; squares of it overflow or vanish. Bring it between {_SMALLEST:g} and "
            f"{LARGEST:g} by another unit."
        )


def _as_numbers(name: str, values: Any) -> np.ndarray:
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


def _as_floats(name: str, values: Any) -> np.ndarray:
    return _as_numbers(name, values).astype(np.float64)


def _refuse_not_finite(name: str, array: np.ndarray, axes: tuple[str, ...]) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if not len(bad):
        return
    place = ", ".join(f"{axis} {index}" for axis, index in zip(axes, bad[0], strict=False))
    raise ValueError(f"`{name}` holds {len(bad)} NaN or infinite values, the first at {place} (counted from 0).")


def _checked_start(updates: Any, records: int) -> tuple[int | None, int]:
    """The number of the first record, None where unknown, and the spacing."""
    if updates is None:
        return None, 1
    numbers = _as_floats("update", updates)
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


def _checked_snapshots(kernel_updates: Any, first_update: int, spacing: int, records: int) -> tuple[int, ...] | None:
    """At which records the kernels were taken, counted from the first."""
    if kernel_updates is None:
        return None
    numbers = _as_floats("kernel_update", kernel_updates).reshape(-1)
    if not len(numbers) or not np.isfinite(numbers).all() or (np.diff(numbers) <= 0).any() or numbers[0] < first_update:
        raise ValueError("`kernel_update` must be increasing numbers of updates, none before the first record.")
    places = (numbers - first_update) / spacing
    if (places % 1).any() or places[-1] >= records:
        raise ValueError("`kernel_update` must name updates that were recorded.")
    return tuple(int(place) for place in places)


def _checked_targets(targets: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    if targets is None:
        return None
    array = _as_floats("targets", targets)
    without_ones = [tuple(length for length in lengths if length > 1) for lengths in (array.shape, shape)]
    if without_ones[0] != without_ones[1] and array.shape != (int(np.prod(shape)),):
        raise ValueError(
            f"`targets` has the shape {array.shape}, but `outputs` ends in {shape}, (point[, output]). Are the axes "
            "of `outputs` in the order (update, member, point[, output]), and those of `targets` in (point[, "
            "output])?"
        )
    _refuse_not_finite("targets", array, ("point", "output"))
    return array.reshape(-1)


def _checked_kernel(kernel: Any, kept: np.ndarray, size: int, snapshots: int | None) -> np.ndarray | None:
    """(snapshots, members or 1, size, size); kept: which of the members that were recorded are used."""
    if kernel is None:
        if snapshots is not None:
            raise ValueError("`kernel_update` says when kernels were taken, but there is no `kernel`.")
        return None
    array = _as_floats("kernel", kernel)
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
    _refuse_not_finite("kernel", array, (*axes, "row", "column"))
    _refuse_scale("kernel", array)
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


def _stood_still(flat: Shaped[np.ndarray, "updates members size"]) -> int:
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


def _check_axes(flat: Shaped[np.ndarray, "updates members size"]) -> None:
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


def _check_members(outputs: np.ndarray, targets: np.ndarray | None) -> None:
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
