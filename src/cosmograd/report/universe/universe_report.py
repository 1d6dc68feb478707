"""The figures and the page of a universe, written into a folder of its own."""

from collections.abc import Callable

import xarray as xr

from cosmograd.report.parts import write_figures
from cosmograd.report.universe.figures import UNIVERSE_FIGURES, universe_figures
from cosmograd.report.universe.universe_page import universe_page
from cosmograd.runs import UniverseFolder, write_text

# Shares of the work, for the progress bar.
_DRAWING, _WRITING = 0.6, 0.4


def write_universe_report(
    folder: UniverseFolder, results: xr.Dataset, progress: Callable[[float], None] | None = None
) -> None:
    """Write figures/*.svg and report.html, the page that holds them all; the same results give the same bytes.

    Of what is in the folder, only an older report of a universe is replaced.
    progress: called with the fraction of the work done since the last call.
    """
    done = progress or (lambda fraction: None)
    drawn = universe_figures(results, lambda fraction: done(_DRAWING * fraction))
    figures = write_figures(folder, drawn, lambda fraction: done(_WRITING * fraction))
    for name in set(UNIVERSE_FIGURES) - {figure.name for figure in drawn}:
        (folder.figures / f"{name}.svg").unlink(missing_ok=True)
    write_text(folder.report, universe_page(results, figures))
