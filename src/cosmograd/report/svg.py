"""Figures as SVG: the same results give the same bytes."""

import io
import re

from matplotlib.backends.backend_svg import FigureCanvasSVG

from cosmograd.figures import Figure
from cosmograd.report.drawing import drawn
from cosmograd.report.figure_style import figure_style
from cosmograd.report.powers_of_ten import write_powers_in_characters

_DOCTYPE = re.compile(r"<!DOCTYPE[^>]*>\s*")
_COORDINATES = re.compile(r' (d|x|y)="([^"]*)"')
_DECIMALS = re.compile(r"-?\d+\.\d{3,}")


def svg_text(figure: Figure) -> str:
    """The figure as SVG; text as paths, so that it looks alike everywhere; no date; hundredths of a point."""
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with figure_style():
        canvas = drawn(figure)
        write_powers_in_characters(canvas)
        # `savefig` would draw everything twice, the first time for the layout alone.
        FigureCanvasSVG(canvas).print_svg(buffer, metadata={"Title": figure.title, **nothing})
    text = _DOCTYPE.sub("", buffer.getvalue())
    return _COORDINATES.sub(lambda found: f' {found[1]}="{_DECIMALS.sub(_rounded, found[2])}"', text)


def _rounded(found: re.Match[str]) -> str:
    text = f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
