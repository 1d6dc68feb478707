"""A folder that holds the result of one experiment.

```
DIR/results.nc          all that was computed, and what it was computed from
DIR/figures/*.svg  DIR/figures/*.gif  DIR/report.html
```
"""

import os
from contextlib import suppress

from cosmograd.errors import UserError
from cosmograd.experiments import experiment
from cosmograd.results import Result
from cosmograd.storage.datasets_on_disk import read_attributes, read_results, write_results
from cosmograd.storage.results_folder import ResultsFolder


class ResultFolder(ResultsFolder):
    """One result in a folder, of any experiment."""

    @property
    def experiment(self) -> str | None:
        """Which experiment the result here is of, None without one; `UserError` where the file cannot be read."""
        if not self.results.is_file() or self.holds_study:
            return None
        return str(read_attributes(self.results).get("experiment", "")) or None

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
        read = Result.from_xarray(read_results(self.results))
        if not read.experiment:
            raise UserError(
                f"{self.results} does not say which experiment it is from: it is of another program, or of an earlier "
                "version of this one. Compute it again."
            )
        if fault := experiment(read.experiment).fault(read):
            raise UserError(f"{self.results} {fault}")
        return read

    def write_results(self, result: Result) -> None:
        """Atomically, over older ones."""
        write_results(self.results, result.to_xarray())
