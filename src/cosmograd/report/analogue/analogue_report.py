"""The figures, the animation and the page of an analogue, written into a folder of its own."""

from collections.abc import Callable, Mapping

import xarray as xr

from cosmograd.report.analogue.analogue_page import analogue_page
from cosmograd.report.analogue.figures import ANALOGUE_FIGURES, analogue_figures, field_animation
from cosmograd.report.parts import write_figures
from cosmograd.runs import AnalogueFolder, write_bytes, write_text

# Shares of the work, for the progress bar.
_DRAWING, _WRITING, _ANIMATION = 0.2, 0.4, 0.4


def write_analogue_report(
    folder: AnalogueFolder,
    results: xr.Dataset,
    progress: Callable[[float], None] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> None:
    """Write figures/*.svg, figures/field.gif and report.html, the page that holds them all.

    Of what is in the folder, only an older report of an analogue is replaced.
    progress: called with the fraction of the work done since the last call; seconds: how long the computation took, for
    the page, where that is known.
    """
    done = progress or (lambda fraction: None)
    drawn = analogue_figures(results, lambda fraction: done(_DRAWING * fraction))
    figures = write_figures(folder, drawn, lambda fraction: done(_WRITING * fraction))
    for name in set(ANALOGUE_FIGURES) - {figure.name for figure in drawn}:
        (folder.figures / f"{name}.svg").unlink(missing_ok=True)
    animation = field_animation(results)
    write_bytes(folder.figures / "field.gif", animation)
    done(_ANIMATION)
    write_text(folder.report, analogue_page(results, figures, animation, seconds or {}))
