"""The folder of a study: what it holds, and how an interrupted run goes on.

```
DIR/study.toml          the study as given
DIR/study.json          what identifies it: specification, digests of its files, how this machine computes it
DIR/points/HASH.nc      one file per finished point, named by the hash of all that decides its contents
DIR/results.nc          all points
DIR/figures/*.svg  DIR/report.html
```

A point's file is written once, atomically. Whatever stops a run, the finished points stand, and a resumed run computes
the missing ones only.
"""

import hashlib
import importlib.metadata
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import xarray as xr

from cosmograd.errors import UserError
from cosmograd.storage.atomic_files import write_text
from cosmograd.storage.datasets_on_disk import read_results, write_results
from cosmograd.storage.results_folder import ResultsFolder
from cosmograd.storage.study_files import StudyFile, read_study_file
from cosmograd.studies import StudyPoint, StudySpecification, machine_settings

_FORMAT = 2

# Without these no file holds the results of a study.
_NEEDED = ("relative_error", "diverged_at", "hubble_rate", "eta_lambda_max")


class StudyFolder(ResultsFolder):
    """A folder that holds one study."""

    def __init__(self, path: Path) -> None:
        """Look at `path`, which need not exist yet."""
        super().__init__(path)
        self._claim: int | None = None

    @property
    def holds_study(self) -> bool:
        """Whether a study was begun here."""
        return (self.path / "study.json").is_file()

    def stored_study(self) -> StudyFile:
        """The study of this folder, its relative paths starting where they did when it was begun."""
        file = read_study_file(self.path / "study.toml")
        return StudyFile(file.text, file.contents, Path(self._identity()["base"]))

    def begin(
        self,
        file: StudyFile,
        specification: StudySpecification,
        digests: dict[str, str],
        machine: Sequence[dict[str, Any]],
        resume: bool,
    ) -> bool:
        """Make the folder ready for a study, or `UserError` when it holds something else; False where it was already.

        machine: how each point is computed here (`machine_settings`); points of two kinds are not mixed.
        """
        identity = {
            "format": _FORMAT,
            "base": str(file.base),
            "specification": _decisive(specification),
            "digests": digests,
            "machine": {f"point {number}": settings for number, settings in enumerate(machine)},
        }
        self.refuse_file()
        if self.holds_study:
            stored = self._identity()
            for key in ("format", "specification", "digests", "machine"):
                difference = _first_difference(stored.get(key), identity[key])
                if difference is not None:
                    what = "was computed otherwise" if key == "machine" else "holds another study"
                    raise UserError(
                        f"{self.path} {what} ({key.removesuffix('s')} differs: {difference}). "
                        "Choose another folder with --out, or delete this one."
                    )
            if not resume:
                raise UserError(
                    f"{self.path} already holds this study. Add --resume to go on with it, or choose another folder "
                    "with --out."
                )
            self._claim_alone()
            self._remove_partial_files()
            return False
        if self.path.is_dir() and any(self.path.iterdir()):
            raise UserError(f"{self.path} is not empty and holds no study. Choose another folder with --out.")
        write_text(self.path / "study.toml", file.text)
        write_text(self.path / "study.json", json.dumps(identity, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        self._claim_alone()
        return True

    def _claim_alone(self) -> None:
        """Keep other runs out until `release` or the end of this process, where the system knows locks."""
        try:
            import fcntl
        except ImportError:
            return
        handle = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise UserError(
                f"another run is at work in {self.path}. Wait for it, or choose another folder with --out."
            ) from None
        except OSError:  # a file system without locks
            os.close(handle)
        else:
            self._claim = handle

    def release(self) -> None:
        """Let other runs work in this folder."""
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def abandon_if_empty(self) -> None:
        """Undo `begin` where no point was finished: the study cannot be computed as it is, and will be changed."""
        if any((self.path / "points").glob("*.nc")):
            return
        for name in ("study.json", "study.toml"):
            (self.path / name).unlink(missing_ok=True)
        for folder in (self.path / "points", self.path):
            with suppress(OSError):  # what else is there stays
                folder.rmdir()

    def _remove_partial_files(self) -> None:
        """What a killed run was writing; only this process writes here."""
        for folder in (self.path, self.path / "points", self.figures):
            for partial in folder.glob(".*.partial"):
                partial.unlink(missing_ok=True)

    def read_results(self) -> xr.Dataset:
        """All points; `UserError` where they are missing or the file holds something else."""
        results = read_results(self.results)
        missing = [name for name in _NEEDED if name not in results]
        if missing or "study_point" not in results.dims:
            raise UserError(
                f"{self.results} holds no study's results ({missing[0] if missing else 'study_point'} is missing). "
                "Compute them anew: delete it, and go on with the study with --resume."
            )
        return results

    def point_path(self, point: StudyPoint, digests: dict[str, str]) -> Path:
        """Where a point is kept: by the hash of all that decides its contents."""
        specification = _decisive(point.specification)
        del specification["name"], specification["sweep"]
        decides = {
            "format": _FORMAT,
            "specification": specification,
            "digests": digests,
            "machine": machine_settings(point.specification),
            "versions": {
                name: importlib.metadata.version(name) for name in ("cosmograd", "jax", "jaxlib", "numpy", "scipy")
            },
        }
        text = json.dumps(decides, sort_keys=True, ensure_ascii=False)
        return self.path / "points" / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.nc"

    def finished_point(self, path: Path) -> xr.Dataset | None:
        """A finished point, or None when it is missing; a damaged file counts as missing."""
        try:
            return read_results(path)
        except UserError:
            return None

    def write_point(self, path: Path, results: xr.Dataset) -> None:
        """Keep a finished point."""
        write_results(path, results)

    def _identity(self) -> dict[str, Any]:
        path = self.path / "study.json"
        try:
            identity = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise UserError(f"{path} cannot be read ({error}); choose another folder with --out.") from error
        if not isinstance(identity, dict) or not isinstance(identity.get("base"), str):
            raise UserError(f"{path} is not what a study leaves there; choose another folder with --out.")
        return identity


def _decisive(specification: StudySpecification) -> dict[str, Any]:
    """A specification without the keys that change no result."""
    contents = specification.model_dump(mode="json")
    del contents["training"]["memory_budget"]
    return contents


def _first_difference(stored: Any, given: Any, key: str = "") -> str | None:
    """Name the first key in which two nested mappings differ, with both values; None when they agree."""
    if isinstance(stored, dict) and isinstance(given, dict):
        for name in sorted({*stored, *given}):
            difference = _first_difference(stored.get(name), given.get(name), f"{key}.{name}" if key else str(name))
            if difference is not None:
                return difference
        return None
    return None if stored == given else f"{key} is {stored!r} there and {given!r} here"
