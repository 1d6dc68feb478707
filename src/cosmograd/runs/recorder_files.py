"""Files of recorders: outputs of a training in progress, appended piece by piece.

A file is a row of NumPy arrays, one `numpy.save` after the other: a header as JSON text in bytes, the targets, the
kernel at the start if there is one, then pieces, each a table of records with the columns update, learning rate,
momentum and all outputs, points slowest. A run that is killed leaves all whole pieces; what was half written is left
out, and cut off when the run goes on.
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.errors import UserError

_FORMAT = "cosmograd recorder 1"
_START = b"\x93NUMPY"
# Columns before the outputs.
_SETTINGS = 3


class RecorderFile(NamedTuple):
    """header: what the recorder knows beside arrays; records: one row each; whole: bytes of all whole pieces."""

    header: dict[str, Any]
    targets: Float[np.ndarray, "points outputs"]
    kernel: Float[np.ndarray, "size size"] | None
    records: Float[np.ndarray, "records columns"]
    whole: int

    @property
    def outputs(self) -> Float[np.ndarray, "records points outputs"]:
        return self.records[:, _SETTINGS:].reshape(len(self.records), *self.targets.shape)

    @property
    def updates(self) -> np.ndarray:
        return self.records[:, 0].astype(np.int64)

    @property
    def rates(self) -> np.ndarray:
        """Learning rates that were recorded."""
        column = self.records[:, 1]
        return column[np.isfinite(column)]

    @property
    def settings(self) -> tuple[float, float | None]:
        """Learning rate and momentum of most updates; NaN where none was recorded."""
        rates, momenta = (column[np.isfinite(column)] for column in self.records[:, 1:_SETTINGS].T)
        return (float(np.median(rates)) if len(rates) else float("nan")), (
            float(np.median(momenta)) if len(momenta) else None
        )


def _counts_up(updates: np.ndarray, last: float) -> bool:
    """Whether these are numbers of updates that follow one another, as of a piece that is whole."""
    return bool(
        np.isfinite(updates).all()
        and (updates == np.round(updates)).all()
        and (np.diff(updates, prepend=last) > 0).all()
    )


def is_recorder_file(path: Path) -> bool:
    """Whether a file begins as a recorder's does, whatever its name."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        if file.read(len(_START)) != _START:
            return False
        file.seek(0)
        try:
            return _FORMAT.encode() in np.load(file, allow_pickle=False).tobytes()
        except (ValueError, EOFError):
            return False


def create_recorder_file(path: Path, header: dict[str, Any], targets: np.ndarray, kernel: np.ndarray | None) -> None:
    """A file without records; its beginning appears whole or not at all."""
    text = json.dumps(header | {"format": _FORMAT, "kernel": kernel is not None}, ensure_ascii=False)
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        np.save(file, np.frombuffer(text.encode(), dtype=np.uint8))
        np.save(file, targets)
        if kernel is not None:
            np.save(file, kernel)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def append_records(path: Path, records: Float[np.ndarray, "records columns"]) -> None:
    """One more piece."""
    with path.open("ab") as file:
        np.save(file, records)
        file.flush()
        os.fsync(file.fileno())


def cut_records(path: Path, found: RecorderFile, kept: int) -> None:
    """Leave the first `kept` records only, and nothing that is half written."""
    if kept == len(found.records):
        with path.open("r+b") as file:
            file.truncate(found.whole)
        return
    header = {key: value for key, value in found.header.items() if key not in ("format", "kernel")}
    create_recorder_file(path, header, found.targets, found.kernel)
    if kept:
        append_records(path, found.records[:kept])


def read_recorder_file(path: Path) -> RecorderFile:
    """All that is whole; `UserError` where not even the beginning is."""
    pieces: list[np.ndarray] = []
    with path.open("rb") as file:
        try:
            header = json.loads(np.load(file, allow_pickle=False).tobytes().decode())
            targets = np.load(file, allow_pickle=False)
            kernel = np.load(file, allow_pickle=False) if header["kernel"] else None
        except (ValueError, EOFError, KeyError, TypeError) as error:
            raise UserError(f"{path} is broken at its beginning, and holds no record.") from error
        columns, whole, last = _SETTINGS + targets.size, file.tell(), -1.0
        while True:
            try:
                piece = np.load(file, allow_pickle=False)
            except (ValueError, EOFError, OSError):
                break
            if piece.ndim != 2 or piece.shape[1] != columns or piece.dtype != np.float64:
                break
            if not _counts_up(piece[:, 0], last):
                break
            last = float(piece[-1, 0])
            pieces.append(piece)
            whole = file.tell()
    return RecorderFile(header, targets, kernel, np.concatenate(pieces or [np.zeros((0, columns))]), whole)
