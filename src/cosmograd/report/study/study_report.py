"""The figures and the page of a study, written into its folder."""

from collections.abc import Callable

from cosmograd.report.parts import write_figures
from cosmograd.report.study.figures import study_figures
from cosmograd.report.study.study_page import study_page
from cosmograd.results import Result
from cosmograd.runs import ResultsFolder, write_text

# Shares of the work, for the progress bar.
_DRAWING, _WRITING = 0.4, 0.6


def write_study_report(folder: ResultsFolder, result: Result, progress: Callable[[float], None] | None = None) -> None:
    """Write the figures as SVG and the page that holds them all; the same results give the same bytes.

    progress: called with the fraction of the work done since the last call.
    """
    results = result.to_xarray()
    done = progress or (lambda fraction: None)
    drawn = study_figures(results, lambda fraction: done(_DRAWING * fraction))
    figures = write_figures(folder, drawn, lambda fraction: done(_WRITING * fraction))
    for stale in sorted(folder.figures.glob("*.svg")):
        if stale.stem not in {figure.name for figure, _ in figures}:
            stale.unlink()
    study_file = folder.path / "study.toml"
    study_text = study_file.read_text(encoding="utf-8") if study_file.is_file() else ""
    write_text(folder.report, study_page(results, figures, study_text))
