"""A figure of the report, and how it becomes an SVG: the same results give the same bytes."""

import io
import re
from typing import NamedTuple

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from cosmograd.report.parts.figure_style import figure_style
from cosmograd.report.parts.powers_of_ten import write_powers_in_characters


class ReportFigure(NamedTuple):
    """name: of its file; title: its headline; caption: what is to be seen, in numbers; alternative: for the blind."""

    name: str
    title: str
    figure: Figure
    caption: str
    alternative: str
    variables: tuple[str, ...]


_DOCTYPE = re.compile(r"<!DOCTYPE[^>]*>\s*")
_COORDINATES = re.compile(r' (d|x|y)="([^"]*)"')
_DECIMALS = re.compile(r"-?\d+\.\d{3,}")


def svg_text(drawn: ReportFigure) -> str:
    """The figure as SVG; text as paths, so that it looks alike everywhere; no date; hundredths of a point."""
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with figure_style():
        write_powers_in_characters(drawn.figure)
        # `savefig` would draw everything twice, the first time for the layout alone.
        FigureCanvasSVG(drawn.figure).print_svg(buffer, metadata={"Title": drawn.title, **nothing})
    text = _DOCTYPE.sub("", buffer.getvalue())
    return _COORDINATES.sub(lambda found: f' {found[1]}="{_DECIMALS.sub(_rounded, found[2])}"', text)


def _rounded(found: re.Match[str]) -> str:
    text = f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
