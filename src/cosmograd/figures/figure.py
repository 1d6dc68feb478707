"""A figure as data: its panels, and what is said of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosmograd.figures.axes import Axis, RightAxis
from cosmograd.figures.marks import Colour, Dashes, Mark
from cosmograd.figures.styles import LineStyle
from cosmograd.results.quantity import Quantity
from cosmograd.results.seams import called_above

if TYPE_CHECKING:
    from cosmograd.results import Result


@dataclass(frozen=True)
class LegendEntry:
    """A name beside the line or marker that it stands for."""

    name: str
    colour: Colour = "black"
    dashes: Dashes = "-"
    marker: str = ""
    fill: str | None = None
    width: float | None = None
    size: float | None = None
    edge: str | None = None
    edge_width: float | None = None

    @classmethod
    def of(cls, style: LineStyle, name: str = "", **look: Any) -> "LegendEntry":
        """For a style, under its name if none is given."""
        own = {"colour": style.colour, "dashes": style.dashes, "marker": style.marker}
        return cls(name or style.name, **own | look)


@dataclass(frozen=True)
class Panel:
    """Marks between two axes. blank: without axes, for a few words only; legend: its own, in the middle of a blank one,
    else at the upper right, in `legend_columns`.
    """

    marks: Sequence[Mark]
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    title: str = ""
    right: RightAxis | None = None
    blank: bool = False
    legend: Sequence[LegendEntry] = ()
    legend_columns: int = 1


@dataclass(frozen=True)
class Figure:
    """Panels in reading order, with one legend below them.

    name: of its file; title: its headline; caption: what is drawn, and what to see; alternative: for those who cannot
    see it; variables: of the results, that it shows; grid: (rows, columns), of at most three columns if left out;
    height: of a row in inches; left: a label for the vertical axes of all panels; size: of the whole in inches,
    instead; bar: colour bar of all panels, (map, low, high, logarithmic, ticks with texts or none, label); heading: a
    line above the panels.
    """

    name: str
    title: str
    panels: Sequence[Panel]
    caption: str
    alternative: str
    variables: Sequence[str] = ()
    legend: Sequence[LegendEntry] = ()
    legend_columns: int | None = None
    grid: tuple[int, int] | None = None
    height: float = 1.75
    left: str = ""
    size: tuple[float, float] | None = None
    bar: tuple[str, float, float, bool, Sequence[tuple[float, str]], str] | None = None
    heading: str = ""

    def _repr_svg_(self) -> str:
        return called_above("svg", self)

    def save(self, file: str | Path) -> Path:
        """Write it: .svg, .pdf or .png by the ending of the file's name; returns the path."""
        return called_above("draw_to", self, Path(file))


@dataclass(frozen=True)
class FigureRule:
    """How a figure is made of results: `draw(result)` gives it, or None where there is nothing to show.

    needs: the quantities without which it cannot be drawn, which are its variables where it names no others.
    """

    name: str
    needs: tuple[str, ...]
    draw: Callable[[Any], Figure | None]

    def __call__(self, result: "Result") -> Figure | None:
        drawn = self.draw(result) if all(name in result for name in self.needs) else None
        return replace(drawn, variables=self.needs) if drawn is not None and not drawn.variables else drawn

    def figures(self, result: "Result") -> list[Figure]:
        """The figure, or none."""
        figure = self(result)
        return [] if figure is None else [figure]

    def owns(self, name: str) -> bool:
        """Whether a figure of this name is its own."""
        return name == self.name


@dataclass(frozen=True)
class FigureFamily:
    """Figures of which a result has several, one for each swept key, say; the name of each begins with that of all.

    needs: as of a `FigureRule`; draw: gives those that there are.
    """

    name: str
    needs: tuple[str, ...]
    draw: Callable[[Any], Sequence[Figure]]

    def figures(self, result: "Result") -> list[Figure]:
        """All of them."""
        return list(self.draw(result)) if all(name in result for name in self.needs) else []

    def owns(self, name: str) -> bool:
        """Whether a figure of this name is one of them."""
        return name.startswith(f"{self.name}-")


def figure(name: str, needs: Sequence[Quantity | str] = ()) -> Callable[[Callable[[Any], Figure | None]], FigureRule]:
    """Declare a figure: `@figure("finite-width", needs=("kernel_drift",))` over a function of a result."""
    names = tuple(need if isinstance(need, str) else need.name for need in needs)
    return lambda draw: FigureRule(name, names, draw)
