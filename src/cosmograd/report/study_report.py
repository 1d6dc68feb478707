"""The figures and the page of a study, written into its folder."""

import xarray as xr

from cosmograd.report.figures import study_figures, svg_text
from cosmograd.report.page import study_page
from cosmograd.storage import StudyFolder, write_text


def write_report(folder: StudyFolder, results: xr.Dataset) -> None:
    """Write the figures as SVG and the page that holds them all; the same results give the same bytes."""
    figures = [(figure, svg_text(figure)) for figure in study_figures(results)]
    for figure, svg in figures:
        write_text(folder.figures / f"{figure.name}.svg", svg)
    for stale in sorted(folder.figures.glob("*.svg")):
        if stale.stem not in {figure.name for figure, _ in figures}:
            stale.unlink()
    study_file = folder.path / "study.toml"
    study_text = study_file.read_text(encoding="utf-8") if study_file.is_file() else ""
    write_text(folder.report, study_page(results, figures, study_text))
