"""What every folder of results holds: one file with all numbers, figures, and the page."""

from pathlib import Path

from cosmograd.errors import UserError


class ResultsFolder:
    """A folder with `results.nc`, `figures` and `report.html`; it need not exist yet."""

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

    def refuse_file(self) -> None:
        """`UserError` where a file has the folder's name."""
        if self.path.exists() and not self.path.is_dir():
            raise UserError(f"{self.path} is a file; name a folder with --out.")
