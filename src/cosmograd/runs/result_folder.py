"""A folder that holds the result of one experiment.

```
DIR/results.nc          all that was computed, and what it was computed from
DIR/figures/*.svg  DIR/figures/*.gif  DIR/report.html
```
"""

import os
from contextlib import suppress
from pathlib import Path

from cosmograd.errors import UserError
from cosmograd.experiments import experiment
from cosmograd.results import Result
from cosmograd.runs.datasets_on_disk import read_attributes, read_results, write_results


def result_in(file: Path) -> Result:
    """The result in a file; `UserError` where it is missing, or does not say which experiment it is from."""
    dataset = read_results(file)
    name = str(dataset.attrs.get("experiment", ""))
    if not name:
        raise UserError(
            f"{file} does not say which experiment it is from: it is of another program, or of an earlier version of "
            "this one. Compute it again."
        )
    kind = experiment(name)
    read = Result.from_xarray(dataset, kind.quantities)
    if "study_point" in read.sizes:
        return read
    if lacks := kind.missing_from(read):
        raise UserError(f"{file} holds no {kind.title} ({lacks} is missing). Compute it: {kind.command}.")
    if fault := kind.fault(read):
        raise UserError(f"{file} {fault}")
    return read


class ResultFolder:
    """One result in a folder, of any experiment; the folder need not exist yet."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def results(self) -> Path:
        """All that was computed, in one file."""
        return self.path / "results.nc"

    @property
    def report(self) -> Path:
        """The page."""
        return self.path / "report.html"

    @property
    def figures(self) -> Path:
        """The folder of the figures."""
        return self.path / "figures"

    @property
    def holds_study(self) -> bool:
        """Whether a study was begun here."""
        return (self.path / "study.json").is_file()

    @property
    def experiment(self) -> str | None:
        """Which experiment the result here is of, None without one; `UserError` where the file cannot be read."""
        if not self.results.is_file() or self.holds_study:
            return None
        return str(read_attributes(self.results).get("experiment", "")) or None

    def refuse_file(self) -> None:
        """`UserError` where a file has the folder's name."""
        if self.path.exists() and not self.path.is_dir():
            raise UserError(f"{self.path} is a file; name a folder with --out.")

    def refuse_useless(self, experiment: str) -> None:
        """`UserError` where nothing can be written to: a file, another result, a place without permission."""
        self.refuse_file()
        there = next(place for place in (self.path, *self.path.absolute().parents) if place.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            what = "cannot be written to" if there.is_dir() else "is a file"
            raise UserError(f"{self.path} cannot be made: {there} {what}. Name another folder with --out.")
        other = "a study" if self.holds_study else None
        if other is None and self.results.is_file():
            with suppress(UserError):  # a damaged file may be written over
                other = None if self.experiment == experiment else "other results"
        if other is not None:
            raise UserError(f"{self.path} holds {other}, which would be overwritten. Choose another folder with --out.")

    def read_results(self) -> Result:
        """What was computed; `UserError` where it is missing, or holds something else."""
        return result_in(self.results)

    def write_results(self, result: Result) -> None:
        """Atomically, over older ones."""
        write_results(self.results, result.to_xarray())
