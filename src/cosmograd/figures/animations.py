"""Something that moves, as data: figures that are shown one after another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cosmograd.figures.figure import Figure

if TYPE_CHECKING:
    from cosmograd.results import Result


@dataclass(frozen=True)
class Animation:
    """Figures of one size in inches, shown one after another, again and again.

    name: of its file; title: its headline; milliseconds: how long each frame is shown; caption, alternative, variables:
    as those of a `Figure`, for all frames.
    """

    name: str
    title: str
    frames: Sequence[Figure]
    milliseconds: Sequence[int]
    caption: str
    alternative: str
    variables: Sequence[str] = ()

    def __post_init__(self) -> None:
        sizes = {frame.size for frame in self.frames}
        if len(sizes) != 1 or None in sizes:
            raise ValueError(f"{self.name!r} needs frames of one given size, got the sizes {sizes}.")
        if len(self.milliseconds) != len(self.frames):
            raise ValueError(f"{self.name!r} has {len(self.frames)} frames and {len(self.milliseconds)} durations.")


@dataclass(frozen=True)
class AnimationRule:
    """How an animation is made of results; as `FigureRule`."""

    name: str
    needs: tuple[str, ...]
    draw: Callable[[Any], Animation | None]

    def __call__(self, result: "Result") -> Animation | None:
        return self.draw(result) if all(name in result for name in self.needs) else None


def animation(name: str, needs: Sequence[str] = ()) -> Callable[[Callable[[Any], Animation | None]], AnimationRule]:
    """Declare an animation: `@animation("field", needs=("network_fields",))` over a function of a result."""
    return lambda draw: AnimationRule(name, tuple(needs), draw)
