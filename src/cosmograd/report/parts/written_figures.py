"""The figures of a report as files."""

from collections.abc import Callable, Sequence

from cosmograd.report.parts.report_figure import ReportFigure, svg_text
from cosmograd.runs import ResultsFolder, write_text


def write_figures(
    folder: ResultsFolder, drawn: Sequence[ReportFigure], progress: Callable[[float], None]
) -> list[tuple[ReportFigure, str]]:
    """Write figures/NAME.svg for each figure; returns them with their SVG, as pages take them.

    progress: called with the fraction of this work done since the last call.
    """
    figures = []
    for figure in drawn:
        svg = svg_text(figure)
        write_text(folder.figures / f"{figure.name}.svg", svg)
        figures.append((figure, svg))
        progress(1 / len(drawn))
    return figures
