"""Labels of logarithmic axes in characters, 10⁻³: as formulae they take a good part of the time of a figure."""

import re
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, LogFormatterMathtext

_SUPERSCRIPTS = str.maketrans("-−0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_FORMULA = re.compile(r"\$\\mathdefault\{(?:(-?[\d.]+)\\times)?(-?\d+)\^\{([-−]?\d+)\}\}\$")


class _InCharacters(Formatter):
    """The labels of another formatter, their powers in characters."""

    def __init__(self, formatter: Formatter) -> None:
        self.formatter = formatter

    def set_axis(self, axis: Any) -> None:
        super().set_axis(axis)
        self.formatter.set_axis(axis)

    def set_locs(self, locs: Any) -> None:
        self.formatter.set_locs(locs)

    def __call__(self, x: float, pos: int | None = None) -> str:
        return _FORMULA.sub(_characters, self.formatter(x, pos))

    def format_ticks(self, values: Any) -> list[str]:
        return [_FORMULA.sub(_characters, label) for label in self.formatter.format_ticks(values)]


def _characters(found: re.Match[str]) -> str:
    factor, base, exponent = found.groups()
    return (f"{factor}×" if factor else "") + base + exponent.translate(_SUPERSCRIPTS)


def write_powers_in_characters(figure: Figure) -> None:
    """For all axes whose labels matplotlib chooses."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            major, minor = axis.get_major_formatter(), axis.get_minor_formatter()
            if isinstance(major, LogFormatterMathtext):
                axis.set_major_formatter(_InCharacters(major))
            if isinstance(minor, LogFormatterMathtext):
                axis.set_minor_formatter(_InCharacters(minor))
