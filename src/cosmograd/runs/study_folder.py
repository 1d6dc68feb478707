"""The folder of a study: what it holds, and how an interrupted run goes on.

```
DIR/study.toml          the study as computed: its file, or one written from settings and dictionaries
DIR/study.json          what identifies it: specification, digests of its files, how this machine computes it
DIR/points/HASH.nc      one file per finished point, named by the hash of all that decides its contents
DIR/points/HASH.failed.json   why a point failed, in its place
DIR/results.nc          all points
DIR/figures/*.svg  DIR/report.html
```

A point's file is written once, atomically. Whatever stops a run, the finished points stand, and a resumed run computes
the missing ones only.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cosmograd.errors import UserError
from cosmograd.experiments import Experiment
from cosmograd.results import Result
from cosmograd.runs.atomic_files import write_text
from cosmograd.runs.point_files import read_point
from cosmograd.runs.point_identity import FORMAT, first_difference, point_name
from cosmograd.runs.points import Point, Sweep
from cosmograd.runs.result_folder import ResultFolder, result_in
from cosmograd.runs.study_files import StudyFile, read_study_file


class StudyFolder(ResultFolder):
    """A folder that holds one study."""

    def __init__(self, path: Path | str) -> None:
        """Look at `path`, which need not exist yet."""
        super().__init__(path)
        self._claim: int | None = None
        self._held = False

    def stored_study(self) -> StudyFile:
        """The study of this folder, its relative paths starting where they did when it was begun."""
        file = read_study_file(self.path / "study.toml")
        contents = {key: value for key, value in file.contents.items() if key != "experiment"}
        return StudyFile(file.text, contents, Path(self._identity()["base"]))

    @property
    def experiment(self) -> str | None:
        """Which experiment the points of the study here are of; None without one."""
        return str(self._identity().get("experiment", "training")) if self.holds_study else None

    def begin(
        self,
        file: StudyFile,
        sweep: Sweep,
        digests: dict[str, str],
        machine: Sequence[dict[str, Any]],
        resume: bool,
    ) -> bool:
        """Make the folder ready for a study, or `UserError` when it holds something else; False where it was already.

        machine: how each point is computed here (`machine_settings`); points of two kinds are not mixed.
        """
        text = file.text_for(sweep.experiment.name)
        identity = {
            "format": FORMAT,
            "base": str(file.base),
            "points": sweep.asked_for,
            "experiment": sweep.experiment.name,
            "specification": sweep.identity,
            "digests": digests,
            "machine": _by_point(machine),
        }
        self.refuse_file()
        if self.holds_study:
            stored = self._identity()
            for key in ("format", "experiment", "specification", "digests", "machine"):
                difference = first_difference(stored.get(key), identity[key])
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
        self._refuse_filled()
        with suppress(OSError):  # what stands in the way shows when the first file is written
            self.path.mkdir(parents=True, exist_ok=True)
        if self.path.is_dir():
            self._claim_alone()
        try:
            self._refuse_filled()  # another run may have begun meanwhile
        except UserError:
            self.release()
            raise
        write_text(self.path / "study.toml", text)
        write_text(self.path / "study.json", json.dumps(identity, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        return True

    def _refuse_filled(self) -> None:
        if self.path.is_dir() and any(self.path.iterdir()):
            raise UserError(f"{self.path} is not empty and holds no study. Choose another folder with --out.")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other runs out to the end of the block: from now on if there is a study, else from `begin` on."""
        self._held = True
        try:
            if self.holds_study:
                self._claim_alone()
            yield
        finally:
            self._held = False
            self.release()

    def _claim_alone(self) -> None:
        """Keep other runs out until `release` or the end of this process, where the system knows locks."""
        if self._claim is not None:
            return
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
        """Let other runs work in this folder, unless a block of `alone` goes on."""
        if self._claim is not None and not self._held:
            os.close(self._claim)
            self._claim = None

    def abandon_if_empty(self) -> None:
        """Undo `begin` where no point was finished: the study cannot be computed as it is, and will be changed."""
        if any((self.path / "points").iterdir() if (self.path / "points").is_dir() else ()):
            return
        for name in ("study.json", "study.toml"):
            (self.path / name).unlink(missing_ok=True)
        for folder in (self.path / "points", self.path):
            with suppress(OSError):  # what else is there stays
                folder.rmdir()

    def forget_failures(self) -> None:
        """Take away the notes on failed points."""
        for note in (self.path / "points").glob("*.failed.json"):
            note.unlink(missing_ok=True)

    def _remove_partial_files(self) -> None:
        """What a killed run was writing; only this process writes here."""
        for folder in (self.path, self.path / "points", self.figures):
            for partial in folder.glob(".*.partial"):
                partial.unlink(missing_ok=True)

    def read_results(self) -> Result:
        """All points; `UserError` where they are missing or the file holds something else."""
        result = result_in(self.results)
        if "study_point" not in result.sizes:
            raise UserError(
                f"{self.results} holds no study's results (study_point is missing). Compute them anew: delete it, and "
                "go on with the study with --resume."
            )
        return result

    def point_path(self, chosen: Experiment, point: Point, digests: dict[str, str]) -> Path:
        """Where a point is kept: by the hash of all that decides its contents."""
        return self.path / "points" / point_name(chosen, point.specification, digests)

    def is_finished(self, path: Path) -> bool:
        """Whether a point is there; a damaged file is taken away."""
        try:
            read_point(path)
        except UserError:
            path.unlink(missing_ok=True)
            return False
        return True

    def confirmed_points(self) -> int:
        """How many points the study of this folder asked for when it was begun; 0 where it holds none."""
        points = self._identity().get("points") if self.holds_study else 0
        return points if isinstance(points, int) else 0

    def _identity(self) -> dict[str, Any]:
        path = self.path / "study.json"
        try:
            identity = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise UserError(f"{path} cannot be read ({error}); choose another folder with --out.") from error
        if not isinstance(identity, dict) or not isinstance(identity.get("base"), str):
            raise UserError(f"{path} is not what a study leaves there; choose another folder with --out.")
        return identity


def _by_point(machine: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """How each point is computed; thousands of points are computed alike, as a rule."""
    if machine and all(settings == machine[0] for settings in machine):
        return {"every point": machine[0]}
    return {f"point {number}": settings for number, settings in enumerate(machine)}
