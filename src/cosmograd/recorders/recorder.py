"""What every recorder does: outputs on fixed points after every update, appended to a file piece by piece."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from cosmograd.learning.networks.models import as_points
from cosmograd.runs.recorder_files import (
    append_records,
    create_recorder_file,
    cut_records,
    is_recorder_file,
    read_recorder_file,
)

# Records, and numbers in them, that wait to be written at the most.
_RECORDS, _NUMBERS = 64, 2**22
# Outputs of a network that was saved in float32 and loaded again agree to this.
_SAME = 1e-5


class Recorder:
    """Outputs on fixed points as they change, in a file that `cosmograd fit` reads with no other option.

    Args:
        outputs: at the start of the run, shape (points, outputs); record 0, or where an interrupted run goes on.
        inputs: the points; they are not kept, but may not change when a run goes on.
        targets: of the points, shape (points, outputs) or (points,).
        path: the file, of any name. One that exists goes on: from its record with the same outputs, or from `update`.
        kernel: tangent kernel at the start, (size, size) over flattened outputs, points slowest.
        loss_divisor: N of the loss ½ Σ|f − y|²/N.
        every: updates from one record to the next.
        update: number of updates made before, where the file does not tell.

    Raises:
        ValueError: where points or targets do not fit, or differ from those of the file.
    """

    def __init__(
        self,
        outputs: Any,
        inputs: Any,
        targets: Any,
        path: str | Path,
        *,
        kernel: Any = None,
        loss_divisor: float = 1.0,
        every: int = 1,
        update: int | None = None,
    ) -> None:
        start = _matrix(outputs)
        y = as_points(targets, "targets")
        y = y[:, None] if y.ndim == 1 else y
        if y.shape != start.shape:
            raise ValueError(f"`targets` have shape {y.shape}, but the outputs have {start.shape}.")
        if not isinstance(every, int) or every < 1:
            raise ValueError(f"`every` must be a whole number ≥ 1, got {every!r}.")
        self.path, self.every, self._shape = Path(path), every, start.shape
        if not self.path.absolute().parent.is_dir():
            raise ValueError(f"there is no folder {self.path.parent} for the recorder's file; make it first.")
        self._waiting: list[np.ndarray] = []
        self._largest = max(1, min(_RECORDS, _NUMBERS // start.size))
        header = {"points": _digest(inputs), "loss_divisor": float(loss_divisor), "every": every}
        if self.path.exists():
            self.updates = self._goes_on(start, y, header, update)
            return
        if isinstance(kernel, bool):
            raise ValueError(
                "`kernel` is the matrix here, or what cosmograd.tangent_kernel returned; leave it out for none."
            )
        matrix = None if kernel is None else np.asarray(getattr(kernel, "matrix", kernel), dtype=np.float64)
        if matrix is not None and matrix.shape != (start.size, start.size):
            raise ValueError(f"`kernel` has shape {matrix.shape}; over {start.size} outputs it is square of that size.")
        create_recorder_file(self.path, header, y, matrix)
        self.updates = update or 0
        append_records(self.path, self._row(start, float("nan"), float("nan"))[None])

    def _goes_on(self, start: np.ndarray, targets: np.ndarray, header: dict[str, Any], update: int | None) -> int:
        if not is_recorder_file(self.path):
            raise ValueError(f"{self.path} exists and is no recorder's file; name another, or remove it.")
        found = read_recorder_file(self.path)
        if found.header["points"] != header["points"] or not np.array_equal(found.targets, targets):
            raise ValueError(
                f"the points or targets differ from those that {self.path} was begun with: a record is of fixed "
                "points. Name another file for others."
            )
        if found.header["every"] != self.every:
            raise ValueError(f"{self.path} has a record every {found.header['every']} updates, not every {self.every}.")
        if update is not None:
            kept = int(np.searchsorted(found.updates, update, side="right"))
            cut_records(self.path, found, kept)
            return update
        scale = np.abs(found.outputs).max(initial=1e-300)
        same = np.flatnonzero(np.abs(found.outputs - start).max(axis=(1, 2), initial=0.0) <= _SAME * scale)
        if not same.size:
            raise ValueError(
                f"no record in {self.path} has the outputs that the network has now, so it is not known where the run "
                "goes on. Say how many updates were made: update=…; or name another file for another run."
            )
        kept = int(same[-1]) + 1
        if kept == 1 and len(found.records) > 1:
            raise ValueError(
                f"{self.path} holds a run of {found.updates[-1]} updates, and the network stands at its start. Name "
                "another file for another run, remove this one, or say update=0 to begin it again."
            )
        cut_records(self.path, found, kept)
        return int(found.updates[kept - 1])

    def _row(self, outputs: np.ndarray, learning_rate: float, momentum: float) -> np.ndarray:
        return np.concatenate([[float(self.updates), learning_rate, momentum], outputs.ravel()])

    def wants(self) -> bool:
        """Whether the update that was just made is recorded."""
        return (self.updates + 1) % self.every == 0

    def record(self, outputs: Any, learning_rate: float = float("nan"), momentum: float = float("nan")) -> None:
        """Outputs after one more update, and the learning rate and momentum that it was made with."""
        self.updates += 1
        if self.updates % self.every:
            return
        array = _matrix(outputs)
        if array.shape != self._shape:
            raise ValueError(
                f"the outputs have shape {array.shape}, and had {self._shape}: a record is of fixed points."
            )
        self._waiting.append(self._row(array, learning_rate, momentum))
        if len(self._waiting) >= self._largest:
            self.flush()

    def skip(self) -> None:
        """One more update, which is not recorded."""
        self.updates += 1

    def flush(self) -> None:
        """Write what waits; done by itself every so many records, and when the recorder is closed or let go."""
        if self._waiting:
            append_records(self.path, np.stack(self._waiting))
            self._waiting = []

    close = flush

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *reason: object) -> None:
        self.flush()

    def __del__(self) -> None:
        if getattr(self, "_waiting", None):
            self.flush()


def _matrix(outputs: Any) -> np.ndarray:
    detached = outputs.detach().cpu() if callable(getattr(outputs, "detach", None)) else outputs
    array = np.asarray(detached)
    if array.dtype.kind not in "fiu" or array.ndim == 0:
        raise ValueError(f"outputs must be real numbers, shape (points, outputs), got {array.dtype} {array.shape}.")
    array = array.astype(np.float64)
    return array[:, None] if array.ndim == 1 else array.reshape(len(array), -1)


def _digest(inputs: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(as_points(inputs)).tobytes()).hexdigest()
