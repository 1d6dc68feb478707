"""What stands in a panel: lines, points, bands, intervals, maps, guides and notes, all in data coordinates."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

# A colour by its name or number, or a place between 0 and 1 in a colour map: ("viridis", 0.4).
Colour = str | tuple[str, float]
# "-", "--", …, a pattern (offset, (on, off, …)), or "" for no line.
Dashes = Any


@dataclass(frozen=True)
class Line:
    """A curve through (x, y), with markers at all of its points, or at those of `every`.

    width, size: of the line and its markers in points; fill: of the markers ("white" or "none" for hollow ones);
    layer: what is drawn over what, higher later; clipped: whether markers end at the panel's edge.
    """

    x: Any
    y: Any
    colour: Colour = "black"
    dashes: Dashes = "-"
    marker: str = ""
    width: float | None = None
    size: float | None = None
    fill: str | None = None
    edge: str | None = None
    edge_width: float | None = None
    every: Any = None
    layer: float | None = None
    clipped: bool = True
    opacity: float | None = None


def points(x: Any, y: Any, colour: Colour = "black", marker: str = "o", **look: Any) -> Line:
    """Markers without a line."""
    return Line(np.atleast_1d(x), np.atleast_1d(y), colour, "", marker, **look)


@dataclass(frozen=True)
class Band:
    """The area between two curves."""

    x: Any
    low: Any
    high: Any
    colour: Colour
    opacity: float = 0.15


@dataclass(frozen=True)
class Intervals:
    """Values with the ends of their intervals."""

    x: Any
    value: Any
    low: Any
    high: Any
    colour: Colour = "black"
    marker: str = ""
    dashes: Dashes = ""
    width: float | None = None
    fill: str | None = None
    bar_width: float | None = 0.9
    cap: float = 2.0
    size: float | None = None
    layer: float | None = None


@dataclass(frozen=True)
class Guide:
    """A straight line across the panel at one value of x or y."""

    at: float
    across: str = "y"  # the axis on which the value stands
    colour: Colour = "#888888"
    dashes: Dashes = "-"
    width: float | None = 0.6
    layer: float | None = 0


@dataclass(frozen=True)
class Span:
    """The whole panel between two values of x or y. width: of its edge in points."""

    low: float
    high: float
    across: str = "y"
    colour: Colour = "#cccccc"
    opacity: float = 0.5
    layer: float | None = None
    width: float = 0.0


@dataclass(frozen=True)
class Map:
    """A field over the plane: values (x, y), of cells with the edges `x` and `y`, or evenly between their ends.

    low, high: ends of the colours, of the values if left out; logarithmic: along them; bar: label of the colour bar,
    no bar without; even: whether the panel is as high as wide in these coordinates; bar_height, bar_gap: of the bar as
    a share of the panel's height, between them as a share of its width; bar_type: size of its numbers in points;
    edges: colour of lines between cells, which are few.
    """

    x: Any
    y: Any
    values: Any
    colours: str = "RdBu_r"
    low: float | None = None
    high: float | None = None
    logarithmic: bool = False
    bar: str | None = ""
    even: bool = True
    bar_height: float = 0.75
    bar_gap: float | None = 0.03
    bar_type: float | None = 6.0
    edges: str | None = None


@dataclass(frozen=True)
class Note:
    """A few words in a panel. x, y: in data coordinates, or shares of the panel where `share` names the axis ("xy").

    anchor: which part of the text stands there, horizontally and vertically; shift: in points.
    """

    text: str
    x: float
    y: float
    share: str = ""
    anchor: tuple[str, str] = ("left", "top")
    shift: tuple[float, float] = (0.0, 0.0)
    size: float = 7.0
    colour: str = "#555555"
    boxed: bool = False


Mark = Line | Band | Intervals | Guide | Span | Map | Note


def along(mark: Line, places: Any) -> Line:
    """A line through some of its points only."""
    return replace(mark, x=np.asarray(mark.x)[places], y=np.asarray(mark.y)[places])
