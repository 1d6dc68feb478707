"""Recorded outputs of an ensemble in training: what a measurement starts from, checked."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from cosmograd.measurement.finite_records import LARGEST, finite_part
from cosmograd.measurement.record_checks import (
    LEAST_RECORDS,
    SMALLEST,
    as_numbers,
    check_axes,
    check_members,
    checked_kernel,
    checked_snapshots,
    checked_start,
    checked_targets,
    refuse_scale,
    stood_still,
)


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
    array = as_numbers("outputs", outputs)
    if array.ndim not in (3, 4):
        raise ValueError(
            "`outputs` must have the axes (update, member, point) or (update, member, point, output); got the shape "
            f"{array.shape}. A single network needs an axis of length 1 for the member: outputs[:, None]."
        )
    if 0 in array.shape:
        raise ValueError(f"`outputs` is empty: its shape is {array.shape}.")
    first_update, spacing = checked_start(updates, len(array))
    recorded = len(array)
    array, kept, notes = finite_part(array)
    known = checked_targets(targets, array.shape[2:])
    size = int(np.prod(array.shape[2:]))
    flat = array.reshape(*array.shape[:2], size)
    snapshots = checked_snapshots(kernel_updates, first_update or 0, spacing, recorded)
    if snapshots is not None and snapshots[-1] >= len(array):  # taken where outputs are not finite any more
        snapshots = tuple(place for place in snapshots if place < len(array))
        kernel = np.asarray(kernel)[: len(snapshots)]
    matrix = checked_kernel(kernel, kept, size, None if snapshots is None else len(snapshots))
    refuse_scale("outputs", flat)
    if updates is None:
        check_axes(flat)  # else their number says which axis is theirs
    still = stood_still(flat)
    if len(flat) - still < LEAST_RECORDS:
        raise ValueError(
            f"{len(flat) - still} records are too few to measure anything: record at least {LEAST_RECORDS} updates, "
            "and better several times as many as the slowest mode of interest takes."
        )
    check_members(array, known)
    number = isinstance(loss_divisor, (int, float, np.number)) and not isinstance(loss_divisor, bool)
    if not (number and SMALLEST <= loss_divisor <= LARGEST):
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
    check_members(outputs, first.targets)
    return dataclasses.replace(
        first,
        outputs=outputs,
        kernel=known,
        stood_still=max(record.stood_still for record in records),
        rounding=max(record.rounding for record in records),
        notes=notes,
    )
