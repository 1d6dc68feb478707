"""What every folder of results holds: one file with all numbers, figures, and the page."""

import os
from pathlib import Path

from cosmograd.errors import UserError


class ResultsFolder:
    """A folder with `results.nc`, `figures` and `report.html`; it need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

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

    def refuse_unwritable(self) -> None:
        """`UserError` where the folder cannot be made or written to."""
        self.refuse_file()
        there = next(place for place in (self.path, *self.path.absolute().parents) if place.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            what = "cannot be written to" if there.is_dir() else "is a file"
            raise UserError(f"{self.path} cannot be made: {there} {what}. Name another folder with --out.")

    def refuse_file(self) -> None:
        """`UserError` where a file has the folder's name."""
        if self.path.exists() and not self.path.is_dir():
            raise UserError(f"{self.path} is a file; name a folder with --out.")
